//! G2: a member that goes on after a start holds at least what its anchor says that it had.
//!
//! The anchor names the last entry that was acknowledged. A host that cuts the log short of it must find its member
//! refused, or entries that a majority counted on would be held by fewer.

use super::platforms::is_own;
use crate::{
    checker::{Checker, Violation, at},
    names::Life,
    observation::{AnchorSeen, Observation, Program},
    view::WorldView,
};
use std::collections::BTreeMap;
use strongroom_protocol::pipe::Role;

/// A start that is not over.
#[derive(Debug, Clone, Copy)]
struct Start {
    anchor: AnchorSeen,
    /// The last entry that was read back.
    last: u64,
}

/// See the module.
#[derive(Default)]
pub(crate) struct StartsWhereItStood {
    starts: BTreeMap<Life, Start>,
}

impl StartsWhereItStood {
    fn judge(&self, program: &Program, start: Start, world: &WorldView<'_>) -> Result<(), Violation> {
        // One that was killed in the same moment goes on from nowhere.
        let Some(status) = world.status(program.machine) else { return Ok(()) };
        let last = start.last.max(status.checkpoint.0);
        if last >= start.anchor.index_max || !is_own(world, program, &start.anchor) {
            return Ok(());
        }
        let (who, named) = (at(program.machine, program.node), start.anchor.index_max);
        Err(Violation::new(
            self.name(),
            format!("{who} goes on from entry {last}, and its anchor names {named}"),
        ))
    }
}

impl Checker for StartsWhereItStood {
    fn name(&self) -> &'static str {
        "starts_where_it_stood"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::Started { program, anchor: Some(anchor) } => {
                self.starts.insert(program.life, Start { anchor: *anchor, last: 0 });
            }
            Observation::EntryHeld { program, index, .. } => {
                if let Some(start) = self.starts.get_mut(&program.life) {
                    start.last = start.last.max(index.0);
                }
            }
            Observation::Role { role: Role::Starting, .. } => {}
            // A refused member comes back by a hand-over, which has its own floor.
            Observation::Role { program, role: Role::Refused, .. } => {
                self.starts.remove(&program.life);
            }
            Observation::Role { program, .. } => {
                if let Some(start) = self.starts.remove(&program.life) {
                    return self.judge(program, start, world);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
