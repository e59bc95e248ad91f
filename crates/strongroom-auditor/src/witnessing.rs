//! The auditor's side of `tlog-witness`: asks witnesses to cosign.

mod http;

pub use http::HttpWitness;

use crate::limits::WITNESS_TRIES_MAX;
use std::{fmt, sync::Arc, thread};
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    CheckpointBody, ClaimedNote, NoteSignature, WitnessKey, counted, witness::AddCheckpoint,
};

/// A way to one witness.
pub trait WitnessLink: Send + Sync {
    /// The key by which its cosignatures are known.
    fn key(&self) -> &WitnessKey;

    /// Asks it to cosign, and waits for its answer for a bounded time.
    ///
    /// # Errors
    /// Why there is no answer, or what it refused.
    fn add_checkpoint(&self, request: &AddCheckpoint) -> Result<WitnessAnswer, String>;
}

/// What a witness answers; nobody has verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessAnswer {
    /// It cosigned: signature lines.
    Cosigned(Vec<NoteSignature>),
    /// It cosigned another size last than the request says.
    OtherSize(u64),
}

/// A witness that did not cosign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessFailure {
    /// Its key's name.
    pub witness: String,
    /// Why not.
    pub cause: String,
}

impl fmt::Display for WitnessFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.witness, self.cause)
    }
}

/// What came of asking one witness.
pub(crate) struct Asked {
    key: WitnessKey,
    outcome: Result<NoteSignature, String>,
    known_size: Option<u64>,
}

impl Asked {
    /// The size that it says it cosigned last.
    pub(crate) fn known_size(&self) -> Option<u64> {
        self.known_size
    }

    /// Whether it answered, and knows nothing beyond this size.
    pub(crate) fn knows_no_more_than(&self, size: u64) -> bool {
        self.known_size.is_some_and(|known| known <= size)
    }

    /// Its cosignature, if this is the witness of the key and the cosignature verifies.
    pub(crate) fn line_of(&self, key: &WitnessKey) -> Option<NoteSignature> {
        self.outcome.as_ref().ok().filter(|_| self.key == *key).cloned()
    }

    pub(crate) fn failure(self) -> Option<WitnessFailure> {
        let witness = self.key.name().to_string();
        self.outcome.err().map(|cause| WitnessFailure { witness, cause })
    }
}

/// Asks all witnesses at once; each is told which size it is believed to know, and told again when it says
/// that it knows another one that is not beyond the checkpoint's.
pub(crate) fn ask_all(
    witnesses: &[Arc<dyn WitnessLink>],
    note: &ClaimedNote,
    body: &CheckpointBody,
    believed: u64,
    prove: impl Fn(u64) -> Result<Vec<Digest>, String>,
) -> Vec<Asked> {
    // Proofs are made here: a log's files are read by one thread.
    thread::scope(|scope| {
        let first = prove(believed.min(body.size));
        let asking: Vec<_> = witnesses
            .iter()
            .map(|witness| {
                let first = first.clone();
                scope.spawn(move || ask_once(witness.as_ref(), note, believed.min(body.size), first))
            })
            .collect();
        let answered = witnesses.iter().zip(asking).map(|(witness, asking)| {
            let answer = asking.join().unwrap_or_else(|_| Err("the link to it broke down".into()));
            (witness, answer)
        });
        answered.map(|(witness, answer)| settle(witness.as_ref(), note, body, answer, &prove)).collect()
    })
}

fn ask_once(
    witness: &dyn WitnessLink,
    note: &ClaimedNote,
    old_size: u64,
    proof: Result<Vec<Digest>, String>,
) -> Result<WitnessAnswer, String> {
    let request = AddCheckpoint { old_size, proof: proof?, checkpoint: note.clone() };
    witness.add_checkpoint(&request)
}

/// Asks again while the witness knows another size, and verifies what it gives in the end.
fn settle(
    witness: &dyn WitnessLink,
    note: &ClaimedNote,
    body: &CheckpointBody,
    first: Result<WitnessAnswer, String>,
    prove: impl Fn(u64) -> Result<Vec<Digest>, String>,
) -> Asked {
    let key = witness.key().clone();
    let mut answer = first;
    for _ in 1..WITNESS_TRIES_MAX {
        match answer {
            Ok(WitnessAnswer::OtherSize(size)) if size <= body.size => {
                answer = ask_once(witness, note, size, prove(size));
            }
            _ => break,
        }
    }
    match answer {
        Ok(WitnessAnswer::Cosigned(lines)) => {
            let outcome = verified(&key, note, &lines);
            let known_size = outcome.is_ok().then_some(body.size);
            Asked { key, outcome, known_size }
        }
        Ok(WitnessAnswer::OtherSize(size)) => {
            let leaves = counted(size, "leaf", "leaves");
            let cause = format!("it says that it cosigned {leaves}, not the {} that are there", body.size);
            Asked { key, outcome: Err(cause), known_size: Some(size) }
        }
        Err(cause) => Asked { key, outcome: Err(cause), known_size: None },
    }
}

/// The witness's own line among those that it gave; lines of others are passed over.
fn verified(key: &WitnessKey, note: &ClaimedNote, lines: &[NoteSignature]) -> Result<NoteSignature, String> {
    let own = lines.iter().find(|line| line.is_of(key)).ok_or("its answer holds no line of its key")?;
    let cosigned = ClaimedNote::compose(note.text(), std::slice::from_ref(own)).map_err(|e| e.to_string())?;
    match cosigned.cosigned_by(key) {
        Ok(Some(_)) => Ok(own.clone()),
        _ => Err("its cosignature does not verify".into()),
    }
}
