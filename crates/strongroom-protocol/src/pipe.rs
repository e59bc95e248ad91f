//! What a host and its HSM say to each other over one socket pair. Page: `docs/spec/pipe.md`.
//!
//! A frame is a 32-bit length, at most [`FRAME_BYTES_MAX`], and one message. Messages are
//! handled in order on both sides; that order is relied on: a host that answers a
//! fetch has written every tree node that was handed to it before.
//!
//! The host is not trusted: the HSM takes every byte from here as an enemy's.

use crate::{
    bytes::{Bytes, List, Text},
    genesis::{Birth, Genesis, SignedGenesisStatement},
    ids::{Digest, Era, FleetId, LogIndex, NodeNumber, RecordId, Term, Version},
    keys::NodeKeys,
    limits::{
        ENTRIES_PER_MESSAGE_MAX, ENTRY_BYTES_MAX, EXCHANGE_BYTES_MAX, FETCHED_RECORDS_MAX, FRAME_BYTES_MAX,
        HEAD_TABLE_BYTES_MAX, MEMBERS_MAX, REASON_BYTES_MAX, TREE_NODE_BYTES_MAX, TREE_NODES_PER_MESSAGE_MAX,
    },
    wire,
};
use alloc::{format, vec::Vec};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// A log entry as the host keeps it.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct StoredEntry {
    /// Its place.
    pub index: LogIndex,
    /// The term that it was proposed in.
    pub term: Term,
    /// The kind of raft entry: 0 ordinary, others change the membership.
    pub kind: u8,
    /// The sealed entry; nothing for the entry that a new leader begins with.
    pub data: Bytes<ENTRY_BYTES_MAX>,
}

/// The first `nibbles` half-bytes of record ids: where an inner node of the tree stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    nibbles: u8,
    bytes: [u8; 32],
}

impl Prefix {
    /// The root's.
    pub const ROOT: Self = Self { nibbles: 0, bytes: [0; 32] };

    /// The first `nibbles` half-bytes of a record id; all of it where it has no more.
    pub fn of(record: &RecordId, nibbles: u8) -> Self {
        let nibbles = nibbles.min(64);
        let mut bytes = *record.as_bytes();
        for (at, byte) in bytes.iter_mut().enumerate() {
            let whole = usize::from(nibbles / 2);
            if at > whole || (at == whole && nibbles.is_multiple_of(2)) {
                *byte = 0;
            } else if at == whole {
                *byte &= 0xf0;
            }
        }
        Self { nibbles, bytes }
    }

    /// How many half-bytes.
    pub fn nibbles(&self) -> u8 {
        self.nibbles
    }

    /// The half-bytes, then zeros.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl tls_codec::Size for Prefix {
    fn tls_serialized_len(&self) -> usize {
        33
    }
}

impl tls_codec::SerializeBytes for Prefix {
    fn tls_serialize_bytes(&self) -> Result<Vec<u8>, tls_codec::Error> {
        let mut out = Vec::with_capacity(33);
        out.push(self.nibbles);
        out.extend_from_slice(&self.bytes);
        Ok(out)
    }
}

impl tls_codec::DeserializeBytes for Prefix {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), tls_codec::Error> {
        let (nibbles, rest) = u8::tls_deserialize_bytes(bytes)?;
        let (record, rest) = RecordId::tls_deserialize_bytes(rest)?;
        let prefix = Self::of(&record, nibbles);
        if nibbles > 64 || prefix.bytes != *record.as_bytes() {
            return Err(tls_codec::Error::DecodingError(
                "prefix: more than 64 half-bytes, or bits beyond them".into(),
            ));
        }
        Ok((prefix, rest))
    }
}

/// Where a node of the key tree stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TlsSize, TlsSerializeBytes, TlsDeserializeBytes,
)]
#[repr(u8)]
pub enum NodeName {
    /// An inner node; there is one wherever more than one record begins so.
    #[tls_codec(discriminant = 1)]
    Inner(Prefix),
    /// The leaf of a record.
    Leaf(RecordId),
}

/// One version of one tree node, sealed.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct TreeNode {
    /// Where it stands.
    pub name: NodeName,
    /// The index of the last entry that touched it.
    pub version: LogIndex,
    /// The sealed node.
    pub ciphertext: Bytes<TREE_NODE_BYTES_MAX>,
}

/// A list of tree nodes in one message.
pub type TreeNodes = List<TreeNode, TREE_NODES_PER_MESSAGE_MAX>;

/// Names one version of one tree node.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TlsSize, TlsSerializeBytes, TlsDeserializeBytes,
)]
pub struct NodeVersion {
    /// Where it stands.
    pub name: NodeName,
    /// The index of the last entry that touched it.
    pub version: LogIndex,
}

/// Begins the service of an HSM that was founded.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Start {
    /// The head table as it was last committed; empty where the store has none.
    pub head_table: Bytes<HEAD_TABLE_BYTES_MAX>,
    /// The one before it, which the anchor still names if the power failed between disk and anchor.
    pub head_table_before: Bytes<HEAD_TABLE_BYTES_MAX>,
    /// The first entry in the store; zero where there is none.
    pub log_first: LogIndex,
    /// The last entry in the store; zero where there is none.
    pub log_last: LogIndex,
}

/// A client's request.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct FromClient {
    /// The host's number for it; the answer bears the same.
    pub id: u64,
    /// A [`crate::frame::RequestFrame`].
    pub frame: Bytes<EXCHANGE_BYTES_MAX>,
}

/// A frame from or to another HSM.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct PeerBytes {
    /// The other node.
    pub node: NodeNumber,
    /// A [`crate::peer::PeerFrame`].
    pub frame: Bytes<FRAME_BYTES_MAX>,
}

/// Nodes that were fetched.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Fetched {
    /// The number of the fetch.
    pub fetch: u64,
    /// What was found; what is missing was not found.
    pub nodes: TreeNodes,
    /// 1 if no more comes for this fetch.
    pub last: u8,
}

/// Log entries that were fetched.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct LogEntries {
    /// In the order of their indices.
    pub entries: List<StoredEntry, ENTRIES_PER_MESSAGE_MAX>,
    /// 1 if no more comes for this fetch.
    pub last: u8,
}

/// What a host tells its HSM.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum HostMessage {
    /// Asks for a birth statement; makes the identity the first time.
    #[tls_codec(discriminant = 1)]
    Birth,
    /// Hands in the genesis; anchored once in an HSM's life.
    Adopt(Genesis),
    /// Asks node 1 to make the fleet's secrets and hand them to the others.
    Found,
    /// Asks for the member's signature under the genesis statement.
    Sign,
    /// Begins the service.
    Start(Start),
    /// Time has passed: one tick of the host's timer.
    Tick,
    /// A client asks.
    Client(FromClient),
    /// A peer's HSM speaks.
    Peer(PeerBytes),
    /// The link to a peer is lost.
    PeerLost(NodeNumber),
    /// A batch is durable.
    Stored(u64),
    /// Answers [`HsmMessage::Fetch`].
    Path(Fetched),
    /// Answers [`HsmMessage::FetchLog`].
    Log(LogEntries),
    /// The tree up to this index is durable.
    TreeWritten(LogIndex),
    /// Answers [`HsmMessage::FetchNodes`].
    Shipped(Fetched),
    /// Asks for a [`HsmMessage::Status`].
    Report,
}

/// Entries to be written, in order, before the next commit.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Append {
    /// If not zero, every entry at this index and beyond is dropped first.
    pub cut: LogIndex,
    /// The entries.
    pub entries: List<StoredEntry, ENTRIES_PER_MESSAGE_MAX>,
}

/// Makes everything before it durable, with a head table.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Commit {
    /// Answered by [`HostMessage::Stored`] with the same number.
    pub batch: u64,
    /// The newest; the one before it is kept, too, until the next commit.
    pub head_table: Bytes<HEAD_TABLE_BYTES_MAX>,
}

/// Asks for the nodes on the paths of records.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Fetch {
    /// Answered by [`HostMessage::Path`] with the same number.
    pub fetch: u64,
    /// Of every node the newest version that is not newer than this.
    pub index: LogIndex,
    /// The records.
    pub records: List<RecordId, FETCHED_RECORDS_MAX>,
}

/// Asks for a range of the log, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct FetchLog {
    /// The first index.
    pub first: LogIndex,
    /// The last index.
    pub last: LogIndex,
}

/// Asks for versions of tree nodes, from this host or any other.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct FetchNodes {
    /// Answered by [`HostMessage::Shipped`] with the same number.
    pub fetch: u64,
    /// Which.
    pub nodes: List<NodeVersion, TREE_NODES_PER_MESSAGE_MAX>,
    /// 1 if this host's own copy is known to be bad and must come from another.
    pub elsewhere: u8,
}

/// What the host may drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct DropBelow {
    /// Log entries before this index.
    pub log: LogIndex,
    /// Every version of a node that has a newer one not newer than this index.
    pub tree: LogIndex,
}

/// An answer to a client.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct ToClient {
    /// The request's number.
    pub id: u64,
    /// A [`crate::frame::AnswerFrame`].
    pub frame: Bytes<EXCHANGE_BYTES_MAX>,
}

/// What a replica is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Role {
    /// Not founded, or reading its log.
    Starting = 1,
    /// Follows a leader.
    Follower = 2,
    /// Asks for votes.
    Candidate = 3,
    /// Leads.
    Leader = 4,
    /// Takes no part until it is healed by a hand-over.
    Refused = 5,
}

impl Role {
    /// The word shown to people and scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Follower => "follower",
            Self::Candidate => "candidate",
            Self::Leader => "leader",
            Self::Refused => "refused",
        }
    }
}

/// What the HSM has counted since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Counters {
    /// Requests opened.
    pub requests: u64,
    /// Requests that could not be read.
    pub unreadable: u64,
    /// Requests answered with a refusal.
    pub refused: u64,
    /// Guesses that this node answered.
    pub guesses_answered: u64,
    /// Successes that this node applied.
    pub successes: u64,
    /// Slots that this node erased because no guess was left.
    pub slots_erased: u64,
    /// Entries applied.
    pub entries_applied: u64,
    /// Batches made durable.
    pub batches: u64,
    /// Tree nodes sealed and handed to the host.
    pub tree_nodes: u64,
    /// Their bytes.
    pub tree_bytes: u64,
    /// Checkpoints recorded.
    pub checkpoints: u64,
    /// Elections that this node has called.
    pub campaigns: u64,
}

/// How an HSM stands, for operators.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct HsmStatus {
    /// The suite's version.
    pub version: Version,
    /// The node.
    pub node: NodeNumber,
    /// The fleet.
    pub fleet: FleetId,
    /// What the replica is doing.
    pub role: Role,
    /// Why it is refused, or was before it healed; else empty.
    pub reason: Text<REASON_BYTES_MAX>,
    /// The term.
    pub term: Term,
    /// The leader; zero where none is known.
    pub leader: NodeNumber,
    /// The last entry in the log.
    pub last: LogIndex,
    /// The last entry known to be committed.
    pub committed: LogIndex,
    /// The last entry applied.
    pub applied: LogIndex,
    /// The checkpoint recorded last.
    pub checkpoint: LogIndex,
    /// The era.
    pub era: Era,
    /// Vaults that were ever made and not erased.
    pub vaults: u64,
    /// The hash of the tree's root at the checkpoint.
    pub root: Digest,
    /// How often this HSM was started.
    pub boot: u64,
    /// Nodes that a session stands with.
    pub sessions: List<NodeNumber, MEMBERS_MAX>,
    /// What it has counted.
    pub counters: Counters,
}

/// What an HSM tells its host.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum HsmMessage {
    /// Answers [`HostMessage::Birth`].
    #[tls_codec(discriminant = 1)]
    Born(Birth),
    /// Answers [`HostMessage::Adopt`].
    Adopted(FleetId),
    /// Answers [`HostMessage::Sign`].
    Signed(SignedGenesisStatement),
    /// Write these entries.
    Append(Append),
    /// Make all of it durable.
    Commit(Commit),
    /// Write these tree nodes.
    Tree(TreeNodes),
    /// Make the tree up to this index durable; answered by [`HostMessage::TreeWritten`].
    FlushTree(LogIndex),
    /// Hand in the paths of records.
    Fetch(Fetch),
    /// Hand in a range of the log.
    FetchLog(FetchLog),
    /// Find versions of tree nodes.
    FetchNodes(FetchNodes),
    /// Carry a frame to a peer's HSM.
    Send(PeerBytes),
    /// Answer a client.
    Answer(ToClient),
    /// Drop what is not needed any more.
    Drop(DropBelow),
    /// Answers [`HostMessage::Report`].
    Status(HsmStatus),
    /// Show these keys to clients from now on.
    Keys(NodeKeys),
    /// The HSM stops for good; the text names the broken invariant.
    Stop(Text<REASON_BYTES_MAX>),
}

wire!(HostMessage, HsmMessage, StoredEntry, TreeNode, NodeName);
