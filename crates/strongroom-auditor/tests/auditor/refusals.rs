//! What the auditor does not sign and does not take; and what strangers find meanwhile.

use crate::{
    storage::{Fate, Memory},
    world::*,
};
use strongroom_auditor::{
    auditor::{AcceptError, AdoptError, AuditorError, RevokeError, SignError},
    evidence::EvidenceError,
    log::LogError,
};
use strongroom_trust::{
    BundleContents, ClaimedNote, Epoch, NoteError, RevocationError, RootError, RootVersion, Service,
    admission::AdmissionError,
};

fn working() -> (World, Memory) {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    drop(office);
    (world, files)
}

#[test]
fn no_public_file_holds_the_auditors_signature_before_a_quorum_saw_it() {
    let (world, files) = working();
    let office = world.office(&files, &Fate::immortal());
    let next = after(&first_bundle(), vec![serving("f2026a", Service::Active)]);
    let line = world.auditor[0].sign(&next.to_string()).to_string();
    let has_line = || {
        let held = files.files.lock().unwrap();
        held.iter().any(|(path, bytes)| {
            path.starts_with("public/") && String::from_utf8_lossy(bytes).contains(line.as_str())
        })
    };
    world.witnesses[1].set(Mood::Silent);
    world.witnesses[2].set(Mood::Forges);
    let error = office.sign(&next).unwrap_err();
    let SignError::Auditor(AuditorError::Log(LogError::TooFewWitnesses { needed: 2, met: 1, .. })) = error
    else {
        panic!("{error}")
    };
    assert!(!has_line());
    assert!(files.text("private/next").unwrap().contains(line.as_str()), "it is on its way");
    world.witnesses[2].set(Mood::Honest);
    let signed = office.sign(&next).unwrap();
    assert!(signed.leaf.contains(&line) && has_line());
    assert_eq!(office.waiting("bundle").as_deref(), Some(signed.leaf.as_str()), "the operator can fetch it");
    assert_eq!(office.sign(&next).unwrap().index, signed.index, "the same again is the same leaf");
}

#[test]
fn what_breaks_a_rule_is_neither_signed_nor_logged() {
    let (world, files) = working();
    let office = world.office(&files, &Fate::immortal());
    let before = files.copy();
    let next = after(&first_bundle(), vec![serving("f2026a", Service::Active)]);
    let refused = |change: fn(&mut BundleContents)| {
        let mut contents = next.clone();
        change(&mut contents);
        match office.sign(&contents) {
            Err(SignError::Admission(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let (expected, met) = (Epoch(2), Epoch(3));
    assert_eq!(refused(|next| next.epoch = Epoch(3)), AdmissionError::Epoch { expected, met });
    assert_eq!(refused(|next| next.previous = Some(id_digest())), AdmissionError::Previous);
    assert_eq!(refused(|next| next.expires = at("2026-11-28T11:00:00Z")), AdmissionError::Expired);
    let by_a_stranger = Actor::new("operator.example/other").note(&next.to_string());
    let error = office.auditor.sign(by_a_stranger.as_bytes(), &office.evidence, now()).unwrap_err();
    assert!(matches!(error, SignError::Admission(AdmissionError::Note(NoteError::Missing(_)))), "{error}");
    assert_eq!(*files.files.lock().unwrap(), *before.files.lock().unwrap());
}

fn id_digest() -> strongroom_protocol::ids::Digest {
    strongroom_trust::text_digest("another bundle")
}

#[test]
fn without_its_evidence_no_bundle_is_signed() {
    let (world, files) = working();
    let office = world.office(&files, &Fate::immortal());
    let next = after(&first_bundle(), vec![serving("f2026a", Service::Active)]);
    let digest = strongroom_trust::text_digest(&manifest_text("f2026a"));
    let manifest = office.evidence.0.lock().unwrap().remove(&digest).unwrap();
    let refused = || match office.sign(&next) {
        Err(SignError::Evidence(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused(), EvidenceError::Unreachable { .. }));
    for other in [manifest.replace("f2026a", "f2026b"), manifest_text("f2026a"), String::new()] {
        office.evidence.0.lock().unwrap().insert(digest, other);
        assert_eq!(refused(), EvidenceError::Other(id_of("f2026a")));
    }
    office.evidence.0.lock().unwrap().insert(digest, manifest);
    let signed = office.sign(&next).unwrap();
    // That of the other fleet was archived already: only a new one is logged.
    let third = after(&next, vec![serving("f2026a", Service::Active), serving("f2023a", Service::Draining)]);
    assert_eq!(office.sign(&third).unwrap().index, signed.index + 2);
}

#[test]
fn a_countersignature_counts_by_the_right_key_over_the_right_bytes_only() {
    let (world, files) = working();
    let office = world.office(&files, &Fate::immortal());
    let next = after(&first_bundle(), vec![serving("f2026a", Service::Active)]);
    let signed = office.sign(&next).unwrap();
    let note = |error| match error {
        AcceptError::Note(error) => error,
        other => panic!("{other}"),
    };
    assert!(matches!(note(office.accept(&signed.leaf, 1).unwrap_err()), NoteError::Missing(_)));
    let other = world.auditor[0].note(&next.to_string().replace("f2026a", "f2026b"));
    assert!(matches!(office.accept(&other, 0), Err(AcceptError::NotTheLast)));
    let whole = office.countersign(&signed.leaf, 0);
    assert!(matches!(
        note(
            office
                .auditor
                .accept(whole.replace("2026-11-21T10", "2026-11-21T11").as_bytes(), now())
                .unwrap_err()
        ),
        NoteError::BadSignature(_)
    ));
    assert!(office.auditor.accept(signed.leaf.as_bytes(), now()).is_err(), "half of it");
    assert!(office.auditor.accept(whole.as_bytes(), now()).is_ok());
    assert!(office.auditor.accept(whole.as_bytes(), now()).is_ok(), "the same again is no error");
}

#[test]
fn revocations_by_strangers_and_of_unknown_fleets_are_not_taken() {
    let (world, files) = working();
    let office = world.office(&files, &Fate::immortal());
    let before = files.copy();
    let text = |label: &str| {
        format!(
            "strongroom.example/fleet-revocation/v1\nnamespace {NAMESPACE}\ngenesis sha256:{}\n\
             issued 2026-11-28T11:00:00Z\nreason stolen\n",
            id_of(label)
        )
    };
    let take = |note: String| office.auditor.take_revocation(note.as_bytes(), now()).unwrap_err();
    let by_the_wrong_key = world.operator[0].note(&text("f2023a"));
    assert!(matches!(take(by_the_wrong_key), RevokeError::Note(RevocationError::Unsigned)));
    let one_root_key = world.roots[0].1.note(&text("f2023a"));
    assert!(matches!(take(one_root_key), RevokeError::Note(RevocationError::Unsigned)));
    let unknown = world.operator[2].note(&text("never-listed"));
    assert!(matches!(take(unknown), RevokeError::UnknownFleet(_)));
    assert_eq!(*files.files.lock().unwrap(), *before.files.lock().unwrap());
}

#[test]
fn a_trust_root_with_other_keys_or_that_does_not_follow_is_not_adopted() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    assert!(matches!(office.auditor.tend(now()), Err(AuditorError::NoRoot)));
    let adopt = |contents: &strongroom_trust::RootContents| {
        office.auditor.adopt(world.sign_root(contents).as_bytes(), now()).unwrap_err()
    };
    let mut contents = world.root_contents(1);
    contents.auditor.bundle = Actor::new("somebody/bundle").key;
    assert!(matches!(adopt(&contents), AdoptError::OtherKeys));
    let mut contents = world.root_contents(1);
    contents.policy.logs = vec![Actor::new("somebody/log").key];
    assert!(matches!(adopt(&contents), AdoptError::OtherKeys));
    let mut contents = world.root_contents(1);
    contents.namespace = "example.other".parse().unwrap();
    assert!(matches!(adopt(&contents), AdoptError::Namespace));
    assert_eq!(files.paths(), [] as [&str; 0]);
    office.adopt().unwrap();
    assert!(matches!(adopt(&world.root_contents(3)), AdoptError::Root(RootError::Version { .. })));
    let text = world.root_contents(2).to_string();
    let unsigned = ClaimedNote::compose(&text, &[world.roots[0].1.sign(&text)]).unwrap();
    let error = office.auditor.adopt(unsigned.as_str().as_bytes(), now()).unwrap_err();
    assert!(matches!(error, AdoptError::Root(RootError::PreviousThreshold)), "{error}");
    let mut contents = world.root_contents(2);
    contents.auditor.status = Actor::new("somebody/status").key;
    assert!(matches!(adopt(&contents), AdoptError::OtherKeys));
    assert_eq!(office.adopt().unwrap(), RootVersion(1));
}

#[test]
fn under_an_expired_trust_root_nothing_is_signed_but_revocations() {
    let (world, files) = working();
    let office = world.office(&files, &Fate::immortal());
    let late = at("2031-01-01T00:00:00Z");
    let next = after(&first_bundle(), vec![serving("f2026a", Service::Active)]);
    let proposal = world.operator[0].note(&next.to_string());
    let error = office.auditor.sign(proposal.as_bytes(), &office.evidence, late).unwrap_err();
    assert!(matches!(error, SignError::Auditor(AuditorError::RootExpired)), "{error}");
    assert_eq!(office.auditor.tend(late).unwrap().status, None);
    assert!(office.auditor.revoke(id_of("f2023a"), "late".parse().unwrap(), late).is_ok());
}

#[test]
fn the_page_shows_epochs_keys_signers_and_witnesses_and_runs_no_script() {
    let (world, files) = working();
    let office = world.office(&files, &Fate::immortal());
    let next = after(
        &first_bundle(),
        vec![serving("f2026a", Service::Active), serving("f2023a", Service::Draining)],
    );
    office.enforce(&next).unwrap();
    office.auditor.revoke(id_of("f2023a"), "key-compromise".parse().unwrap(), now()).unwrap();
    let page = files.text("public/index.html").unwrap();
    let hex = |key: &[u8; 32]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let expected = [
        format!(
            "came: fleet <code>{}</code>, identity key <code>{}</code>, active",
            id_of("f2026a"),
            hex(&secret("fleet f2026a").public())
        ),
        format!("now draining: fleet <code>{}</code>", id_of("f2023a")),
        "<td>in force</td>".into(),
        "<td>followed by a newer one</td>".into(),
        "<td>auditor</td><td>key-compromise</td>".into(),
        world.operator[1].key.to_string(),
        world.witnesses[2].witness.key().to_string(),
        "<td>less than a day old</td>".into(),
        "7 days old".into(),
    ];
    for text in expected {
        assert!(page.contains(&text), "{text}\n{page}");
    }
    assert!(!page.contains("<script") && !page.contains("INSECURE"));
}

#[test]
fn plexis_answers_bear_a_signature_over_the_same_digests() {
    let (_world, files) = working();
    let json = |path: &str| -> serde_json::Value {
        serde_json::from_str(&files.text(&format!("public/plexi/{path}")).unwrap()).unwrap()
    };
    let digest = strongroom_trust::text_digest(&first_bundle().to_string()).to_hex();
    assert_eq!(json("namespace")["root"], format!("1/{digest}"));
    assert_eq!(json("namespaces")["namespaces"][0], json("namespace"));
    assert_eq!(json("namespace")["log_directory"], serde_json::Value::Null);
    assert_eq!(json("last-verified-epoch")["epoch"], 1);
    let audit = json("audits/1");
    assert_eq!((&audit["digest"], &audit["ciphersuite"]), (&digest.clone().into(), &1.into()));
    let unhex = |value: &serde_json::Value| -> Vec<u8> {
        let text = value.as_str().unwrap();
        (0..text.len() / 2).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).unwrap()).collect()
    };
    let public = unhex(&json("info")["keys"][0]["public_key"]);
    assert_eq!(audit["key_id"], public[31]);
    let key = ed25519_dalek::VerifyingKey::from_bytes(&public.try_into().unwrap()).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&unhex(&audit["signature"])).unwrap();
    key.verify_strict(&unhex(&audit["serialized_message"]), &signature).unwrap();
}
