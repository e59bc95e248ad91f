//! A witness's side: what it is asked and when it cosigns. Format: C2SP `tlog-witness`.
//!
//! The decision is a pure function of what the witness has on disk; whoever runs one stores the new
//! state before the cosignature leaves, and holds one lock over both.
//!
//! Absent on purpose: `sign-subtree`, which the specification leaves open.

use crate::{
    CheckpointBody, CheckpointError, ClaimedNote, NoteKey,
    checkpoint::{hash_text, read_checkpoint_note, read_hash, read_size},
    limits::{CHECKPOINT_BYTES_MAX, PROOF_HASHES_MAX},
    merkle::{EMPTY_ROOT, verify_consistency},
    root::verify_log,
};
use std::fmt;
use strongroom_protocol::ids::Digest;

/// Bytes of a request at most.
pub const REQUEST_BYTES_MAX: usize = CHECKPOINT_BYTES_MAX + 4 * 1024;

/// What a log asks of a witness: `POST add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the checkpoint that the log believes the witness cosigned last.
    pub old_size: u64,
    /// The proof that the log grew from there.
    pub proof: Vec<Digest>,
    /// The new checkpoint with its log's signature.
    pub checkpoint: ClaimedNote,
}

/// What a witness remembers of one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witnessed {
    /// How many leaves it had.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

/// A checkpoint that a witness may cosign once it has stored [`Self::state`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    body: CheckpointBody,
    text: String,
}

/// Why a witness does not cosign, with the status code of its answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// 400: the request has another form, or the old size is beyond the new one.
    #[error("the request has not the form of one")]
    Malformed,
    /// 403: no trusted key of the log signed the checkpoint.
    #[error("the log did not sign the checkpoint")]
    Unsigned,
    /// 404: nobody told the witness about this log.
    #[error("the log is unknown")]
    UnknownLog,
    /// 409: the witness cosigned another size last; the answer holds it.
    #[error("the last checkpoint that was cosigned has size {0}")]
    OtherSize(u64),
    /// 422: the log did not grow out of what the witness cosigned.
    #[error("the checkpoint does not follow from the last one")]
    Inconsistent,
}

impl WitnessRefusal {
    /// The status code of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unsigned => 403,
            Self::UnknownLog => 404,
            Self::OtherSize(_) => 409,
            Self::Inconsistent => 422,
        }
    }
}

impl AddCheckpoint {
    /// Reads a request's body.
    ///
    /// # Errors
    /// [`WitnessRefusal::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, WitnessRefusal> {
        if bytes.len() > REQUEST_BYTES_MAX {
            return Err(WitnessRefusal::Malformed);
        }
        Self::read(bytes).ok_or(WitnessRefusal::Malformed)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (head, checkpoint) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
        let mut lines = head.split('\n');
        let old_size = read_size(lines.next()?.strip_prefix("old ")?)?;
        let proof: Vec<Digest> = lines.map(read_hash).collect::<Option<_>>()?;
        if proof.len() > PROOF_HASHES_MAX {
            return None;
        }
        let checkpoint = read_checkpoint_note(checkpoint.as_bytes()).ok()?;
        Some(Self { old_size, proof, checkpoint })
    }

    /// Decides whether a witness that trusts these logs cosigns. What it remembers is asked for by the
    /// log's origin, once that log's signature is verified.
    ///
    /// An unchanged checkpoint is admitted again, so that freshness costs no growth.
    ///
    /// # Errors
    /// See [`WitnessRefusal`].
    pub fn decide(
        &self,
        logs: &[NoteKey],
        remembered: impl FnOnce(&str) -> Option<Witnessed>,
    ) -> Result<Admitted, WitnessRefusal> {
        let body = verify_log(logs, &self.checkpoint).map_err(|error| match error {
            CheckpointError::ForeignOrigin => WitnessRefusal::UnknownLog,
            CheckpointError::LogUnsigned | CheckpointError::LogSignature(_) => WitnessRefusal::Unsigned,
            CheckpointError::EmptyRoot => WitnessRefusal::Inconsistent,
            _ => WitnessRefusal::Malformed,
        })?;
        if self.old_size > body.size {
            return Err(WitnessRefusal::Malformed);
        }
        let last = remembered(&body.origin).unwrap_or(Witnessed { size: 0, root: EMPTY_ROOT });
        if last.size != self.old_size {
            return Err(WitnessRefusal::OtherSize(last.size));
        }
        verify_consistency(last.size, &last.root, body.size, &body.root, &self.proof)
            .map_err(|_| WitnessRefusal::Inconsistent)?;
        Ok(Admitted { body, text: self.checkpoint.text().into() })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", hash_text(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl Admitted {
    /// What the checkpoint says.
    pub fn body(&self) -> &CheckpointBody {
        &self.body
    }

    /// What the witness stores before it answers.
    pub fn state(&self) -> Witnessed {
        Witnessed { size: self.body.size, root: self.body.root }
    }

    /// The checkpoint's text, for [`crate::cosignature::message`].
    pub fn text(&self) -> &str {
        &self.text
    }
}
