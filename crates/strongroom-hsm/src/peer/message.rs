//! What stands inside a session's frames.

use crate::{
    entry::VaultEntry,
    era::PendingEra,
    raft_wire::RaftMessage,
    state::{CheckpointState, FleetSecrets},
};
use strongroom_protocol::{
    bytes::List,
    ids::{Digest, LogIndex, Partition, ProposalId, RecordId, Version},
    wire,
};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// Checkpoint entries in one append at most.
const ERAS_PER_MESSAGE_MAX: usize = 16;

/// A raft message with what must go beside it.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct RaftEnvelope {
    /// The Raft group.
    pub partition: Partition,
    /// The message.
    pub message: RaftMessage,
    /// The sender's running digest at the message's index; zeros where it has none.
    pub digest_before: Digest,
    /// The sender's running digest behind the message's entries; zeros where it has none.
    pub digest_after: Digest,
    /// The keys of the checkpoint entries among them.
    pub eras: List<PendingEra, ERAS_PER_MESSAGE_MAX>,
}

/// A proposal that is forwarded to the leader.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Propose {
    /// The Raft group.
    pub partition: Partition,
    /// Names the proposal for the node that made it.
    pub id: ProposalId,
    /// The record that it is about.
    pub record: RecordId,
    /// What is proposed, and the era of the request.
    pub entry: VaultEntry,
}

/// What a hand-over hands over.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct HandedOver {
    /// The fleet's secrets.
    pub secrets: FleetSecrets,
    /// The checkpoint that the sender has recorded.
    pub checkpoint: CheckpointState,
}

/// One message of a session.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum PeerBody {
    /// Consensus.
    #[tls_codec(discriminant = 1)]
    Raft(RaftEnvelope),
    /// Asks the leader to propose.
    Propose(Propose),
    /// The leader did not take the proposal: it leads no more, or has too much to do.
    NotProposed(ProposalId),
    /// Asks for a hand-over of a checkpoint at or beyond an index.
    HandOver(LogIndex),
    /// Hands a checkpoint over.
    HandedOver(HandedOver),
    /// The hash of the sender's tree root at a checkpoint.
    Roots(Roots),
    /// Asks the leader for a read index that a majority confirms.
    Read(u64),
    /// Answers [`PeerBody::Read`].
    ReadAt(ReadAt),
}

/// See [`PeerBody::Roots`].
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Roots {
    /// The checkpoint.
    pub index: LogIndex,
    /// The hash of the root.
    pub hash: Digest,
}

/// See [`PeerBody::ReadAt`].
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct ReadAt {
    /// The context of the question.
    pub context: u64,
    /// What is applied up to here was read after the question.
    pub index: LogIndex,
}

/// One message of a session, with the version that leads it.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct PeerMessage {
    /// The suite's version.
    pub version: Version,
    /// What is said.
    pub body: PeerBody,
}

wire!(PeerMessage);

impl PeerMessage {
    /// Puts the version before a body.
    pub fn new(body: PeerBody) -> Self {
        Self { version: Version, body }
    }
}
