//! G5: who has recorded a checkpoint has all of its tree on disk.
//!
//! Every member makes the same nodes from the same log. So whatever any of them wrote up to a checkpoint, in the
//! newest version up to there, must lie on the disk of each that has recorded it, unless that disk was spoiled.

use crate::{
    checker::{Checker, Violation, at},
    observation::{Observation, Program},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::{ids::NodeNumber, pipe::NodeName};

/// See the module.
#[derive(Default)]
pub(crate) struct TreesAreWhole {
    /// Every version of each node that was ever written.
    written: BTreeMap<NodeName, BTreeSet<u64>>,
    spoiled: BTreeSet<NodeNumber>,
}

impl TreesAreWhole {
    fn judge(&self, program: &Program, checkpoint: u64, world: &WorldView<'_>) -> Result<(), Violation> {
        let Some(machine) = world.machine(program.machine) else { return Ok(()) };
        let durable = machine.disk().durable();
        let newest = self.written.iter().filter_map(|(name, versions)| {
            versions.range(..=checkpoint).next_back().map(|version| (*name, *version))
        });
        let missing = newest.filter(|node| !durable.tree.contains_key(node)).count();
        if missing > 0 {
            let who = at(program.machine, program.node);
            let what = format!(
                "{who} has recorded checkpoint {checkpoint}, and {missing} nodes of its tree are not on disk"
            );
            return Err(Violation::new(self.name(), what));
        }
        Ok(())
    }
}

impl Checker for TreesAreWhole {
    fn name(&self) -> &'static str {
        "trees_are_whole"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::TreeNode { name, version, .. } => {
                self.written.entry(*name).or_default().insert(version.0);
            }
            Observation::DiskDamaged(_, node) => {
                self.spoiled.insert(*node);
            }
            Observation::CheckpointRecorded { program, index, .. }
                if !self.spoiled.contains(&program.node) =>
            {
                return self.judge(program, index.0, world);
            }
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
