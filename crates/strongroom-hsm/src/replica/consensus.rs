//! raft-rs and what is around it: starting it, its ready, its messages, its clock.

use super::{
    Ballot, Outbox, Replica, Seat, Secrets,
    sending::{UNKNOWN_DIGEST, chunks},
};
use crate::{
    effect::{Effects, PlatformDone, PlatformTask},
    era::PendingEra,
    fault::Fault,
    keeper::{Keeper, Kept},
    peer::{PeerBody, RaftEnvelope, ReadAt},
    raft_log::{LogPoint, RaftLog},
    raft_wire::{RaftKind, TERM_MAX, stored_entry, to_raft},
    state::HeadTable,
};
use raft::{
    Config, ProgressState, RawNode, ReadOnlyOption, ReadState, SnapshotStatus,
    eraftpb::{Entry, HardState, Message, MessageType},
};
use strongroom_crypto::{Rng, hash::mac, labels};
use strongroom_protocol::{
    bytes::List,
    ids::{LogIndex, NodeNumber, Partition, Term, Version},
    limits::{CHECKPOINT_BYTES, ENTRIES_BYTES_PER_MESSAGE, PROPOSALS_PENDING_MAX},
    pipe::{Append, HsmMessage},
};

/// Ticks without a leader before a member asks for votes, at least; at most twice as many.
const ELECTION_TICKS: usize = 60;
/// Ticks between two heartbeats of a leader.
const HEARTBEAT_TICKS: usize = 10;
/// Ticks after which a member that is being handed over is probed again.
const PROBE_TICKS: u64 = 100;
/// What the batch on its way sets free once it is complete.
pub(super) struct Waiting {
    pub(super) ready: u64,
    pub(super) messages: Vec<Message>,
    pub(super) recording: bool,
    /// Entries in whose place others stood. The anchor names the log without those first, so that the host may cut
    /// them off; then these are handed out, in a second batch.
    pub(super) behind_cut: Vec<Entry>,
}

/// What waits for the anchor to be read.
pub(super) enum Checked {
    /// An acknowledgement that carries a read context.
    Acknowledge(Message),
    /// A read that a majority confirmed, for the node that asked.
    Confirmed { node: NodeNumber, context: u64, index: LogIndex },
}

/// Starts raft-rs behind a checkpoint.
pub(super) fn start(
    seat: &Seat,
    point: LogPoint,
    ballot: Ballot,
    entries: &[Entry],
) -> Result<RawNode<RaftLog>, Fault> {
    let voters = seat.members.iter().map(|node| u64::from(node.0)).collect();
    let hard_state =
        HardState { term: ballot.term, vote: ballot.vote, commit: point.index, ..HardState::default() };
    let mut log = RaftLog::new(voters, hard_state, point);
    log.append(entries);
    let config = Config {
        id: u64::from(seat.node.0),
        election_tick: ELECTION_TICKS,
        heartbeat_tick: HEARTBEAT_TICKS,
        applied: point.index,
        max_size_per_msg: bytes(ENTRIES_BYTES_PER_MESSAGE),
        max_inflight_msgs: 64,
        check_quorum: true,
        pre_vote: true,
        read_only_option: ReadOnlyOption::Safe,
        max_uncommitted_size: CHECKPOINT_BYTES,
        max_committed_size_per_ready: bytes(ENTRIES_BYTES_PER_MESSAGE),
        ..Config::default()
    };
    let logger = slog::Logger::root(slog::Discard, slog::o!());
    let mut raw = RawNode::new(&config, log, &logger)?;
    // Entries of one ready go out in one message a follower.
    raw.set_batch_append(true);
    Ok(raw)
}

impl Replica {
    /// Time has passed. The election timeout comes from a secret of this boot and the
    /// term, so that a run is decided by its seed and an outsider cannot foresee it.
    pub fn tick(&mut self) {
        let term = self.raw.raft.term.to_be_bytes();
        let drawn = mac(&self.boot_secret, labels::ELECTION_TIMEOUT, &[&term]);
        let spread = drawn.first().map_or(0, |byte| usize::from(*byte) * ELECTION_TICKS / 256);
        self.raw.raft.set_randomized_election_timeout(ELECTION_TICKS.saturating_add(spread));
        let before = self.raw.raft.term;
        self.raw.tick();
        if self.is_candidate() && self.raw.raft.term != before {
            self.counters.campaigns = self.counters.campaigns.saturating_add(1);
        }
        self.tick_checkpoint();
        self.tick_snapshots();
    }

    /// A member that broke its hand-over off would never be sent anything again: it is probed now and then.
    fn tick_snapshots(&mut self) {
        self.ticks_since_probe = self.ticks_since_probe.saturating_add(1);
        if !self.leads() || self.ticks_since_probe < PROBE_TICKS {
            return;
        }
        self.ticks_since_probe = 0;
        let progress = self.raw.raft.prs().iter();
        let handed: Vec<u64> =
            progress.filter(|(_, peer)| peer.state == ProgressState::Snapshot).map(|(id, _)| *id).collect();
        for id in handed {
            self.raw.report_snapshot(id, SnapshotStatus::Failure);
        }
    }

    /// Takes a peer's consensus message.
    ///
    /// # Errors
    /// The peer's log and this one hold different entries at one index and term.
    pub fn receive(
        &mut self,
        from: NodeNumber,
        envelope: RaftEnvelope,
        outbox: &mut Outbox,
    ) -> Result<(), Fault> {
        if envelope.partition != Partition(0) || envelope.message.term.0 > TERM_MAX {
            return Ok(());
        }
        if envelope.message.kind == RaftKind::Snapshot {
            return self.on_snapshot(from, &envelope, outbox);
        }
        let own = u64::from(self.seat.node.0);
        let Some(message) = to_raft(&envelope.message, u64::from(from.0), own) else { return Ok(()) };
        if !self.is_steppable(&message) {
            return Ok(());
        }
        if message.get_msg_type() == MessageType::MsgAppend {
            if !message.entries.is_empty() && self.is_full() {
                return Ok(());
            }
            self.compare(&message, &envelope)?;
            for PendingEra { index, keys } in envelope.eras.into_vec() {
                let term =
                    message.entries.iter().find(|entry| entry.index == index.0).map(|entry| entry.term);
                if let Some(term) = term {
                    self.offer(index.0, term, keys);
                }
            }
        }
        // The library answers an error to messages of unknown members and the like; they are ignored.
        let _ = self.raw.step(message);
        Ok(())
    }

    /// What is remembered of the peers' boots has changed: it is written with the next batch, or in one of its own.
    pub fn boots_changed(&mut self) {
        self.head_due = true;
    }

    /// Forgets that a member can be reached, until it is heard of again.
    pub fn unreachable(&mut self, node: NodeNumber) {
        self.raw.report_unreachable(u64::from(node.0));
    }

    /// The library stops the process on these; a correct peer never sends them.
    fn is_steppable(&self, message: &Message) -> bool {
        let last = self.raw.raft.raft_log.last_index();
        match message.get_msg_type() {
            MessageType::MsgHeartbeat => message.commit <= last,
            // The library takes an entry beyond its log for one of term zero.
            MessageType::MsgAppend => match (message.index, message.log_term) {
                (0, 0) => message.entries.is_empty(),
                (index, term) => index > 0 && term > 0,
            },
            MessageType::MsgAppendResponse => message.index <= last || message.reject,
            _ => true,
        }
    }

    /// A host that reports nothing as written must not fill the memory: the leader sends it again.
    fn is_full(&self) -> bool {
        let unstable = self.raw.raft.raft_log.unstable_entries().len();
        self.raw.store().bytes() > self.seat.pace.log_bytes_max.saturating_mul(2)
            || unstable > PROPOSALS_PENDING_MAX
    }

    /// Two logs that agree on index and term must agree on everything before.
    fn compare(&self, message: &Message, envelope: &RaftEnvelope) -> Result<(), Fault> {
        let log = self.raw.store();
        let mut digest = envelope.digest_before;
        if digest == UNKNOWN_DIGEST {
            return Ok(());
        }
        let diverges = |index: u64| Fault::Divergence { index, what: "two entries with one index and term" };
        if let Some(point) = log.point(message.index)
            && point.term == message.log_term
            && point.digest != digest
        {
            return Err(diverges(message.index));
        }
        for entry in &message.entries {
            digest = crate::entry::entry_digest(&digest, entry.index, entry.term, 0, &entry.data);
            if let Some(point) = log.point(entry.index)
                && point.term == entry.term
                && point.digest != digest
            {
                return Err(diverges(entry.index));
            }
        }
        if envelope.digest_after != digest {
            return Err(Fault::Peer {
                node: node_byte(message.from),
                what: "its running digest is not of its entries",
            });
        }
        Ok(())
    }

    fn on_snapshot(
        &mut self,
        from: NodeNumber,
        envelope: &RaftEnvelope,
        outbox: &mut Outbox,
    ) -> Result<(), Fault> {
        let message = &envelope.message;
        if message.term.0 < self.raw.raft.term {
            return Ok(());
        }
        let held = self.raw.store().point(message.checkpoint.0);
        // What is not in the anchor yet is not acknowledged in this way either.
        let lasts = self.raw.raft.raft_log.persisted >= message.checkpoint.0;
        let holds = lasts && held.is_some_and(|held| held.term == message.checkpoint_term.0);
        if message.checkpoint.0 <= self.recorded.index || holds {
            // The leader did not hear that it arrived, and sends nothing else until it does.
            let index = message.checkpoint.0.max(self.recorded.index);
            let envelope = self.acknowledgement(from, message.term.0, index);
            outbox.peers.extend(envelope.map(|envelope| (from, PeerBody::Raft(envelope))));
        } else {
            // The leader lives: the message counts as its heartbeat.
            let mut heartbeat =
                Message { term: message.term.0, from: u64::from(from.0), ..Message::default() };
            heartbeat.to = u64::from(self.seat.node.0);
            heartbeat.set_msg_type(MessageType::MsgHeartbeat);
            let _ = self.raw.step(heartbeat);
            outbox.hand_over_from = Some(from);
        }
        Ok(())
    }

    /// Takes what raft-rs has ready and sends it on its way. Gives whether there was anything.
    pub(super) fn take_ready(
        &mut self,
        keeper: &mut Keeper,
        secrets: &Secrets<'_>,
        rng: &mut dyn Rng,
        effects: &mut Effects,
        outbox: &mut Outbox,
    ) -> Result<bool, Fault> {
        let recording = self.recording_is_due();
        if !self.raw.has_ready() && !recording && !self.head_due {
            return Ok(false);
        }
        let mut ready = self.raw.ready();
        let before = self.raw.store().last();
        let cuts = ready.entries().first().is_some_and(|first| first.index <= before.index);
        if !cuts {
            self.append(ready.entries(), effects)?;
        }
        self.proposed_bytes = 0;
        let mut ballot_changed = false;
        if let Some(hard_state) = ready.hs() {
            let known = self.raw.store().hard_state();
            ballot_changed = hard_state.term != known.term || hard_state.vote != known.vote;
            let hard_state = hard_state.clone();
            self.raw.mut_store().set_hard_state(hard_state);
        }
        for message in ready.take_messages() {
            self.send(&message, effects, outbox);
        }
        self.on_read_states(ready.take_read_states(), effects);
        self.committed.extend(ready.take_committed_entries());
        #[cfg(strongroom_sim)]
        self.commit_alone(ready.entries());
        let mut messages = ready.take_persisted_messages();
        #[cfg(strongroom_sim)]
        self.send_unanchored(&mut messages, outbox);
        let number = ready.number();
        let behind_cut = if cuts { self.cut(ready.entries()) } else { Vec::new() };
        let must_last = ballot_changed || before != self.raw.store().last() || recording || self.head_due;
        self.head_due = false;
        if must_last {
            let kept = self.kept(secrets, recording && !cuts)?;
            keeper.begin(kept, rng, effects)?;
        }
        self.append_behind_cut(&behind_cut)?;
        self.raw.advance_append_async(ready);
        if must_last {
            self.waiting = Some(Waiting { ready: number, messages, recording, behind_cut });
            if planted!(CountsItselfEarly) {
                self.raw.on_persist_ready(number);
            }
        } else {
            self.raw.on_persist_ready(number);
            for message in messages.drain(..) {
                self.send(&message, effects, outbox);
            }
        }
        Ok(true)
    }

    /// While a batch is on its way, takes what is ready and needs none: commits, and a leader's messages. What
    /// may leave only after persisting joins the batch. Gives whether there was anything.
    pub(super) fn take_quiet_ready(
        &mut self,
        effects: &mut Effects,
        outbox: &mut Outbox,
    ) -> Result<bool, Fault> {
        let raft = &self.raw.raft;
        let known = self.raw.store().hard_state();
        let is_quiet =
            raft.raft_log.unstable_entries().is_empty() && raft.term == known.term && raft.vote == known.vote;
        if self.waiting.is_none() || !is_quiet || !self.raw.has_ready() {
            return Ok(false);
        }
        let mut ready = self.raw.ready();
        if !ready.entries().is_empty() {
            return Err(Fault::Own("a quiet ready brings entries"));
        }
        if let Some(hard_state) = ready.hs().cloned() {
            self.raw.mut_store().set_hard_state(hard_state);
        }
        for message in ready.take_messages() {
            self.send(&message, effects, outbox);
        }
        self.on_read_states(ready.take_read_states(), effects);
        self.committed.extend(ready.take_committed_entries());
        if let Some(waiting) = &mut self.waiting {
            waiting.ready = ready.number();
            waiting.messages.extend(ready.take_persisted_messages());
        }
        self.raw.advance_append_async(ready);
        Ok(true)
    }

    /// Cuts off what a leader's entries contradict. Gives those entries.
    fn cut(&mut self, entries: &[Entry]) -> Vec<Entry> {
        let first = entries.first().map_or(u64::MAX, |entry| entry.index);
        self.raw.mut_store().cut(first);
        self.keyring.cut(LogIndex(first));
        entries.to_vec()
    }

    fn append_behind_cut(&mut self, entries: &[Entry]) -> Result<(), Fault> {
        self.raw.mut_store().append(entries);
        entries.iter().try_for_each(|entry| self.attach_keys(entry))
    }

    /// The anchor names the cut: the entries behind it are handed out. Gives whether there were any.
    pub(super) fn hand_out_behind_cut(
        &mut self,
        keeper: &mut Keeper,
        secrets: &Secrets<'_>,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<bool, Fault> {
        let Some(waiting) = &mut self.waiting else { return Ok(false) };
        let entries = core::mem::take(&mut waiting.behind_cut);
        let recording = waiting.recording;
        let Some(first) = entries.first() else { return Ok(false) };
        hand_out(&entries, LogIndex(first.index), effects)?;
        let kept = self.kept(secrets, recording)?;
        keeper.begin(kept, rng, effects)?;
        Ok(true)
    }

    /// The batch on its way is complete: what it held back may leave.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn on_kept(&mut self, effects: &mut Effects, outbox: &mut Outbox) -> Result<(), Fault> {
        let waiting = self.waiting.take().ok_or(Fault::Own("a batch is complete that was not begun"))?;
        if !waiting.behind_cut.is_empty() {
            self.waiting = Some(waiting);
            return Ok(());
        }
        self.counters.batches = self.counters.batches.saturating_add(1);
        self.raw.on_persist_ready(waiting.ready);
        for message in &waiting.messages {
            self.send(message, effects, outbox);
        }
        if waiting.recording {
            self.on_recorded(effects, outbox);
            self.compare_roots()?;
        }
        Ok(())
    }

    /// The platform has read the anchor and it still names this boot.
    pub fn on_checked(&mut self, done: &PlatformDone, outbox: &mut Outbox) {
        let PlatformDone::AnchorHolds(check) = done else { return };
        for checked in self.checks.remove(check).unwrap_or_default() {
            match checked {
                Checked::Acknowledge(message) => self.send_now(&message, outbox),
                Checked::Confirmed { node, context, index } if node == self.seat.node => {
                    outbox.confirmed.push((context, index));
                }
                Checked::Confirmed { node, context, index } => {
                    outbox.peers.push((node, PeerBody::ReadAt(ReadAt { context, index })));
                }
            }
        }
    }

    /// Writes entries to the log in memory and to the host, with the keys of the checkpoints among them.
    fn append(&mut self, entries: &[Entry], effects: &mut Effects) -> Result<(), Fault> {
        let Some(first) = entries.first() else { return Ok(()) };
        let cut = self.raw.mut_store().append(entries).unwrap_or(0);
        if !planted!(KeepsCutKeys) {
            self.keyring.cut(LogIndex(first.index));
        }
        for entry in entries {
            self.attach_keys(entry)?;
        }
        hand_out(entries, LogIndex(cut), effects)
    }

    pub(super) fn check(&mut self, checked: Checked, effects: &mut Effects) {
        let check = self.next_check;
        self.next_check = check.wrapping_add(1);
        self.checks.insert(check, vec![checked]);
        effects.platform(PlatformTask::CheckAnchor(check));
    }

    fn on_read_states(&mut self, states: Vec<ReadState>, effects: &mut Effects) {
        for state in states {
            let Some((node, context)) = super::reads::read_context(&state.request_ctx) else { continue };
            self.check(Checked::Confirmed { node, context, index: LogIndex(state.index) }, effects);
        }
    }

    fn kept(&mut self, secrets: &Secrets<'_>, recording: bool) -> Result<Kept, Fault> {
        let log = self.raw.store();
        let last = log.last();
        let recorded = if recording { self.recording.front().map(|due| due.point()) } else { None };
        let behind = recorded.unwrap_or(self.recorded).index;
        let hard_state = log.hard_state();
        let vote = u8::try_from(hard_state.vote).map_err(|_| Fault::Own("a vote for no member"))?;
        let head = HeadTable {
            version: Version,
            term: Term(hard_state.term),
            vote: NodeNumber(if planted!(ForgetsVote) { 0 } else { vote }),
            index: LogIndex(last.index),
            digest: last.digest,
            pending: List::new(self.keyring.pending_behind(LogIndex(if planted!(ForgetsPendingKeys) {
                u64::MAX
            } else {
                behind
            })))
            .ok_or(Fault::Own("too many checkpoints wait to be recorded"))?,
            peers: List::new(secrets.boots.clone()).ok_or(Fault::Own("too many peers"))?,
        };
        let state = if recording { Some(self.sealed_state(secrets)?) } else { None };
        Ok(Kept { head: Some(head), state, fleet: self.seat.fleet })
    }
}

/// Hands entries to the host, the first of them with what is to be cut off before.
fn hand_out(entries: &[Entry], mut cut: LogIndex, effects: &mut Effects) -> Result<(), Fault> {
    for chunk in chunks(entries) {
        let stored: Option<Vec<_>> = chunk.iter().map(stored_entry).collect();
        let entries = stored.and_then(List::new).ok_or(Fault::Own("an entry does not fit into the store"))?;
        effects.host(HsmMessage::Append(Append { cut, entries }));
        cut = LogIndex(0);
    }
    Ok(())
}

fn bytes(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn node_byte(raft_id: u64) -> u8 {
    u8::try_from(raft_id).unwrap_or(0)
}
