//! Trust roots that follow one another, and leaves of a log that are verified by them.
//!
//! A device begins with version 1 and is shown files of roots, each written and signed as the tape
//! says. What it follows is compared with the rules, told once more ([`Rules::judge`]): the same
//! root is refused for the same reason, and a file that is refused leaves nothing behind. Then
//! leaves are verified by the chain: what counts was signed by the key that its kind asks for.

use crate::{
    home::use_stand_ins,
    tape::Tape,
    trust_world::{Actor, Actors, at, bundle, id_of, status_of},
    twist::twist,
};
use std::{collections::BTreeSet, sync::LazyLock};
use strongroom_crypto::note;
use strongroom_trust::{
    ClaimedNote, NoteSignature, RevocationBody, RevocationContents, RootBody, RootChain, RootContents,
    RootVersion, TrustRoot,
    body::Body,
    log::{VerifiedLeaf, verify_leaf},
    sections,
};

const FILES_MAX: u8 = 3;
const ROOTS_MAX: u8 = 4;
const LEAVES_MAX: u8 = 4;

/// Everybody who may sign anything, under two generations of keys, and a stranger.
struct Stage {
    generations: [Actors; 2],
    stranger: Actor,
    first: TrustRoot,
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let generations = [Actors::honest(), Actors::of("next")];
    let first = generations[0].root(1);
    Stage { generations, stranger: Actor::new("root.example/operator", "stranger"), first }
});

/// Checks one input.
pub fn run(bytes: &[u8]) {
    outcome(bytes);
}

/// Checks one input, and says which version the device has in the end and how many leaves counted.
pub fn outcome(bytes: &[u8]) -> (u64, usize) {
    use_stand_ins();
    let mut tape = Tape::new(bytes);
    let mut signed = BTreeSet::from([STAGE.first.contents().to_string()]);
    let mut chain = RootChain::new(STAGE.first.clone());
    for _ in 0..tape.byte() % (FILES_MAX + 1) {
        follow(&mut chain, &mut tape, &mut signed);
    }
    let leaves = tape.byte() % (LEAVES_MAX + 1);
    let counted = (0..leaves).filter(|_| leaf(&chain, &mut tape)).count();
    (chain.newest().version().0, counted)
}

/// One root as it is shown, and what the rules say of it if its bytes were left alone.
struct Shown {
    text: String,
    contents: RootContents,
    signers: Vec<[u8; 32]>,
}

fn follow(chain: &mut RootChain, tape: &mut Tape<'_>, signed: &mut BTreeSet<String>) {
    let newest = chain.newest().contents().clone();
    let shown: Vec<Shown> =
        (1..=u64::from(tape.byte() % (ROOTS_MAX + 1))).filter_map(|step| show(tape, &newest, step)).collect();
    let texts: Vec<(&str, &str)> = shown.iter().map(|root| ("root", root.text.as_str())).collect();
    let mut file = sections::compose("strongroom.example/trust-roots/v1", &texts).into_bytes();
    let is_twisted = tape.byte() == 1;
    if is_twisted {
        twist(&mut file, tape);
    }
    let before = chain.clone();
    let met = chain.follow(&file);
    signed.extend(shown.iter().map(|root| root.contents.to_string()));
    if met.is_err() {
        assert!(*chain == before, "a file that was refused left something behind");
    }
    if !is_twisted {
        let expected = judge(&before, &shown);
        assert_eq!(met.as_ref().err().map(|error| error.name()), expected, "{met:?}");
    }
    check_chain(chain, signed);
}

/// Versions rise by one, everything in the chain was written and signed by somebody, and another device follows to the same end.
fn check_chain(chain: &RootChain, signed: &BTreeSet<String>) {
    for (root, version) in chain.roots().zip(1..) {
        assert_eq!(root.version(), RootVersion(version));
        assert!(signed.contains(&root.contents().to_string()), "followed, and written by nobody: {version}");
    }
    let mut other = RootChain::new(STAGE.first.clone());
    other.follow(chain.file_after(RootVersion(1)).as_bytes()).expect("what one device followed");
    assert!(other == *chain, "two devices follow one file to two ends");
}

/// The rules, told once more: the name of the first that is broken.
fn judge(before: &RootChain, shown: &[Shown]) -> Option<&'static str> {
    let known: Vec<&str> = before.roots().map(TrustRoot::as_str).collect();
    let mut last = before.newest().contents().clone();
    for root in shown {
        if known.contains(&root.text.as_str()) {
            continue;
        }
        let next = &root.contents;
        let is_met = |keys: &RootContents| {
            let has_signed = |key: &[u8; 32]| root.signers.contains(key);
            let count = keys.root_keys.iter().filter(|root| has_signed(root.key.public())).count();
            count >= usize::from(keys.threshold)
        };
        let broken = [
            (!is_met(&last), "previous-threshold"),
            (RootBody::compose(next).is_err(), "form"),
            (!is_met(next), "own-threshold"),
            (next.namespace != last.namespace, "namespace"),
            (next.version.0 != last.version.0 + 1, "version"),
            (next.issued < last.issued, "earlier"),
        ];
        if let Some((_, name)) = broken.iter().find(|(is_broken, _)| *is_broken) {
            return Some(name);
        }
        last = next.clone();
    }
    None
}

/// A root with changes, signed by some of both generations of root keys.
fn show(tape: &mut Tape<'_>, newest: &RootContents, step: u64) -> Option<Shown> {
    let generation = &STAGE.generations[usize::from(tape.byte() % 2)];
    let mut contents = generation.root_contents(newest.version.0 + step, 2);
    let ways = tape.byte();
    if ways & 1 != 0 {
        contents.version = RootVersion(u64::from(tape.byte() % 6));
    }
    if ways & 2 != 0 {
        contents.issued = at(["2025-12-31T23:59:59Z", "2026-01-02T00:00:00Z"][tape.place(2)]);
    }
    if ways & 4 != 0 {
        contents.threshold = tape.byte() % 5;
    }
    if ways & 8 != 0 {
        contents.namespace = "example.messenger.v2".parse().ok()?;
    }
    if ways & 16 != 0 {
        contents.root_keys.truncate(tape.place(4));
    }
    if ways & 32 != 0 {
        contents.policy.quorum = tape.byte() % 4;
    }
    let text = contents.to_string();
    let (lines, signers) = sign(tape, &text)?;
    let text = ClaimedNote::compose(&text, &lines).ok()?.to_string();
    Some(Shown { text, contents, signers })
}

/// The lines of those that the tape chooses, the stranger among them, and the keys of those that count.
fn sign(tape: &mut Tape<'_>, text: &str) -> Option<(Vec<NoteSignature>, Vec<[u8; 32]>)> {
    let everybody = STAGE.generations.iter().flat_map(|generation| &generation.roots);
    let everybody: Vec<&Actor> = everybody.map(|(_, actor)| actor).chain([&STAGE.stranger]).collect();
    let chosen = tape.byte();
    let line =
        |actor: &Actor| Some(NoteSignature::new(&actor.key, note::sign(&actor.secret, text).ok()?.to_vec()));
    let chosen = everybody.iter().zip(0..).filter(|(_, bit)| chosen & (1 << bit) == 0);
    let chosen: Vec<&Actor> = chosen.map(|(actor, _)| *actor).collect();
    let signers = chosen.iter().map(|actor| *actor.key.public()).collect();
    Some((chosen.into_iter().map(line).collect::<Option<_>>()?, signers))
}

/// Verifies a leaf of any kind, signed by anybody; says whether it counts.
fn leaf(chain: &RootChain, tape: &mut Tape<'_>) -> bool {
    let generation = usize::from(tape.byte() % 2);
    let actors = &STAGE.generations[generation];
    let version = RootVersion(u64::from(tape.byte() % 4));
    let kind = tape.byte() % 5;
    let Some(text) = leaf_text(kind, version) else { return false };
    let (operator, auditor) = (&actors.operator, &actors.auditor);
    let may = [
        &auditor.bundle,
        &operator.bundle,
        &auditor.status,
        &operator.status,
        &auditor.revocation,
        &operator.revocation,
        &STAGE.stranger,
    ];
    let signers = tape.byte() | u8::from(tape.byte() == 0);
    let chosen = may.iter().zip(0..).filter(|(_, bit)| signers & (1 << bit) != 0);
    let lines: Option<Vec<NoteSignature>> = chosen
        .map(|(actor, _)| {
            Some(NoteSignature::new(&actor.key, note::sign(&actor.secret, &text).ok()?.to_vec()))
        })
        .collect();
    let Some(Ok(note)) = lines.map(|lines| ClaimedNote::compose(&text, &lines)) else { return false };
    let mut bytes = note.to_string().into_bytes();
    let is_twisted = tape.byte() == 1;
    if is_twisted {
        twist(&mut bytes, tape);
    }
    let Ok(leaf) = verify_leaf(&bytes, chain) else { return false };
    let has_signed = |bit: u8| signers & (1 << bit) != 0;
    let is_same = bytes.starts_with(text.as_bytes());
    // The keys that count are those of the very root that the leaf names.
    let named = |auditor: &Actor| {
        let root = chain.version(version).expect("a root of the chain").contents();
        [&root.auditor.bundle, &root.auditor.status].contains(&&auditor.key)
    };
    match leaf {
        VerifiedLeaf::Bundle(contents) => {
            assert!(has_signed(0) && is_same && contents.trust_root == version && named(&auditor.bundle));
        }
        VerifiedLeaf::Proposal(contents) => {
            assert!(has_signed(1) && is_same && contents.trust_root == version && named(&auditor.bundle));
        }
        VerifiedLeaf::Status(_) => assert!(has_signed(2) && is_same && named(&auditor.status)),
        VerifiedLeaf::Revocation(revocation) => {
            let by = revocation.revokers();
            assert!(is_same && (!by.auditor || has_signed(4)) && (!by.operator || has_signed(5)) && !by.root);
        }
        // A root says nothing that the chain does not say, and others are told by their first line alone.
        VerifiedLeaf::Root(version) => assert!(chain.version(version).is_some() || version < RootVersion(1)),
        VerifiedLeaf::Other(line) => assert!(line.chars().count() <= 64),
    }
    true
}

fn leaf_text(kind: u8, version: RootVersion) -> Option<String> {
    let mut bundle = bundle();
    bundle.trust_root = version;
    let mut status = status_of(&bundle);
    status.trust_root = version;
    Some(match kind {
        0 => bundle.to_string(),
        1 => status.to_string(),
        2 => STAGE.generations[1].root_contents(version.0, 2).to_string(),
        3 => RevocationBody::compose(&RevocationContents {
            namespace: bundle.namespace,
            fleet: id_of("f2026a"),
            issued: bundle.issued,
            reason: "key-compromise".parse().ok()?,
        })
        .ok()?
        .to_string(),
        _ => "strongroom.example/fleet-evidence/v1\nmanifest\n".into(),
    })
}
