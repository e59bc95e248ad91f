//! Planted mistakes that take more than a line. See [`crate::planted`].

use super::{Outbox, Replica};
use crate::planted::{Bug, is_planted};
use raft::eraftpb::{Entry, Message, MessageType};

impl Replica {
    /// Lets acknowledgements or votes leave before what they speak of lasts.
    pub(super) fn send_unanchored(&self, messages: &mut Vec<Message>, outbox: &mut Outbox) {
        messages.retain(|message| {
            let leaves = match message.get_msg_type() {
                MessageType::MsgAppendResponse => is_planted(Bug::AcknowledgesBeforeAnchor),
                MessageType::MsgRequestVoteResponse => is_planted(Bug::VotesBeforeAnchor),
                _ => false,
            };
            if leaves {
                self.send_now(message, outbox);
            }
            !leaves
        });
    }

    /// Takes a leader's own entries for committed.
    pub(super) fn commit_alone(&mut self, entries: &[Entry]) {
        if self.leads() && is_planted(Bug::AnswersBeforeCommit) {
            self.committed.extend(entries.iter().cloned());
        }
    }

    /// Drops what [`Self::commit_alone`] has let through before.
    pub(super) fn skip_applied(&mut self) {
        let mut last = self.applied.0;
        self.committed.retain(|entry| {
            let is_next = entry.index > last;
            last = last.max(entry.index);
            is_next
        });
    }

    /// How far the library may be told that entries are applied.
    pub(super) fn applied_by_majority(&self) -> u64 {
        self.applied.0.min(self.raw.raft.raft_log.committed)
    }
}
