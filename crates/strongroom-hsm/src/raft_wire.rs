//! raft-rs messages in the project's own encoding. Page: `docs/spec/peer.md`.
//!
//! Nothing from outside is ever given to a protobuf parser. A message is checked for
//! everything that would make the library panic before it is stepped: whom it
//! is from and to, the order of its entries, and the indices that it names.

use crate::raft_log::entry_kind;
use raft::eraftpb::{Entry, EntryType, Message, MessageType};
use strongroom_protocol::{
    bytes::{Bytes, List},
    ids::{LogIndex, Term},
    limits::ENTRIES_PER_MESSAGE_MAX,
    pipe::StoredEntry,
};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// The kinds of raft message that cross a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum RaftKind {
    /// Entries for a follower.
    Append = 1,
    /// A follower's answer to entries.
    AppendResponse = 2,
    /// A candidate asks for a vote.
    RequestVote = 3,
    /// A vote, or its refusal.
    RequestVoteResponse = 4,
    /// The leader hands a checkpoint to a member that lags.
    Snapshot = 5,
    /// The leader lives.
    Heartbeat = 6,
    /// A follower lives.
    HeartbeatResponse = 7,
    /// A candidate asks whether it would be voted for.
    RequestPreVote = 8,
    /// The answer to that.
    RequestPreVoteResponse = 9,
    /// The leader hands leadership over.
    TimeoutNow = 10,
}

/// The highest term that a message may name. The library counts on from it unchecked.
pub const TERM_MAX: u64 = 1 << 62;

/// Bytes of a read context.
pub const READ_CONTEXT_BYTES_MAX: usize = 16;

/// A raft message.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct RaftMessage {
    /// Its kind.
    pub kind: RaftKind,
    /// The sender's term; zero never stands here.
    pub term: Term,
    /// The term of the entry at `index`.
    pub log_term: Term,
    /// The index before the entries, or the index that is answered about.
    pub index: LogIndex,
    /// Entries, in order.
    pub entries: List<StoredEntry, ENTRIES_PER_MESSAGE_MAX>,
    /// The sender's commit index.
    pub commit: LogIndex,
    /// The term of the entry at `commit`, in votes.
    pub commit_term: Term,
    /// For a snapshot: the checkpoint's index.
    pub checkpoint: LogIndex,
    /// For a snapshot: the checkpoint's term.
    pub checkpoint_term: Term,
    /// 1 if the answer is no.
    pub reject: u8,
    /// Where the receiver's log ends.
    pub reject_hint: LogIndex,
    /// A read context, in heartbeats; a transfer's mark, in votes.
    pub context: Bytes<READ_CONTEXT_BYTES_MAX>,
}

/// Translates what raft-rs wants sent. Gives nothing for kinds that must not leave an HSM.
pub fn from_raft(message: &Message) -> Option<RaftMessage> {
    let entries = message.entries.iter().map(stored_entry).collect::<Option<Vec<_>>>()?;
    let snapshot = message.get_snapshot().get_metadata();
    Some(RaftMessage {
        kind: kind_of(message.get_msg_type())?,
        term: Term(message.term),
        log_term: Term(message.log_term),
        index: LogIndex(message.index),
        entries: List::new(entries)?,
        commit: LogIndex(message.commit),
        commit_term: Term(message.commit_term),
        checkpoint: LogIndex(snapshot.index),
        checkpoint_term: Term(snapshot.term),
        reject: u8::from(message.reject),
        reject_hint: LogIndex(message.reject_hint),
        context: Bytes::new(message.context.to_vec())?,
    })
}

/// Translates a peer's message for raft-rs, if it is in order.
///
/// A snapshot is never translated: the hand-over takes its place.
pub fn to_raft(message: &RaftMessage, from: u64, to: u64) -> Option<Message> {
    if message.term.0 == 0 || message.kind == RaftKind::Snapshot {
        return None;
    }
    let entries = raft_entries(message)?;
    let mut raft =
        Message { from, to, term: message.term.0, log_term: message.log_term.0, ..Message::default() };
    raft.set_msg_type(type_of(message.kind));
    raft.index = message.index.0;
    raft.set_entries(entries.into());
    raft.commit = message.commit.0;
    raft.commit_term = message.commit_term.0;
    raft.reject = message.reject == 1;
    raft.reject_hint = message.reject_hint.0;
    raft.context = message.context.as_slice().to_vec().into();
    Some(raft)
}

/// An entry as the host keeps it. Gives nothing for one with a context or too much data.
pub fn stored_entry(entry: &Entry) -> Option<StoredEntry> {
    if !entry.context.is_empty() {
        return None;
    }
    Some(StoredEntry {
        index: LogIndex(entry.index),
        term: Term(entry.term),
        kind: entry_kind(entry),
        data: Bytes::new(entry.data.to_vec())?,
    })
}

/// An entry as raft-rs has it. Only ordinary entries exist in this version.
pub fn raft_entry(stored: &StoredEntry) -> Option<Entry> {
    if stored.kind != 0 {
        return None;
    }
    let mut entry = Entry { index: stored.index.0, term: stored.term.0, ..Entry::default() };
    entry.set_entry_type(EntryType::EntryNormal);
    entry.data = stored.data.as_slice().to_vec().into();
    Some(entry)
}

fn raft_entries(message: &RaftMessage) -> Option<Vec<Entry>> {
    let stored = message.entries.as_slice();
    if !stored.is_empty() && message.kind != RaftKind::Append {
        return None;
    }
    let mut before = (message.index.0, message.log_term.0);
    let mut entries = Vec::with_capacity(stored.len());
    for item in stored {
        let follows = Some(item.index.0) == before.0.checked_add(1);
        if !follows || item.term.0 < before.1 || item.term.0 > message.term.0 {
            return None;
        }
        before = (item.index.0, item.term.0);
        entries.push(raft_entry(item)?);
    }
    Some(entries)
}

fn kind_of(kind: MessageType) -> Option<RaftKind> {
    Some(match kind {
        MessageType::MsgAppend => RaftKind::Append,
        MessageType::MsgAppendResponse => RaftKind::AppendResponse,
        MessageType::MsgRequestVote => RaftKind::RequestVote,
        MessageType::MsgRequestVoteResponse => RaftKind::RequestVoteResponse,
        MessageType::MsgSnapshot => RaftKind::Snapshot,
        MessageType::MsgHeartbeat => RaftKind::Heartbeat,
        MessageType::MsgHeartbeatResponse => RaftKind::HeartbeatResponse,
        MessageType::MsgRequestPreVote => RaftKind::RequestPreVote,
        MessageType::MsgRequestPreVoteResponse => RaftKind::RequestPreVoteResponse,
        MessageType::MsgTimeoutNow => RaftKind::TimeoutNow,
        _ => return None,
    })
}

fn type_of(kind: RaftKind) -> MessageType {
    match kind {
        RaftKind::Append => MessageType::MsgAppend,
        RaftKind::AppendResponse => MessageType::MsgAppendResponse,
        RaftKind::RequestVote => MessageType::MsgRequestVote,
        RaftKind::RequestVoteResponse => MessageType::MsgRequestVoteResponse,
        RaftKind::Snapshot => MessageType::MsgSnapshot,
        RaftKind::Heartbeat => MessageType::MsgHeartbeat,
        RaftKind::HeartbeatResponse => MessageType::MsgHeartbeatResponse,
        RaftKind::RequestPreVote => MessageType::MsgRequestPreVote,
        RaftKind::RequestPreVoteResponse => MessageType::MsgRequestPreVoteResponse,
        RaftKind::TimeoutNow => MessageType::MsgTimeoutNow,
    }
}
