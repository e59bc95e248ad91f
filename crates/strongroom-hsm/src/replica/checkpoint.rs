//! Checkpoints: when they are proposed, what happens when one is applied, and how it is
//! recorded. Pages: `docs/spec/log.md`, `docs/spec/state.md`.
//!
//! Recording forgets: the state key changes, both copies of the anchor are overwritten,
//! and with them every older root, log key and sealed state is gone for good (G3).

use super::{Outbox, Replica, Secrets};
use crate::{
    effect::Effects,
    entry::{CheckpointContent, EntryContent, open_entry, read_sealed},
    era::EraKeys,
    fault::Fault,
    field::KeyField,
    peer::{PeerBody, Roots},
    raft_log::LogPoint,
    state::{CheckpointState, Founded, OldTickets, SealedState},
    tree::Root,
};
use raft::eraftpb::Entry;
use strongroom_crypto::Rng;
use strongroom_protocol::{
    bytes::Bytes,
    ids::{Era, LogIndex, NodeNumber, Term, Version},
    limits::{CHECKPOINT_BYTES, CHECKPOINT_ENTRIES, LOG_BYTES_MAX, OPEN_TREE_BYTES_MAX},
    pipe::{DropBelow, HsmMessage},
};

/// Checkpoint keys that are kept for entries which are not in the log yet.
const OFFERED_MAX: usize = 16;

/// When a leader proposes checkpoints, in ticks of ten milliseconds, and how much a member holds in memory meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Never sooner after the last one, unless the log fills up.
    pub ticks_min: u64,
    /// No later after an erasure or a change.
    pub ticks_to_forget: u64,
    /// No later in any case.
    pub ticks_max: u64,
    /// Bytes of sealed entries in memory beyond which proposals are refused as busy; a third of it in one era,
    /// or two thirds in all, make a checkpoint due.
    pub log_bytes_max: u64,
    /// Bytes of opened tree nodes in memory beyond which parts of the tree are sealed and shut.
    pub tree_bytes_max: usize,
}

impl Pace {
    /// Thirty seconds, fifty seconds (so that the checkpoint is there within a minute), ten minutes; the bounds
    /// of the limits.
    pub const STANDARD: Self = Self {
        ticks_min: 3_000,
        ticks_to_forget: 5_000,
        ticks_max: 60_000,
        log_bytes_max: LOG_BYTES_MAX,
        tree_bytes_max: OPEN_TREE_BYTES_MAX,
    };

    /// No sooner than after so many seconds, and no later than after twice as many; for demonstrations and tests.
    pub fn of_seconds(seconds: u64) -> Self {
        let ticks = seconds.saturating_mul(100);
        let ticks_max = ticks.saturating_mul(2);
        Self { ticks_min: ticks, ticks_to_forget: ticks, ticks_max, ..Self::STANDARD }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// A checkpoint that is applied and not recorded.
pub(super) struct Recording {
    state: CheckpointState,
    root: Root,
    /// The host has reported the tree as written.
    tree_written: bool,
}

impl Recording {
    pub(super) fn point(&self) -> LogPoint {
        self.state.point()
    }
}

impl Replica {
    /// Counts the time since the last checkpoint.
    pub(super) fn tick_checkpoint(&mut self) {
        self.ticks_since_checkpoint = self.ticks_since_checkpoint.saturating_add(1);
    }

    /// A member that needs a newer checkpoint than the recorded one asks for it.
    pub fn ask_newer_checkpoint(&mut self) {
        self.newer_checkpoint_asked = true;
    }

    /// Proposes a checkpoint if this member leads and one is due.
    pub fn propose_checkpoint(&mut self, rng: &mut dyn Rng) {
        if !self.leads() || !self.checkpoint_is_due() {
            return;
        }
        let Some(era) = self.keyring.tail().era.0.checked_add(1).map(Era) else { return };
        let keys = EraKeys::random(era, rng);
        let content = EntryContent::Checkpoint(CheckpointContent { era, keys: keys.hash() });
        let proposal = super::propose::fresh_proposal_id(rng);
        if self.propose_content(proposal, None, content, rng).is_ok() {
            let index = self.raw.raft.raft_log.last_index();
            let term = self.raw.raft.term;
            self.offer(index, term, keys.duplicate());
            // Whatever is proposed from now on stands behind the checkpoint.
            self.keyring.push(LogIndex(index), keys);
            self.ticks_since_checkpoint = 0;
            self.newer_checkpoint_asked = false;
        }
    }

    fn checkpoint_is_due(&self) -> bool {
        let pace = self.seat.pace;
        let waited = self.ticks_since_checkpoint;
        let unrecorded = !self.recording.is_empty() || self.keyring.tail().era != self.keyring.recorded().era;
        let log = self.raw.store();
        // The era before the recorded checkpoint stays in the log: where it fills the log, a second checkpoint
        // lets it go.
        let third = pace.log_bytes_max / 3;
        let fills_up = log.bytes_behind_checkpoint() >= third || log.bytes() >= third.saturating_mul(2);
        if unrecorded || !self.raw.raft.commit_to_current_term() {
            return false;
        }
        if waited < pace.ticks_min && !fills_up {
            return false;
        }
        let entries = log.last().index.saturating_sub(self.recorded.index);
        fills_up
            || entries >= CHECKPOINT_ENTRIES
            || log.bytes_behind_checkpoint() >= CHECKPOINT_BYTES
            || waited >= pace.ticks_max
            || (self.forgetting_due && waited >= pace.ticks_to_forget)
            || self.newer_checkpoint_asked
    }

    /// An entry is now in the log; if it is a checkpoint, its keys must be there too.
    pub(super) fn attach_keys(&mut self, entry: &Entry) -> Result<(), Fault> {
        if entry.data.is_empty() {
            return Ok(());
        }
        let sealed = read_sealed(&entry.data)?;
        if sealed.header.record.is_some() {
            return Ok(());
        }
        let missing = Fault::Own("a checkpoint entry came without its keys");
        let key = self.keyring.log_key(sealed.header.era).ok_or(missing.clone())?;
        let body = open_entry(&self.seat.fleet, &sealed, key).map_err(|_| missing.clone())?;
        let EntryContent::Checkpoint(content) = body.content else {
            return Err(Fault::Divergence {
                index: entry.index,
                what: "an entry without a record is no checkpoint",
            });
        };
        let keys = self.offered.remove(&(entry.index, entry.term)).ok_or(missing.clone())?;
        if keys.era != content.era || keys.hash() != content.keys {
            return Err(missing);
        }
        self.keyring.push(LogIndex(entry.index), keys);
        Ok(())
    }

    /// Keeps the keys of a checkpoint entry until the entry is in the log. Keys of one that is there already are
    /// passed over: nothing would ever take them, and they would outlive their era (G3).
    pub(super) fn offer(&mut self, index: u64, term: u64, keys: crate::era::EraKeys) {
        let is_here = self.raw.store().point(index).is_some_and(|point| point.term == term);
        if (is_here || index <= self.recorded.index) && !planted!(KeepsOfferedKeys) {
            return;
        }
        self.offered.insert((index, term), keys);
        while self.offered.len() > OFFERED_MAX {
            self.offered.pop_first();
        }
    }

    /// The keys that must go beside an entry when it is sent.
    pub(super) fn keys_beside(&self, entry: &Entry) -> Option<crate::era::PendingEra> {
        let index = LogIndex(entry.index);
        let keys = if entry.index == self.recorded.index {
            Some(self.keyring.recorded())
        } else {
            self.keyring.at(index)
        };
        keys.map(|keys| crate::era::PendingEra { index, keys: keys.duplicate() })
    }

    /// A checkpoint entry was applied: the era changes, and the tree, which is sealed, is to be written.
    pub(super) fn apply_checkpoint(
        &mut self,
        index: LogIndex,
        content: &CheckpointContent,
        root: Root,
        effects: &mut Effects,
        outbox: &mut Outbox,
    ) -> Result<(), Fault> {
        let (keys, old_tickets) =
            self.keyring.at_checkpoint(index).ok_or(Fault::Own("a checkpoint without keys"))?;
        if keys.era != content.era || keys.hash() != content.keys {
            return Err(Fault::Divergence {
                index: index.0,
                what: "a checkpoint's keys are not those of its entry",
            });
        }
        let point =
            self.raw.store().point(index.0).ok_or(Fault::Own("an applied entry is not in the log"))?;
        self.keyring.apply(index);
        self.checkpoints = self.checkpoints.saturating_add(1);
        self.ticks_since_checkpoint = 0;
        self.forgetting_due = false;
        let state = CheckpointState {
            index,
            term: Term(point.term),
            digest: point.digest,
            root: Bytes::new(root.encode().expose().to_vec()).ok_or(Fault::Own("a root is too large"))?,
            keys,
            old_tickets: old_tickets.map(|(era, key)| OldTickets { era, key: KeyField(key) }),
            checkpoints: self.checkpoints,
            vaults: self.vaults,
        };
        self.recording.push_back(Recording { state, root, tree_written: false });
        effects.host(HsmMessage::FlushTree(index));
        outbox.new_era = true;
        Ok(())
    }

    /// The host reports the tree up to a checkpoint as written.
    pub fn on_tree_written(&mut self, index: LogIndex) {
        for recording in &mut self.recording {
            if recording.state.index <= index {
                recording.tree_written = true;
            }
        }
    }

    pub(super) fn recording_is_due(&self) -> bool {
        self.recording.front().is_some_and(|recording| recording.tree_written || planted!(RecordsBeforeTree))
    }

    /// The sealed state for the checkpoint that is due.
    pub(super) fn sealed_state(&self, secrets: &Secrets<'_>) -> Result<SealedState, Fault> {
        let due = self.recording.front().ok_or(Fault::Own("no checkpoint is due"))?;
        let founded = Founded { secrets: secrets.fleet.duplicate(), checkpoint: due.state.duplicate() };
        Ok(SealedState {
            version: Version,
            node_key: KeyField::of(secrets.node_key),
            genesis: Some(secrets.genesis.clone()),
            node: self.seat.node,
            founded: Some(founded),
        })
    }

    /// The checkpoint is recorded: forgets, and lets the host drop what is not needed any more.
    pub(super) fn on_recorded(&mut self, effects: &mut Effects, outbox: &mut Outbox) {
        let Some(done) = self.recording.pop_front() else { return };
        let before = self.recorded;
        self.recorded = done.point();
        if !planted!(KeepsOldRoot) {
            self.recorded_root = done.root;
        }
        self.recorded_state = done.state;
        self.keyring.record(LogIndex(self.recorded.index));
        self.roots.retain(|_, roots| roots.index.0 >= self.recorded.index);
        if !planted!(KeepsOfferedKeys) {
            self.offered.retain(|(index, _), _| *index > self.recorded.index);
        }
        let log = self.raw.mut_store();
        log.set_checkpoint(self.recorded);
        log.compact(before.index);
        let index = self.recorded_state.index;
        let dropped = if planted!(DropsLogEarly) { self.applied } else { index };
        let log = LogIndex(dropped.0.saturating_add(1));
        effects.host(HsmMessage::Drop(DropBelow { log, tree: index }));
        self.counters.checkpoints = self.counters.checkpoints.saturating_add(1);
        let roots = Roots { index, hash: self.recorded_root.hash() };
        let others = self.seat.members.iter().filter(|node| **node != self.seat.node);
        outbox.peers.extend(others.map(|node| (*node, PeerBody::Roots(roots.clone()))));
    }

    /// Compares a peer's root at a checkpoint with this member's.
    ///
    /// # Errors
    /// A majority has another root than this member.
    pub fn on_roots(&mut self, node: NodeNumber, roots: Roots) -> Result<(), Fault> {
        if roots.index.0 >= self.recorded.index {
            self.roots.insert(node, roots);
        }
        self.compare_roots()
    }

    /// Holds this member's root against those that peers have told of the same checkpoint.
    pub(super) fn compare_roots(&self) -> Result<(), Fault> {
        let own = self.recorded_root.hash();
        let here = self.roots.values().filter(|roots| roots.index.0 == self.recorded.index);
        let others = here.filter(|roots| roots.hash != own).count();
        if others > self.seat.members.len() / 2 {
            return Err(Fault::Divergence {
                index: self.recorded.index,
                what: "the key tree is not the majority's",
            });
        }
        Ok(())
    }
}
