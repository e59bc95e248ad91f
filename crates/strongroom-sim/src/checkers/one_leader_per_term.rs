//! G2, G5: one term has at most one leader.

use crate::{
    checker::{Checker, Violation, at},
    observation::{Observation, Program},
    view::WorldView,
};
use std::collections::BTreeMap;
use strongroom_protocol::pipe::Role;

/// Remembers who led in which term.
#[derive(Default)]
pub(crate) struct OneLeaderPerTerm {
    leaders: BTreeMap<u64, Program>,
}

impl Checker for OneLeaderPerTerm {
    fn name(&self) -> &'static str {
        "one_leader_per_term"
    }

    fn observe(&mut self, observation: &Observation, _: &WorldView<'_>) -> Result<(), Violation> {
        let Observation::Role { program, role: Role::Leader, term, .. } = observation else { return Ok(()) };
        let first = *self.leaders.entry(term.0).or_insert(*program);
        if first.node == program.node && first.life == program.life {
            return Ok(());
        }
        let (first, second) = (at(first.machine, first.node), at(program.machine, program.node));
        Err(Violation::new(self.name(), format!("term {term} is led by {first} and by {second}")))
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
