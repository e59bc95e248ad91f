//! Every text of trust over the air: notes, bodies, checkpoints, proofs, requests, memories, units, keys, words, and
//! what a device and an auditor keep in files.
//!
//! The first byte chooses the form; the rest is read. From 128 on it chooses a form's good text ([`golden`]), and the
//! rest says how that is changed. What is taken is written as the same bytes, and keeps the bounds of its page. No
//! signature is looked at here but those of the trust roots that a device keeps.

mod golden;
mod kept;

pub use golden::GOLDEN;

use crate::{rewrite::rewritten, tape::Tape};
use strongroom_trust::{
    body::Body,
    limits::{
        CHECKPOINT_BYTES_MAX, CHECKPOINT_EXTENSIONS_MAX, FLEETS_MAX, LOG_SIZE_MAX, LOGS_MAX, NOTE_BYTES_MAX,
        NOTE_SIGNATURES_MAX, PROOF_HASHES_MAX, REVOCATIONS_MAX, ROOT_KEYS_MAX, SIGNATURE_BYTES_MAX,
        WITNESSES_MAX,
    },
    lines::LineError,
    sections::{self, Sections},
    tile::{read_entries, write_entries},
    witness::AddCheckpoint,
    *,
};

/// First bytes from here on choose a good text.
pub const GOLDEN_FROM: u8 = 128;

/// A form by its name, and how it is checked.
type Reader = (&'static str, fn(&[u8]));

/// Every form, in the order that the first byte counts them in. New ones are added at the end.
pub const READERS: &[Reader] = &[
    ("note", note),
    ("countersigned note", countersigned_note),
    ("bundle", bundle),
    ("status", status),
    ("revocation", revocation),
    ("trust root", trust_root),
    ("checkpoint", checkpoint),
    ("checkpoint note", checkpoint_note),
    ("proof", proof),
    ("request", request),
    ("memory", memory),
    ("delivery", delivery),
    ("sections", sections_of),
    ("entries", entries),
    ("note key", same::<NoteKey>),
    ("witness key", same::<WitnessKey>),
    ("key name", same::<KeyName>),
    ("moment", same::<Moment>),
    ("namespace", same::<Namespace>),
    ("epoch", same::<Epoch>),
    ("device trust", kept::device_trust),
    ("key file", kept::key_file),
    ("configuration", kept::auditor_configuration),
];

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let Some((chosen, rest)) = bytes.split_first() else { return };
    let (name, check) = READERS[usize::from(chosen % GOLDEN_FROM) % READERS.len()];
    if *chosen < GOLDEN_FROM {
        return check(rest);
    }
    check(&rewritten(GOLDEN[name].clone(), &mut Tape::new(rest)));
}

fn same<T: std::str::FromStr + std::fmt::Display>(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string(), text, "a word has two texts");
    }
}

fn note(bytes: &[u8]) {
    if let Ok(note) = ClaimedNote::parse(bytes, NOTE_BYTES_MAX) {
        check_note(&note, bytes, NOTE_BYTES_MAX);
    }
}

fn check_note(note: &ClaimedNote, bytes: &[u8], bytes_max: usize) {
    assert!(note.as_str().as_bytes() == bytes && bytes.len() <= bytes_max);
    assert!((1..=NOTE_SIGNATURES_MAX).contains(&note.signatures().len()));
    assert!(note.signatures().iter().all(|line| (1..=SIGNATURE_BYTES_MAX).contains(&line.bytes().len())));
    assert!(note.text().ends_with('\n'));
    let again = ClaimedNote::compose(note.text(), note.signatures()).expect("its own parts");
    assert!(again == *note, "a note's parts give another note");
}

fn countersigned_note(bytes: &[u8]) {
    let Ok(note) = CountersignedNote::parse(bytes) else { return };
    assert!(note.as_str().as_bytes() == bytes);
    assert!(note.as_str().starts_with(note.leaf()) && note.leaf().starts_with(note.body()));
    assert!(note.digest() == text_digest(note.body()));
    let outer = ClaimedNote::parse(bytes, NOTE_BYTES_MAX).expect("a note in two ways");
    let inner = ClaimedNote::parse(note.leaf().as_bytes(), NOTE_BYTES_MAX).expect("its leaf");
    assert!(inner.text() == note.body());
    let again = strongroom_trust::countersigned(
        note.body(),
        inner.signatures()[0].clone(),
        outer.signatures()[0].clone(),
    );
    assert!(again.as_ref() == Ok(&note), "a note's parts give another note");
}

/// A body that is read is written as the same bytes, and is composed of what it says.
fn body<B: Body + PartialEq>(bytes: &[u8]) -> Option<B> {
    let text = str::from_utf8(bytes).ok()?;
    let body = B::parse(text).map_err(|error: LineError| assert!(error.line >= 1)).ok()?;
    assert_eq!(body.to_string(), text, "a body has two texts");
    assert!(B::compose(body.contents()).is_ok_and(|again| again == body), "a body is not what it says");
    assert!(body.digest() == text_digest(text));
    Some(body)
}

fn bundle(bytes: &[u8]) {
    let Some(bundle) = body::<BundleBody>(bytes) else { return };
    let contents = bundle.contents();
    assert!((1..=FLEETS_MAX).contains(&contents.fleets.len()) && contents.expires > contents.issued);
    for fleet in &contents.fleets {
        assert!(contents.fleet(fleet.id()) == Some(fleet), "two fleets of one id");
    }
}

fn status(bytes: &[u8]) {
    let Some(status) = body::<StatusBody>(bytes) else { return };
    let revocations = &status.contents().revocations;
    assert!(revocations.len() <= REVOCATIONS_MAX && revocations.is_sorted_by(|one, next| one < next));
}

fn revocation(bytes: &[u8]) {
    body::<RevocationBody>(bytes);
}

fn trust_root(bytes: &[u8]) {
    let Some(root) = body::<RootBody>(bytes) else { return };
    let contents = root.contents();
    let policy = &contents.policy;
    assert!(contents.root_keys.len() <= ROOT_KEYS_MAX && policy.logs.len() <= LOGS_MAX);
    assert!(policy.witnesses.len() <= WITNESSES_MAX && policy.witnesses.len() >= usize::from(policy.quorum));
    assert!(policy.quorum > 0 && contents.threshold > 0);
    for party in [Party::Operator, Party::Auditor] {
        let held = contents.root_keys.iter().filter(|root| root.party == party).count();
        assert!(held < usize::from(contents.threshold), "one party alone reaches the threshold");
    }
    let own = policy.witnesses.iter().filter(|witness| witness.party != Party::Independent).count();
    assert!(own < usize::from(policy.quorum), "operator and auditor meet the quorum by themselves");
}

fn checkpoint(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let Ok(checkpoint) = CheckpointBody::parse(text) else { return };
    assert_eq!(checkpoint.to_string(), text, "a checkpoint has two texts");
    assert!(checkpoint.size <= LOG_SIZE_MAX && checkpoint.extensions.len() <= CHECKPOINT_EXTENSIONS_MAX);
}

fn checkpoint_note(bytes: &[u8]) {
    if let Ok(note) = read_checkpoint_note(bytes) {
        check_note(&note, bytes, CHECKPOINT_BYTES_MAX);
    }
}

fn proof(bytes: &[u8]) {
    let Ok(proof) = LogProof::parse(bytes) else { return };
    assert!(proof.to_string().as_bytes() == bytes, "a proof has two texts");
    assert!(proof.path.len() <= PROOF_HASHES_MAX && proof.index <= LOG_SIZE_MAX);
}

fn request(bytes: &[u8]) {
    match AddCheckpoint::parse(bytes) {
        Ok(request) => {
            assert!(request.to_string().as_bytes() == bytes, "a request has two texts");
            assert!(request.proof.len() <= PROOF_HASHES_MAX && request.old_size <= LOG_SIZE_MAX);
        }
        Err(refusal) => assert_eq!(refusal.status(), 400),
    }
}

fn memory(bytes: &[u8]) {
    let Ok(memory) = Memory::parse(bytes) else { return };
    assert!(memory.to_string().as_bytes() == bytes, "a memory has two texts");
    let bundle = BundleBody::parse(memory.bundle().body()).expect("a bundle");
    assert!(bundle.contents().epoch == memory.epoch() && bundle.digest() == memory.digest());
}

fn delivery(bytes: &[u8]) {
    match ClaimedDelivery::parse(bytes) {
        Ok(unit) => {
            assert!(unit.to_string().as_bytes() == bytes, "a unit has two texts");
            assert!(unit.revocations().len() <= REVOCATIONS_MAX);
        }
        // Where no revocation is text there is nothing that a later step could look at.
        Err(TrustError::Revocation(_)) => {}
        Err(error) => assert!(error.step() == Step::Limits, "{error}"),
    }
}

fn sections_of(bytes: &[u8]) {
    const HEADER: &str = "header";
    const SECTIONS_MAX: usize = 4;
    let Ok(read) = Sections::parse(bytes, HEADER, 4096, SECTIONS_MAX) else { return };
    assert!(read.iter().count() <= SECTIONS_MAX);
    let texts: Option<Vec<(&str, &str)>> =
        read.iter().map(|(name, bytes)| Some((name, str::from_utf8(bytes).ok()?))).collect();
    if let Some(texts) = texts {
        assert!(sections::compose(HEADER, &texts).as_bytes() == bytes, "sections have two texts");
    }
}

fn entries(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first_chunk() else { return };
    let count = u16::from_be_bytes(*count) % 257;
    if let Ok(entries) = read_entries(rest, count) {
        assert!(entries.len() == usize::from(count));
        assert!(write_entries(&entries).as_deref() == Ok(rest), "entries have two encodings");
    }
}
