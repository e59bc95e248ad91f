//! Whose disks are spoiled, so that it is known what may be promised.
//!
//! A member whose disk was spoiled counts as damaged until it takes part again after a start at which its log
//! was held against its anchor, or a hand-over. A tree that lost nodes is not seen at a start, so such a member
//! is damaged until it was handed over.

use super::World;
use crate::{
    fault::Fault,
    moment::Moment,
    names::{Life, MachineId},
    observation::Observation,
};
use std::collections::BTreeMap;
use strongroom_protocol::{ids::NodeNumber, pipe::Role};

/// How a disk was spoiled.
#[derive(Debug, Clone, Copy)]
struct Spoiled {
    at: Moment,
    /// Whether nodes of the tree may be missing or wrong.
    tree: bool,
    /// Whether the node never comes back.
    for_good: bool,
}

/// The nodes whose disks are spoiled now.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    nodes: BTreeMap<NodeNumber, Spoiled>,
    exceeded: bool,
}

impl Damage {
    /// Whether more than a minority was damaged at once.
    pub(crate) fn was_exceeded(&self) -> bool {
        self.exceeded
    }

    /// Whether a node's disk is spoiled.
    pub(crate) fn holds(&self, node: NodeNumber) -> bool {
        self.nodes.contains_key(&node)
    }

    /// How many nodes are damaged.
    pub(crate) fn number(&self) -> usize {
        self.nodes.len()
    }

    /// The nodes that are damaged and may be healed.
    pub(crate) fn curable(&self) -> Vec<NodeNumber> {
        self.nodes.iter().filter(|(_, spoiled)| !spoiled.for_good).map(|(node, _)| *node).collect()
    }
}

impl World {
    /// Whether a fault may happen to a node: what spoils a disk must leave a majority of good ones, unless the plan
    /// says otherwise.
    pub(super) fn may_spoil(&self, fault: Fault, node: Option<NodeNumber>) -> bool {
        let Some(node) = node.filter(|_| fault.spoils_disk()) else { return true };
        self.plan.breaks_majority || self.damage.holds(node) || self.damage.nodes.len() < self.plan.minority()
    }

    /// Takes note that a disk is spoiled.
    pub(super) fn spoil(&mut self, machine: MachineId, tree: bool, for_good: bool) {
        let now = self.now;
        let spoiled = self.machine(machine);
        spoiled.spoiled = Some(now);
        let node = spoiled.node;
        let before = self.damage.nodes.get(&node);
        let tree = tree || before.is_some_and(|before| before.tree);
        let for_good = for_good || before.is_some_and(|before| before.for_good);
        self.damage.nodes.insert(node, Spoiled { at: now, tree, for_good });
        self.damage.exceeded |= self.damage.nodes.len() > self.plan.minority();
        self.observe(Observation::DiskDamaged(machine, node));
    }

    /// A program was seen in a role: if it takes part and was damaged before, it has healed.
    pub(super) fn note_part_taken(&mut self, machine: MachineId, life: Life, role: Role, was_refused: bool) {
        let host = &self.machines[usize::from(machine.0)];
        let node = host.node;
        let Some(spoiled) = self.damage.nodes.get(&node).copied() else { return };
        let takes_part = matches!(role, Role::Follower | Role::Candidate | Role::Leader);
        let began = host.last_life.filter(|(last, _)| *last == life).map(|(_, began)| began);
        let is_after = began.is_some_and(|began| began > spoiled.at);
        let is_whole = was_refused || !spoiled.tree;
        if takes_part && is_after && is_whole && !spoiled.for_good && !self.has_second(node) {
            self.damage.nodes.remove(&node);
            self.observe(Observation::NodeHealed(node));
        }
    }

    /// Whether a node's HSM runs on two machines.
    pub(super) fn has_second(&self, node: NodeNumber) -> bool {
        self.machines.iter().any(|machine| machine.is_second && !machine.is_gone && machine.node == node)
    }
}
