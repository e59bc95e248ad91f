//! G6: nothing is said of a vault unless a majority spoke after it was asked.
//!
//! Whether others could be reached is not looked at: that they spoke is what an answer needs.

use super::answers::{Standing, standing};
use crate::{
    checker::{Checker, Violation, at},
    names::ExchangeId,
    observation::{AnswerLeft, Observation},
    view::WorldView,
};
use std::collections::BTreeMap;
use strongroom_protocol::ids::NodeNumber;

/// See the module.
#[derive(Default)]
pub(crate) struct SilenceWithoutMajority {
    /// Frames between nodes so far.
    frames: u64,
    /// The last of them that each node sent.
    spoke: BTreeMap<NodeNumber, u64>,
    /// Frames before a request was sent.
    asked: BTreeMap<ExchangeId, u64>,
}

impl SilenceWithoutMajority {
    fn judge(&self, left: &AnswerLeft, world: &WorldView<'_>) -> Result<(), Violation> {
        let Some(asked) = self.asked.get(&left.exchange) else { return Ok(()) };
        let others = self.spoke.iter().filter(|(node, _)| **node != left.program.node);
        let spoke = others.filter(|(_, frame)| *frame > asked).count();
        if spoke + 1 < world.quorum() {
            let who = at(left.program.machine, left.program.node);
            let what =
                format!("{who} speaks of a vault, and only {spoke} others have spoken since it was asked");
            return Err(Violation::new(self.name(), what));
        }
        Ok(())
    }
}

impl Checker for SilenceWithoutMajority {
    fn name(&self) -> &'static str {
        "silence_without_majority"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::PeerFrameLeft { program, .. } => {
                self.frames += 1;
                self.spoke.insert(program.node, self.frames);
            }
            Observation::RequestLeft { exchange, .. } | Observation::RequestReplayed { exchange, .. } => {
                self.asked.insert(*exchange, self.frames);
            }
            Observation::AnswerLeft(left) if standing(left) != Standing::Nothing => {
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
