//! G1: a KE2 leaves only after a majority's anchors name its entry, with the entry on their disks.
//!
//! The entry that permits a KE2 is applied in the step that answers; so it stands behind the index that was
//! applied before that step. Disks and anchors are known from what hosts reported and platforms wrote, never from
//! what an HSM says of itself. A host that lied about its disk counts by its anchor alone: its member will be
//! refused and gives no vote.

use super::{
    answers::{Standing, standing},
    platforms::is_own,
};
use crate::{
    checker::{Checker, Violation, at},
    names::{Life, MachineId},
    observation::{AnchorSeen, AnswerLeft, Observation, Program},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::{
    client::{AnswerBody, AttemptAnswer, Outcome},
    ids::{Digest, NodeNumber},
};

/// See the module.
#[derive(Default)]
pub(crate) struct Ke2AfterMajority {
    /// Entries by program: term and hash by index.
    logs: BTreeMap<Life, BTreeMap<u64, (u64, u64)>>,
    /// The newest checkpoint that a program has recorded.
    recorded: BTreeMap<Life, u64>,
    /// The last entry of the log that a program began with, which a copied disk may bring unseen.
    begun: BTreeMap<Life, u64>,
    /// The last program on each machine.
    lives: BTreeMap<MachineId, Life>,
    anchors: BTreeMap<NodeNumber, (Life, AnchorSeen)>,
    /// Head tables that a host reported as stored, and whether they were.
    stored: BTreeMap<Digest, bool>,
    spoiled: BTreeSet<NodeNumber>,
}

impl Ke2AfterMajority {
    fn is_held(&self, node: NodeNumber, index: u64, entry: Option<(u64, u64)>) -> bool {
        let Some((life, anchor)) = self.anchors.get(&node) else { return false };
        let is_on_disk = self.stored.get(&anchor.head_table).copied().unwrap_or(false);
        let own = self.logs.get(life).and_then(|log| log.get(&index)).copied();
        let is_behind_checkpoint = self.recorded.get(life).is_some_and(|recorded| *recorded >= index);
        let is_unseen = own.is_none() && self.begun.get(life).is_some_and(|begun| *begun >= index);
        anchor.index_max >= index
            && (is_on_disk || self.spoiled.contains(&node))
            && (entry.is_none() || own == entry || is_behind_checkpoint || is_unseen)
    }

    fn judge(&self, left: &AnswerLeft, world: &WorldView<'_>) -> Result<(), Violation> {
        let who = at(left.program.machine, left.program.node);
        if left.applied_after <= left.applied_before {
            return Err(Violation::new(self.name(), format!("{who} gives a KE2 without applying an entry")));
        }
        let index = left.applied_before.0 + 1;
        let entry = self.logs.get(&left.program.life).and_then(|log| log.get(&index)).copied();
        let holders = self.anchors.keys().filter(|node| self.is_held(**node, index, entry)).count();
        if holders < world.quorum() {
            let what = format!(
                "{who} gives a KE2 for entry {index} or later, which {holders} members hold: {}",
                self.tell(index)
            );
            return Err(Violation::new(self.name(), what));
        }
        Ok(())
    }

    /// Where each member stands, for people.
    fn tell(&self, index: u64) -> String {
        let members = self.anchors.iter().map(|(node, (life, anchor))| {
            let is_on_disk = self.stored.get(&anchor.head_table).copied().unwrap_or(false);
            let entry = self.logs.get(life).and_then(|log| log.get(&index));
            format!("node {node}: {} in its anchor, on disk {is_on_disk}, entry {entry:?}", anchor.index_max)
        });
        members.collect::<Vec<_>>().join("; ")
    }

    /// A program goes on from what the one before it had on disk, up to where its anchor says.
    fn start(&mut self, program: &Program, anchor: &AnchorSeen) {
        let before = self.lives.insert(program.machine, program.life);
        let mut log = before.and_then(|life| self.logs.get(&life)).cloned().unwrap_or_default();
        log.split_off(&anchor.index_max.saturating_add(1));
        self.logs.insert(program.life, log);
        self.begun.insert(program.life, anchor.index_max);
        // A write that the power cut off may have been whole.
        self.anchors.insert(program.node, (program.life, *anchor));
    }

    fn hold(&mut self, program: &Program, index: u64, entry: (u64, u64)) {
        let log = self.logs.entry(program.life).or_default();
        log.split_off(&index);
        log.insert(index, entry);
    }
}

impl Checker for Ke2AfterMajority {
    fn name(&self) -> &'static str {
        "ke2_after_majority"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::EntryHeld { program, index, term, digest } => {
                self.hold(program, index.0, (term.0, *digest));
            }
            Observation::Started { program, anchor: Some(anchor) } if is_own(world, program, anchor) => {
                self.start(program, anchor);
            }
            Observation::CheckpointRecorded { program, index, .. } => {
                self.recorded.insert(program.life, index.0);
            }
            Observation::BatchReported { head_table, is_durable, .. } => {
                self.stored.insert(*head_table, *is_durable);
            }
            Observation::AnchorSwapped { program, anchor, .. } if is_own(world, program, anchor) => {
                self.anchors.insert(program.node, (program.life, *anchor));
            }
            Observation::DiskDamaged(_, node) => {
                self.spoiled.insert(*node);
            }
            Observation::AnswerLeft(left) if has_ke2(left) && standing(left) == Standing::Entry => {
                return self.judge(left, world);
            }
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}

fn has_ke2(left: &AnswerLeft) -> bool {
    match &left.answer.body {
        AnswerBody::Attempt(AttemptAnswer::Answered(_)) => true,
        AnswerBody::Create(Outcome::Done(done)) | AnswerBody::Change(Outcome::Done(done)) => {
            done.confirming.is_some()
        }
        _ => false,
    }
}
