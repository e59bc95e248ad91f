//! What raft-rs wants sent, made into messages for peers.
//!
//! Every append carries the digests before and behind its entries and the keys of the checkpoints
//! among them, and fits into a frame.

use super::{Outbox, Replica, consensus::Checked};
use crate::{
    effect::Effects,
    peer::{PeerBody, RaftEnvelope},
    raft_wire::{RaftKind, from_raft},
};
use raft::eraftpb::{Entry, Message, MessageType};
use strongroom_protocol::{
    bytes::List,
    ids::{Digest, NodeNumber, Partition},
    limits::{ENTRIES_BYTES_PER_MESSAGE, ENTRIES_PER_MESSAGE_MAX},
};

/// A digest that says nothing.
pub(super) const UNKNOWN_DIGEST: Digest = Digest::new([0; 32]);

impl Replica {
    /// A leader learns that a member has finished its hand-over, from that member's acknowledgement.
    pub fn acknowledge_checkpoint(&self, leader: NodeNumber, term: u64) -> Option<RaftEnvelope> {
        self.acknowledgement(leader, term, self.recorded.index)
    }

    pub(super) fn acknowledgement(&self, leader: NodeNumber, term: u64, index: u64) -> Option<RaftEnvelope> {
        let mut message = Message { term, index, ..Message::default() };
        message.set_msg_type(MessageType::MsgAppendResponse);
        message.to = u64::from(leader.0);
        self.envelope(&message)
    }

    pub(super) fn send(&mut self, message: &Message, effects: &mut Effects, outbox: &mut Outbox) {
        // A majority's word is only as good as the boots that give it.
        if message.get_msg_type() == MessageType::MsgHeartbeatResponse && !message.context.is_empty() {
            self.check(Checked::Acknowledge(message.clone()), effects);
            return;
        }
        self.send_now(message, outbox);
    }

    pub(super) fn send_now(&self, message: &Message, outbox: &mut Outbox) {
        let Ok(to) = u8::try_from(message.to) else { return };
        // The log of a leader that was voted out may not hold any more what it wanted to send.
        if message.get_msg_type() == MessageType::MsgAppend && message.term != self.raw.raft.term {
            return;
        }
        if message.entries.is_empty() {
            outbox
                .peers
                .extend(self.envelope(message).map(|envelope| (NodeNumber(to), PeerBody::Raft(envelope))));
            return;
        }
        // The library joins appends without regard to a frame's size; each part stands for itself.
        let mut rest = message.clone();
        let entries = rest.take_entries();
        for part in chunks(&entries) {
            let last = part.last().map_or((rest.index, rest.log_term), |entry| (entry.index, entry.term));
            let mut message = rest.clone();
            message.set_entries(part.to_vec().into());
            outbox
                .peers
                .extend(self.envelope(&message).map(|envelope| (NodeNumber(to), PeerBody::Raft(envelope))));
            (rest.index, rest.log_term) = last;
        }
    }

    fn envelope(&self, message: &Message) -> Option<RaftEnvelope> {
        let translated = from_raft(message)?;
        let log = self.raw.store();
        let digest_at = |index: u64| log.point(index).map_or(UNKNOWN_DIGEST, |point| point.digest);
        let is_append = translated.kind == RaftKind::Append;
        let last = message.entries.last().map_or(message.index, |entry| entry.index);
        let (digest_before, digest_after) = if is_append {
            (digest_at(message.index), digest_at(last))
        } else {
            (UNKNOWN_DIGEST, UNKNOWN_DIGEST)
        };
        // The library took the entries out of the log some time ago. Where a checkpoint was recorded since, the keys
        // of those before it are gone; the peer is served from the checkpoint on.
        if !message.entries.is_empty() && !log.reaches_back_to(message.index) {
            return None;
        }
        let eras = message.entries.iter().filter_map(|entry| self.keys_beside(entry)).collect();
        let eras = List::new(eras)?;
        Some(RaftEnvelope { partition: Partition(0), message: translated, digest_before, digest_after, eras })
    }
}

/// Splits entries so that each part fits into one message to the host.
pub(super) fn chunks(entries: &[Entry]) -> Vec<&[Entry]> {
    let mut parts = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let mut bytes = 0usize;
        let fits = rest.iter().take(ENTRIES_PER_MESSAGE_MAX).take_while(|entry| {
            bytes = bytes.saturating_add(entry.data.len()).saturating_add(32);
            bytes <= ENTRIES_BYTES_PER_MESSAGE
        });
        let count = fits.count().max(1);
        let (part, after) = rest.split_at(count.min(rest.len()));
        parts.push(part);
        rest = after;
    }
    parts
}
