//! One member's part in the replicated state. Pages: `docs/spec/log.md`, `docs/design/replication.md`.
//!
//! raft-rs decides what is committed; this module seals and opens entries, makes them
//! last through the [`Keeper`], applies them to the key tree in the order of the log, and
//! records checkpoints. It is the only maker of [`Applied`], and so the only way to an
//! answer from a password slot (G1).
//!
//! Invariants: one batch is on its way at a time (what needs none goes on meanwhile); nothing that acknowledges it leaves
//! before the keeper says that it is complete; an entry is applied after the one before it.
//!
//! Absent on purpose: sessions with peers, clients' requests, the hand-over.

mod applied;
mod apply;
mod checkpoint;
mod consensus;
#[cfg(strongroom_sim)]
mod planted;
mod propose;
mod reads;
mod sending;

pub use applied::Applied;
pub use checkpoint::Pace;
pub use propose::{NotProposed, fresh_proposal_id};

use crate::{
    effect::Effects,
    era::Keyring,
    fault::Fault,
    keeper::Keeper,
    peer::PeerBody,
    raft_log::{LogPoint, RaftLog},
    state::{CheckpointState, FleetSecrets, PeerBoot},
    tree::{OpenTree, Root, TreeContext},
};
use apply::Applying;
use checkpoint::Recording;
use consensus::Waiting;
use raft::{RawNode, StateRole, eraftpb::Entry};
use std::collections::{BTreeMap, VecDeque};
use strongroom_crypto::{Rng, Secret};
use strongroom_protocol::ids::{FleetId, LogIndex, NodeNumber, Partition};
use strongroom_protocol::pipe::Counters;

/// What does not change while a replica lives.
pub struct Seat {
    /// The fleet.
    pub fleet: FleetId,
    /// This member.
    pub node: NodeNumber,
    /// All members.
    pub members: Vec<NodeNumber>,
    /// Guesses between two successes.
    pub guesses: u8,
    /// When checkpoints are proposed.
    pub pace: Pace,
}

/// What a replica wants told or done that is not an effect yet.
#[derive(Default)]
pub struct Outbox {
    /// For peers.
    pub peers: Vec<(NodeNumber, PeerBody)>,
    /// Entries of vaults that were applied, in order.
    pub applied: Vec<Applied>,
    /// Read contexts of this node that a majority confirmed, with the index to read at.
    pub confirmed: Vec<(u64, LogIndex)>,
    /// A checkpoint was applied: a new era begins.
    pub new_era: bool,
    /// A leader's snapshot asks for a hand-over from this node.
    pub hand_over_from: Option<NodeNumber>,
}

/// The replica.
pub struct Replica {
    seat: Seat,
    context: TreeContext,
    raw: RawNode<RaftLog>,
    boot_secret: Secret<32>,
    keyring: Keyring,
    /// Keys that came beside checkpoint entries which are not in the log yet, by index and term.
    offered: BTreeMap<(u64, u64), crate::era::EraKeys>,
    /// Bytes that were proposed and are not in the log yet.
    proposed_bytes: u64,
    /// What the batch on its way will set free.
    waiting: Option<Waiting>,
    /// Messages and reads that wait for the anchor to be read.
    checks: BTreeMap<u64, Vec<consensus::Checked>>,
    next_check: u64,
    committed: VecDeque<Entry>,
    applying: Option<Applying>,
    applied: LogIndex,
    tree: OpenTree,
    checkpoints: u64,
    vaults: u64,
    /// Checkpoints that are applied and not recorded.
    recording: VecDeque<Recording>,
    recorded: LogPoint,
    recorded_root: Root,
    recorded_state: CheckpointState,
    next_fetch: u64,
    ticks_since_checkpoint: u64,
    ticks_since_probe: u64,
    /// Something was erased or replaced since the last checkpoint.
    forgetting_due: bool,
    /// A member that is to be handed over needs a newer checkpoint.
    newer_checkpoint_asked: bool,
    /// The head table holds something new that no entry brings.
    head_due: bool,
    /// The peers' root hashes at the recorded checkpoint.
    roots: BTreeMap<NodeNumber, crate::peer::Roots>,
    counters: Counters,
}

/// Term and vote that a replica starts with.
#[derive(Debug, Clone, Copy)]
pub struct Ballot {
    /// The term.
    pub term: u64,
    /// The vote in it; zero for none.
    pub vote: u64,
}

impl Replica {
    /// A replica that stands at a recorded checkpoint, with the entries behind it.
    ///
    /// # Errors
    /// The consensus library refuses the state.
    pub fn new(
        seat: Seat,
        checkpoint: &CheckpointState,
        ballot: Ballot,
        entries: &[Entry],
        keyring: Keyring,
        first_fetch: u64,
        rng: &mut dyn Rng,
    ) -> Result<Self, Fault> {
        let point = checkpoint.point();
        let root = Root::decode(checkpoint.root.as_slice())?;
        let raw = consensus::start(&seat, point, ballot, entries)?;
        let context = TreeContext { fleet: seat.fleet, partition: Partition(0) };
        let tree = OpenTree::at(&context, &root);
        Ok(Self {
            context,
            raw,
            boot_secret: Secret::random(rng),
            keyring,
            offered: BTreeMap::new(),
            proposed_bytes: 0,
            waiting: None,
            checks: BTreeMap::new(),
            next_check: 1,
            committed: VecDeque::new(),
            applying: None,
            applied: checkpoint.index,
            recorded_root: root,
            recorded_state: checkpoint.duplicate(),
            tree,
            checkpoints: checkpoint.checkpoints,
            vaults: checkpoint.vaults,
            recording: VecDeque::new(),
            recorded: point,
            next_fetch: first_fetch,
            ticks_since_checkpoint: 0,
            ticks_since_probe: 0,
            forgetting_due: false,
            newer_checkpoint_asked: false,
            head_due: false,
            roots: BTreeMap::new(),
            counters: Counters::default(),
            seat,
        })
    }

    /// Does everything that can be done now.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn advance(
        &mut self,
        keeper: &mut Keeper,
        secrets: &Secrets<'_>,
        rng: &mut dyn Rng,
        effects: &mut Effects,
        outbox: &mut Outbox,
    ) -> Result<(), Fault> {
        loop {
            let mut moved = false;
            if !keeper.is_busy() && self.waiting.is_some() {
                moved |= self.hand_out_behind_cut(keeper, secrets, rng, effects)?;
            }
            if !keeper.is_busy() && self.waiting.is_none() {
                moved |= self.take_ready(keeper, secrets, rng, effects, outbox)?;
            } else {
                moved |= self.take_quiet_ready(effects, outbox)?;
            }
            moved |= self.begin_applying(effects, outbox)?;
            if !moved {
                return Ok(());
            }
        }
    }

    /// Whether this member leads.
    pub fn leads(&self) -> bool {
        self.raw.raft.state == StateRole::Leader
    }

    /// The leader that this member knows of, itself included.
    pub fn leader(&self) -> Option<NodeNumber> {
        u8::try_from(self.raw.raft.leader_id).ok().filter(|node| *node != 0).map(NodeNumber)
    }

    /// Whether this member asks for votes.
    pub fn is_candidate(&self) -> bool {
        matches!(self.raw.raft.state, StateRole::Candidate | StateRole::PreCandidate)
    }

    /// The term.
    pub fn term(&self) -> u64 {
        self.raw.raft.term
    }

    /// The last entry, the committed one, the applied one.
    pub fn indices(&self) -> (LogIndex, LogIndex, LogIndex) {
        let last = LogIndex(self.raw.raft.raft_log.last_index());
        (last, LogIndex(self.raw.raft.raft_log.committed), self.applied)
    }

    /// Whether the log holds a point, or this member has recorded a checkpoint at or beyond it.
    pub fn holds(&self, point: &LogPoint) -> bool {
        self.recorded.index >= point.index
            || self.raw.store().point(point.index).is_some_and(|held| held.digest == point.digest)
    }

    /// The recorded checkpoint.
    pub fn recorded(&self) -> LogPoint {
        self.recorded
    }

    /// What a hand-over of the recorded checkpoint hands over.
    pub fn recorded_state(&self) -> &CheckpointState {
        &self.recorded_state
    }

    /// The tree as of the applied index, as far as it is open.
    pub fn tree(&self) -> &OpenTree {
        &self.tree
    }

    /// The same, for opening more of it.
    pub fn tree_mut(&mut self) -> &mut OpenTree {
        &mut self.tree
    }

    /// The root of the tree at the recorded checkpoint.
    pub fn recorded_root(&self) -> &Root {
        &self.recorded_root
    }

    /// Fleet and partition, as tree nodes are bound to them.
    pub fn tree_context(&self) -> &TreeContext {
        &self.context
    }

    /// The era keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Vaults made and not erased.
    pub fn vaults(&self) -> u64 {
        self.vaults
    }

    /// What was counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// A number for a fetch that no other fetch of this replica bears.
    pub fn fetch_number(&mut self) -> u64 {
        let number = self.next_fetch;
        self.next_fetch = number.wrapping_add(1);
        number
    }

    /// Term and vote now.
    pub fn ballot(&self) -> Ballot {
        Ballot { term: self.raw.raft.term, vote: self.raw.raft.vote }
    }
}

/// What the replica borrows to seal its state at a checkpoint and its head table with every batch.
pub struct Secrets<'a> {
    /// The fleet's secrets.
    pub fleet: &'a FleetSecrets,
    /// The seed of the node's identity key.
    pub node_key: &'a Secret<32>,
    /// The genesis.
    pub genesis: &'a strongroom_protocol::genesis::Genesis,
    /// What is remembered of the peers' boots.
    pub boots: Vec<PeerBoot>,
}

#[cfg(any(test, strongroom_sim))]
impl Replica {
    /// The keys of eras: those on the ring, and those that came beside entries.
    pub(crate) fn held_era_keys(&self) -> Vec<[u8; 32]> {
        let mut keys = self.keyring.held_keys();
        for era in self.offered.values() {
            keys.push(*era.log.0.expose());
            keys.push(*era.tickets.0.expose());
        }
        keys
    }

    /// Every key that is held: of eras, of the recorded root, and of the open tree.
    pub(crate) fn held_keys(&self) -> Vec<[u8; 32]> {
        let mut keys = self.held_era_keys();
        keys.extend(self.tree.held_keys());
        let encoded = self.recorded_root.encode();
        let key: Option<[u8; 32]> = encoded.expose().get(9..41).and_then(|key| key.try_into().ok());
        keys.extend(key);
        keys
    }
}
