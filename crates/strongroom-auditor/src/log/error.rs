//! What keeps a log from growing.

use super::BatchError;
use crate::{key::SignerError, storage::StorageError, witnessing::WitnessFailure};
use strongroom_trust::{CheckpointError, counted};

/// Why a log did not grow, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file that has to be there is not.
    #[error("{0} is missing: the log's folder is damaged")]
    Missing(String),
    /// A file holds something else than it should.
    #[error("{0} is not what the log wrote: the log's folder is damaged")]
    Broken(String),
    /// The tiles give another history than the last checkpoint that was signed.
    #[error(
        "the tiles do not give what was signed before: the log's folder is damaged, and nothing was signed"
    )]
    Forked,
    /// Leaves are too many or too long, or are none.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Leaves of an earlier call wait to be completed.
    #[error("leaves of an earlier call are not witnessed yet")]
    Pending,
    /// Nothing was ever appended.
    #[error("the log has no leaves yet")]
    Empty,
    /// The log's key is out of order.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A checkpoint does not count.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Fewer witnesses answered than have to; what was begun goes on with the next call.
    #[error(
        "{} cosigned, {} to{}",
        counted(*met as u64, "witness", "witnesses"),
        counted(*needed as u64, "has", "have"),
        list(failures)
    )]
    TooFewWitnesses {
        /// How many have to.
        needed: usize,
        /// How many did.
        met: usize,
        /// What the others did.
        failures: Vec<WitnessFailure>,
    },
    /// Witnesses know the log as larger than this folder does: it was put back to an earlier day.
    #[error(
        "witnesses know this log with {}, this folder holds {held}: it was put back to an earlier state. Nothing was \
         signed; find the newer folder",
        counted(*witnessed, "leaf", "leaves")
    )]
    PutBack {
        /// How many leaves a witness knows.
        witnessed: u64,
        /// How many this folder knows of.
        held: u64,
    },
}

impl LogError {
    pub(super) fn tiles<E: std::fmt::Display>(cause: E) -> Self {
        Self::Broken(cause.to_string())
    }
}

fn list(failures: &[WitnessFailure]) -> String {
    failures.iter().map(|failure| format!("; {failure}")).collect()
}
