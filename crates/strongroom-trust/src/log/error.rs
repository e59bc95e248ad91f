//! Why a log is not believed.

use crate::{
    CheckpointError, Epoch, NoteError, RevocationError, RootVersion, StatusNumber, counted,
    limits::UNNAMED_BUNDLES_MAX, lines::LineError, tile::EntriesError,
};

/// Why a log is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError<E> {
    /// A file cannot be had.
    #[error("{path} cannot be had")]
    Read {
        /// Which.
        path: String,
        /// Why not.
        cause: E,
    },
    /// The newest checkpoint does not count.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The older checkpoint is of another log.
    #[error("the older checkpoint is of another log")]
    OtherLog,
    /// The log is shorter than the older checkpoint says.
    #[error("the log has {}, the older checkpoint counts {since}", counted(*met, "entry", "entries"))]
    Shrunk {
        /// Leaves that the older checkpoint counts.
        since: u64,
        /// Leaves there are.
        met: u64,
    },
    /// The log did not grow out of the older checkpoint.
    #[error("the first {0} entries have another root than the older checkpoint says: the log was rewritten")]
    Forked(u64),
    /// A bundle of entries has another form.
    #[error("{path}: {cause}")]
    Entries {
        /// Which.
        path: String,
        /// What is wrong.
        cause: EntriesError,
    },
    /// A tile holds other hashes than its leaves give.
    #[error("{0} does not hold the hashes of its entries")]
    Tile(String),
    /// The leaves give another root than the checkpoint's.
    #[error("the entries give another root than the checkpoint's")]
    Root,
    /// A leaf is not one that may stand in the log.
    #[error("entry {index}: {cause}")]
    Leaf {
        /// Its index, from zero.
        index: u64,
        /// What is wrong.
        cause: LeafError,
    },
}

/// Why a leaf may not stand in a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// It is no note, or a signature does not verify.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Its text has another form.
    #[error(transparent)]
    Form(#[from] LineError),
    /// It is no revocation that anybody signed who may.
    #[error(transparent)]
    Revocation(#[from] RevocationError),
    /// It is about another line of bundles.
    #[error("it is about another namespace")]
    Namespace,
    /// It names a trust root that is not known here.
    #[error("it names trust root {0}, which is not known here")]
    UnknownRoot(RootVersion),
    /// It is a trust root other than the one of its version.
    #[error("it is another trust root {0} than the one that is trusted")]
    OtherRoot(RootVersion),
    /// Neither auditor nor operator signed it.
    #[error("nobody signed it who may")]
    Unsigned,
    /// A bundle does not follow from the one before.
    #[error(
        "bundle {met} stands where bundle {expected} should, or names another digest as the one before it"
    )]
    BrokenChain {
        /// The epoch that follows.
        expected: Epoch,
        /// The one that stands.
        met: Epoch,
    },
    /// A status does not follow from the one before.
    #[error("status {met} stands where status {expected} should")]
    StatusNumber {
        /// The number that follows.
        expected: StatusNumber,
        /// The one that stands.
        met: StatusNumber,
    },
    /// A status names a bundle that does not stand before it in the log, or an older one than the status before.
    #[error("the status names bundle {0}, which does not stand in the log before it, or goes back")]
    StatusBundle(Epoch),
    /// A status names a bundle of long ago for the first time.
    #[error("the status names bundle {0} for the first time after {UNNAMED_BUNDLES_MAX} more were signed")]
    StatusTooLate(Epoch),
}
