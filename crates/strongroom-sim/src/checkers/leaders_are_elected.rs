//! G2: whoever leads was voted for by a majority, and a vote leaves no earlier than the anchor that names its term.
//!
//! Otherwise a member that loses its power between the two could vote again in the same term.

use super::platforms::anchors_of;
use crate::{
    checker::{Checker, Violation, at},
    observation::Observation,
    view::WorldView,
};
use strongroom_protocol::{ids::NodeNumber, pipe::Role};

/// See the module.
pub(crate) struct LeadersAreElected;

impl Checker for LeadersAreElected {
    fn name(&self) -> &'static str {
        "leaders_are_elected"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        let Observation::Role { program, role: Role::Leader, term, .. } = observation else { return Ok(()) };
        let nodes = (1..=world.plan().nodes).map(NodeNumber);
        let knows =
            |node: &NodeNumber| anchors_of(world, *node).iter().any(|anchor| anchor.term_max >= term.0);
        let voters = nodes.filter(knows).count();
        if voters >= world.quorum() {
            return Ok(());
        }
        let who = at(program.machine, program.node);
        Err(Violation::new(self.name(), format!("{who} leads term {term}, which {voters} platforms know of")))
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
