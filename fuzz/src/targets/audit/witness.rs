//! A witness and all that it is asked: it never cosigns what did not grow out of what it cosigned before. The program
//! with its folder is asked the same, and answers as the rules decide.

use super::{Faces, LEAVES_MAX, STAGE, sign};
use crate::{storage::Memory, tape::Tape, trust_world::at, twist::twist};
use std::sync::Arc;
use strongroom_auditor::witness::{Witness, WitnessError};
use strongroom_crypto::{Secret, sign::SigningKey};
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    CheckpointBody, NoteSignature, WitnessKey,
    limits::PROOF_HASHES_MAX,
    merkle::prove_consistency,
    read_checkpoint_note, text_digest,
    witness::{AddCheckpoint, WitnessRefusal, Witnessed},
};

const REQUESTS_MAX: usize = 12;
const NOW: &str = "2026-11-28T12:00:00Z";

/// One request as it was meant: which tree, how large, and whether anything in it is a lie.
struct Asked {
    bytes: Vec<u8>,
    face: usize,
    body: CheckpointBody,
    /// Whether the log itself signed.
    is_honest: bool,
    /// A true checkpoint that the log signed, in bytes that nobody changed.
    is_true: bool,
    /// Whether the proof is the tree's own, from the size that is named.
    is_proved: bool,
    old_size: u64,
}

pub(super) fn run(tape: &mut Tape<'_>) -> usize {
    let faces = Faces::new(tape);
    let mut last: Option<(usize, u64)> = None;
    let mut count = 0;
    let files = Memory::default();
    program(&files).watch(&STAGE.actors.log.key).expect("files in memory");
    for _ in 0..REQUESTS_MAX {
        if tape.is_empty() {
            break;
        }
        let asked = ask(&faces, tape, last);
        let remembered = last.map(|(face, size)| Witnessed { size, root: faces.body(face, size).root });
        let logs = [STAGE.actors.log.key.clone()];
        let decided = AddCheckpoint::parse(&asked.bytes)
            .and_then(|request| request.decide(&logs, |_| remembered).map(|admitted| (request, admitted)));
        // The program is started anew for each request.
        agree(program(&files).add_checkpoint(&asked.bytes, at(NOW)), decided.as_ref().map(|_| ()));
        match decided {
            Ok((request, admitted)) => {
                assert_eq!(remembered_by(&files, &admitted.body().origin), Some(admitted.body().clone()));
                assert!(request.to_string().as_bytes() == asked.bytes, "a request has two texts");
                let body = admitted.body();
                assert!(asked.is_honest && *body == asked.body, "cosigned what the log did not sign");
                assert_eq!(admitted.state(), Witnessed { size: body.size, root: body.root });
                let place = (asked.face, body.size);
                if faces.body(place.0, place.1) != *body {
                    // Nobody can tell a made-up root from a true one while nothing was seen of the log.
                    assert!(last.is_none_or(|(_, size)| size == 0), "cosigned a made-up root");
                    return count + 1;
                }
                assert!(faces.grew(last.unwrap_or((0, 0)), place), "cosigned a fork");
                last = Some(place);
                count += 1;
            }
            Err(refusal) => refused(&faces, &asked, last, &refusal),
        }
    }
    count
}

/// The witness with its folder.
fn program(files: &Memory) -> Witness {
    let secret = SigningKey::from_seed(Secret::new([5; 32]));
    let key = WitnessKey::new("witness.example".parse().expect("a name"), secret.public()).expect("a key");
    Witness::new(Arc::new(files.clone()), key, Arc::new(secret))
}

/// The program answers as the rules decide.
fn agree(met: Result<NoteSignature, WitnessError>, decided: Result<(), &WitnessRefusal>) {
    match (met, decided) {
        (Ok(_), Ok(())) => {}
        (Err(WitnessError::Refused(met)), Err(decided)) => assert_eq!(met, *decided),
        (met, decided) => panic!("the witness answers {met:?} where the rules say {decided:?}"),
    }
}

/// What the witness shows as the checkpoint that it cosigned last.
fn remembered_by(files: &Memory, origin: &str) -> Option<CheckpointBody> {
    let shown = program(files).checkpoint(&text_digest(origin).to_hex()).expect("files in memory")?;
    let note = read_checkpoint_note(&shown).expect("a checkpoint");
    CheckpointBody::parse(note.text()).ok()
}

/// An honest request is refused for its place in the log alone.
fn refused(faces: &Faces, asked: &Asked, last: Option<(usize, u64)>, refusal: &WitnessRefusal) {
    assert!([400, 403, 404, 409, 422].contains(&refusal.status()));
    let at = last.unwrap_or((0, 0));
    let follows = asked.is_proved && asked.old_size == at.1 && faces.grew(at, (asked.face, asked.body.size));
    assert!(!(asked.is_true && follows), "an honest request was refused: {refusal}");
    if asked.is_true && asked.old_size <= asked.body.size && asked.old_size != at.1 {
        assert_eq!(*refusal, WitnessRefusal::OtherSize(at.1));
    }
}

fn ask(faces: &Faces, tape: &mut Tape<'_>, last: Option<(usize, u64)>) -> Asked {
    let ways = tape.byte();
    let face = usize::from(ways & 1);
    let size = u64::from(tape.byte()) % (LEAVES_MAX + 1);
    let mut body = faces.body(face, size);
    let mut is_true = true;
    if ways & 2 != 0 {
        body.origin = ["another.example/log", "auditor.example/log "][tape.place(2)].into();
        is_true = false;
    }
    if ways & 4 != 0 {
        body.root = Digest::new(tape.array());
        is_true = false;
    }
    let (checkpoint, is_honest) = sign(tape, &body);
    let old_size = match ways & 8 {
        0 => last.map_or(0, |(_, size)| size),
        // Close to what the witness has, so that only the last check can tell.
        _ => (last.map_or(0, |(_, size)| size) + u64::from(tape.byte() % 8)).saturating_sub(3),
    };
    let of = usize::from(ways >> 4 & 1);
    let proof = faces.consistency(tape, of, old_size, size);
    let own = prove_consistency(&faces.logs[face].tree, old_size, size);
    let is_proved = own.is_ok_and(|own| own == proof);
    is_true &= proof.len() <= PROOF_HASHES_MAX;
    let mut bytes = AddCheckpoint { old_size, proof, checkpoint }.to_string().into_bytes();
    if ways & 32 != 0 {
        let honest = bytes.clone();
        twist(&mut bytes, tape);
        is_true &= honest == bytes;
    }
    Asked { bytes, face, body, is_honest, is_true: is_true && is_honest, is_proved, old_size }
}
