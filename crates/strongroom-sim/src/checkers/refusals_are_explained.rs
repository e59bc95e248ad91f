//! G5: a member is refused only where something was done to its disk.
//!
//! Power and processes may fail at any moment, also while the platform writes: what was acknowledged is on disk and in
//! the anchor by then, so the member goes on from there. Only a disk that was spoiled may be refused, a second start
//! of the same HSM, or what a host invented while the log was read.

use crate::{
    checker::{Checker, Violation, at},
    fault::Fault,
    observation::Observation,
    view::WorldView,
};
use std::collections::BTreeSet;
use strongroom_protocol::{ids::NodeNumber, pipe::Role};

/// See the module.
#[derive(Default)]
pub(crate) struct RefusalsAreExplained {
    /// Nodes whose host invents.
    invented: BTreeSet<NodeNumber>,
}

impl Checker for RefusalsAreExplained {
    fn name(&self) -> &'static str {
        "refusals_are_explained"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::FaultInjected(Fault::HostInvents, Some(node)) => {
                self.invented.insert(*node);
            }
            Observation::Role { program, role: Role::Refused, .. } => {
                let was_cloned = world
                    .machines()
                    .iter()
                    .any(|machine| machine.is_second() && machine.node() == program.node);
                let is_explained =
                    was_cloned || world.is_damaged(program.node) || self.invented.contains(&program.node);
                if !is_explained {
                    let who = at(program.machine, program.node);
                    let reason = world.status(program.machine).map(|status| status.reason);
                    let reason = reason.as_ref().map_or("", |reason| reason.as_str());
                    let what = format!("{who} is refused with an honest disk: {reason}");
                    return Err(Violation::new(self.name(), what));
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
