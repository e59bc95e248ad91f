//! G6: a leader whose HSM was started anew somewhere else confirms nothing any more.
//!
//! It may not know yet that it was superseded. So it reads its anchor after every confirmation, and what was asked of it
//! after the other start is not answered. Otherwise a copy that is cut off together with some members could answer from
//! a past that the others have left.

use super::{
    answers::{Standing, standing},
    platforms::is_own,
};
use crate::{
    checker::{Checker, Violation, at},
    moment::Moment,
    names::Life,
    observation::{AnswerLeft, Observation},
    view::WorldView,
};
use std::collections::BTreeMap;
use strongroom_protocol::{ids::NodeNumber, pipe::Role};

/// See the module.
#[derive(Default)]
pub(crate) struct SupersededIsSilent {
    /// The last start on each node's own platform.
    owners: BTreeMap<NodeNumber, Life>,
    superseded: BTreeMap<Life, Moment>,
}

impl SupersededIsSilent {
    fn judge(&self, left: &AnswerLeft, world: &WorldView<'_>) -> Result<(), Violation> {
        let Some(since) = self.superseded.get(&left.program.life) else { return Ok(()) };
        let leads = world.status(left.program.machine).is_some_and(|status| status.role == Role::Leader);
        if !leads || standing(left) != Standing::Read || left.opened_at <= *since {
            return Ok(());
        }
        let who = at(left.program.machine, left.program.node);
        Err(Violation::new(
            self.name(),
            format!("{who} confirms a read, and was superseded before it was asked"),
        ))
    }
}

impl Checker for SupersededIsSilent {
    fn name(&self) -> &'static str {
        "superseded_is_silent"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::Started { program, anchor: Some(anchor) } if is_own(world, program, anchor) => {
                if let Some(before) = self.owners.insert(program.node, program.life) {
                    self.superseded.insert(before, world.now());
                }
            }
            Observation::AnswerLeft(left) => return self.judge(left, world),
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
