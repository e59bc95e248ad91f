//! What stops an HSM for good.
//!
//! A fault names a broken invariant for the operator; it never carries a
//! secret, and nothing of it reaches a client (see `Refusal` in the protocol).

use strongroom_protocol::DecodeError;

/// A broken invariant. The HSM that meets one answers nothing more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The platform's memory or files failed.
    #[error("hardware: {0}")]
    Hardware(String),
    /// Another boot of this HSM has taken the anchor over.
    #[error(
        "the anchor belongs to another boot of this HSM: it was started twice, or its platform was copied"
    )]
    Superseded,
    /// The host broke the order of the pipe.
    #[error("host: {0}")]
    Host(&'static str),
    /// A peer said what no correct HSM says.
    #[error("peer {node}: {what}")]
    Peer {
        /// The peer's number.
        node: u8,
        /// What it said.
        what: &'static str,
    },
    /// Two members hold different entries, or different trees, at one index.
    #[error("divergence at index {index}: {what}")]
    Divergence {
        /// Where.
        index: u64,
        /// What differs.
        what: &'static str,
    },
    /// The HSM's own state contradicts itself.
    #[error("own state: {0}")]
    Own(&'static str),
    /// The consensus library refused what it must accept.
    #[error("consensus: {0}")]
    Consensus(String),
}

impl From<raft::Error> for Fault {
    fn from(cause: raft::Error) -> Self {
        Self::Consensus(cause.to_string())
    }
}

impl From<DecodeError> for Fault {
    fn from(cause: DecodeError) -> Self {
        Self::Consensus(cause.to_string())
    }
}
