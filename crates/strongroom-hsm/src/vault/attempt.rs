//! What a vault remembers of one attempt at its password.

use strongroom_protocol::ids::{AttemptId, Digest};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// Whether an attempt took a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Taken {
    /// One, like every attempt of a recovery.
    Guess = 1,
    /// None: it confirms the upload that opened it.
    Nothing = 2,
}

/// An attempt that may be answered again and may end in a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct OpenAttempt {
    /// Names it.
    pub attempt: AttemptId,
    /// The hash of the one KE1 that it is answered for.
    pub ke1: Digest,
    /// Whether it took a guess.
    pub taken: Taken,
}

/// How an attempt was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Ending {
    /// By a later attempt's success, a change of its registration, or the erasing of its slot.
    Without = 1,
    /// By its own success.
    Success = 2,
}

/// An attempt that is remembered so that its requests, sent again, spend nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct ClosedAttempt {
    /// Names it.
    pub attempt: AttemptId,
    /// How many checkpoints had been applied when it was closed.
    pub checkpoint: u64,
    /// How it was closed.
    pub ending: Ending,
}
