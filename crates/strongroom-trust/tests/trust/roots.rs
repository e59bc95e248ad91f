//! Trust roots: their rules, and how one follows from another.

use crate::world::*;
use strongroom_trust::{body::Body, *};

fn cause(change: impl FnOnce(&mut RootContents)) -> String {
    let mut contents = Actors::honest().root_contents(1, 2);
    change(&mut contents);
    RootBody::compose(&contents).unwrap_err().cause
}

#[test]
fn a_root_follows_by_both_thresholds_and_only_the_next_version_does() {
    let (old, new) = (Actors::honest(), Actors::of("second"));
    let root = old.root(2);
    let contents = new.root_contents(2, 2);
    let sign = |contents: &RootContents, old_count: usize, new_count: usize| {
        let signers: Vec<&Actor> = old
            .roots
            .iter()
            .take(old_count)
            .chain(new.roots.iter().take(new_count))
            .map(|(_, root)| root)
            .collect();
        sign_root(contents, &signers)
    };
    let follow = |text: String| root.followed_by(text.as_bytes()).map(|root| root.version());
    assert_eq!(follow(sign(&contents, 2, 2)), Ok(RootVersion(2)));
    assert_eq!(follow(sign(&contents, 3, 3)), Ok(RootVersion(2)));
    assert_eq!(follow(sign(&contents, 1, 3)), Err(RootError::PreviousThreshold));
    assert_eq!(follow(sign(&contents, 3, 1)), Err(RootError::OwnThreshold));
    let version = |number| RootContents { version: RootVersion(number), ..contents.clone() };
    for met in [1, 3] {
        let (expected, met) = (RootVersion(2), RootVersion(met));
        assert_eq!(follow(sign(&version(met.0), 2, 2)), Err(RootError::Version { expected, met }));
    }
    let other: Namespace = "example.other".parse().unwrap();
    let foreign = RootContents { namespace: other.clone(), ..contents.clone() };
    assert_eq!(follow(sign(&foreign, 2, 2)), Err(RootError::Namespace(other)));
    let earlier = RootContents { issued: at("2025-12-31T00:00:00Z"), ..contents };
    assert_eq!(follow(sign(&earlier, 2, 2)), Err(RootError::Earlier));
}

#[test]
fn one_root_key_that_signs_twice_counts_once_and_a_bad_line_spoils_the_note() {
    let actors = Actors::honest();
    let text = actors.root_contents(1, 2).to_string();
    let root = &actors.roots[0].1;
    let twice = ClaimedNote::compose(&text, &[root.sign(&text), root.sign(&text)]).unwrap();
    assert_eq!(
        TrustRoot::told(twice.as_str().as_bytes()),
        Err(RootError::Note(NoteError::Repeated(root.key.name().clone())))
    );
    let bad = root.sign("another text\n");
    let lines = [bad, actors.roots[1].1.sign(&text), actors.roots[2].1.sign(&text)];
    let note = ClaimedNote::compose(&text, &lines).unwrap();
    assert_eq!(
        TrustRoot::told(note.as_str().as_bytes()),
        Err(RootError::Note(NoteError::BadSignature(root.key.name().clone())))
    );
}

#[test]
fn a_chain_is_followed_from_any_of_its_roots_and_its_newest_expiry_counts() {
    let actors = [Actors::honest(), Actors::of("second"), Actors::of("third")];
    let roots: Vec<String> = (0..3usize)
        .map(|place| {
            let mut contents = actors[place].root_contents(place as u64 + 1, 2);
            contents.expires =
                at(["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", "2031-01-01T00:00:00Z"][place]);
            let before = &actors[place.saturating_sub(1)];
            let mut signers: Vec<&Actor> = before.roots.iter().map(|(_, root)| root).collect();
            if place > 0 {
                signers.extend(actors[place].roots.iter().map(|(_, root)| root));
            }
            sign_root(&contents, &signers)
        })
        .collect();
    let told = TrustRoot::told(roots[0].as_bytes()).unwrap();
    let mut full = RootChain::new(told.clone());
    let file = format!(
        "strongroom.example/trust-roots/v1\nroot {}\n{}root {}\n{}",
        roots[1].len(),
        roots[1],
        roots[2].len(),
        roots[2]
    );
    full.follow(file.as_bytes()).unwrap();
    assert_eq!(full.newest().version(), RootVersion(3));
    assert_eq!(full.file_after(RootVersion(1)), file);
    full.follow(file.as_bytes()).unwrap();
    assert_eq!(full.roots().count(), 3, "what is known is passed over");

    let mut draft = Draft::new();
    let unit = draft.sign(&actors[2]).bytes();
    assert!(
        verify(&unit, full.newest(), &device()).unwrap().for_registering().is_ok(),
        "older expiries do not count"
    );
    assert_eq!(verify(&unit, &told, &device()).unwrap_err().name(), "operator-signature");
    draft.bundle.trust_root = RootVersion(3);
    draft.status = status_of(&draft.bundle);
    assert!(verify(&draft.sign(&actors[2]).bytes(), full.newest(), &device()).is_ok());

    let mut broken = RootChain::new(told);
    let gap = format!("strongroom.example/trust-roots/v1\nroot {}\n{}", roots[2].len(), roots[2]);
    assert_eq!(broken.follow(gap.as_bytes()), Err(RootError::PreviousThreshold));
    let cut = format!("{file}root 10\n");
    assert!(broken.follow(cut.as_bytes()).is_err());
    let unsigned = roots[2].replace("root.example/operator", "root.example/stranger");
    let half = format!(
        "strongroom.example/trust-roots/v1\nroot {}\n{}root {}\n{unsigned}",
        roots[1].len(),
        roots[1],
        unsigned.len()
    );
    assert!(broken.follow(half.as_bytes()).is_err());
    assert_eq!(broken.newest().version(), RootVersion(1), "nothing of a broken file is believed");
}

#[test]
fn neither_party_alone_reaches_or_blocks_the_root_threshold() {
    let reach = "\"threshold\": operator or auditor alone could reach it";
    let block = "\"threshold\": operator or auditor alone could block it";
    let bounds = "\"threshold\": is not between one and the number of root keys";
    assert_eq!(cause(|root| root.threshold = 0), bounds);
    assert_eq!(cause(|root| root.threshold = 4), bounds);
    assert_eq!(cause(|root| root.threshold = 1), reach);
    assert_eq!(cause(|root| root.threshold = 3), block);
    assert_eq!(cause(|root| root.root_keys[2].party = Party::Auditor), reach);
    assert_eq!(
        cause(|root| {
            root.root_keys.pop();
        }),
        block
    );
}

#[test]
fn operator_and_auditor_cannot_meet_the_quorum_by_witnesses_of_their_own() {
    let own = "\"group\": operator and auditor together could meet the quorum by their own witnesses";
    let bounds = "\"group\": the quorum is not between one and the number of witnesses";
    assert_eq!(cause(|root| root.policy.quorum = 0), bounds);
    assert_eq!(cause(|root| root.policy.quorum = 3), bounds);
    let with = |first: Party, second: Party, quorum: u8| {
        let mut contents = Actors::honest().root_contents(1, quorum);
        contents.policy.witnesses[0].party = first;
        contents.policy.witnesses[1].party = second;
        RootBody::compose(&contents).map(|_| ()).map_err(|error| error.cause)
    };
    assert_eq!(with(Party::Operator, Party::Independent, 2), Ok(()));
    assert_eq!(with(Party::Operator, Party::Independent, 1), Err(own.into()));
    assert_eq!(with(Party::Auditor, Party::Independent, 1), Err(own.into()));
    assert_eq!(with(Party::Operator, Party::Auditor, 2), Err(own.into()));
    assert_eq!(with(Party::Independent, Party::Independent, 1), Ok(()));
}

#[test]
fn no_key_has_two_roles() {
    let twice = "\"threshold\": a public key stands twice in this trust root";
    assert_eq!(cause(|root| root.operator.status = root.operator.bundle.clone()), twice);
    assert_eq!(cause(|root| root.auditor.bundle = root.operator.bundle.clone()), twice);
    assert_eq!(cause(|root| root.policy.logs[0] = root.auditor.bundle.clone()), twice);
    assert_eq!(
        cause(|root| {
            let key = *root.policy.logs[0].public();
            root.policy.witnesses[0].key =
                WitnessKey::new("witness-1.example".parse().unwrap(), key).unwrap();
        }),
        twice,
        "under another name and algorithm too"
    );
}

#[test]
fn the_policy_is_a_policy_file_by_itself() {
    let text = Actors::honest().root_contents(1, 2).policy.text();
    let words: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    let keys: Vec<&str> = words.iter().map(|line| line[0]).collect();
    assert_eq!(keys, ["log", "witness", "witness", "group", "quorum"]);
    assert_eq!(words[1][1], "witness-1");
    assert_eq!(words[3][1..], ["witnesses", "2", "witness-1", "witness-2"]);
    assert_eq!(words[4][1..], ["witnesses"]);
}
