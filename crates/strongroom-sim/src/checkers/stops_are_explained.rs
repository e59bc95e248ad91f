//! G10: an HSM stops only where something was done to it that it must stop for.
//!
//! A host that says what no host says may stop its own HSM, a second start may supersede the first. Nothing else may:
//! no HSM here is broken, so none may find another one's messages, or its own state, in contradiction.

use crate::{
    checker::{Checker, Violation, at},
    fault::Fault,
    observation::{End, Observation},
    view::WorldView,
};
use std::collections::BTreeSet;
use strongroom_hsm::fault::Fault as Stop;
use strongroom_protocol::ids::NodeNumber;

/// Remembers to whom what was done.
#[derive(Default)]
pub(crate) struct StopsAreExplained {
    invented: BTreeSet<NodeNumber>,
}

impl Checker for StopsAreExplained {
    fn name(&self) -> &'static str {
        "stops_are_explained"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::FaultInjected(Fault::HostInvents | Fault::HostReorders, Some(node)) => {
                self.invented.insert(*node);
            }
            Observation::Ended { program, end: End::Stopped(stop) } => {
                let is_second = world.machine(program.machine).is_some_and(|machine| machine.is_second());
                let is_explained = match stop {
                    Stop::Host(_) => is_second || self.invented.contains(&program.node),
                    Stop::Superseded => {
                        is_second
                            || world
                                .machines()
                                .iter()
                                .any(|machine| machine.is_second() && machine.node() == program.node)
                    }
                    Stop::Hardware(_) | Stop::Peer { .. } | Stop::Divergence { .. } | Stop::Own(_) => false,
                    Stop::Consensus(_) => false,
                };
                if !is_explained {
                    let place = at(program.machine, program.node);
                    return Err(Violation::new(self.name(), format!("{place} stopped: {stop}")));
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
