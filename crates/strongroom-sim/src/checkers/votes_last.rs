//! G2: a vote that was given is in the head table that the anchor names, and stays there as long as its term.
//!
//! The head table is opened with the key from the platform memory. A leader has voted for itself. A member that was
//! refused comes back with its vote counted as given to itself, so that nobody else gets it.

use super::platforms::{anchors_of, is_own};
use crate::{
    checker::{Checker, Violation, at},
    names::Life,
    observation::{AnchorSeen, Observation, Program},
    view::WorldView,
};
use std::collections::BTreeMap;
use strongroom_hsm::state::{HeadTable, head_hash, open_head};
use strongroom_protocol::{
    ids::{NodeNumber, Term},
    pipe::Role,
};

/// See the module.
#[derive(Default)]
pub(crate) struct VotesLast {
    /// Who leads, and in which term.
    leads: BTreeMap<Life, Term>,
    /// The last term and vote of each node.
    votes: BTreeMap<NodeNumber, (Term, NodeNumber)>,
}

impl VotesLast {
    fn judge(&mut self, program: &Program, head: &HeadTable) -> Result<(), Violation> {
        let who = at(program.machine, program.node);
        let leads = self.leads.get(&program.life) == Some(&head.term);
        if leads && head.vote != program.node {
            let what = format!("{who} leads term {}, and its head table does not hold its vote", head.term);
            return Err(Violation::new(self.name(), what));
        }
        let before = self.votes.insert(program.node, (head.term, head.vote));
        if let Some((term, vote)) = before
            && term == head.term
            && vote != NodeNumber(0)
            && vote != head.vote
            && head.vote != program.node
        {
            let what = format!("{who} votes for {} in term {term}, and had voted for {vote}", head.vote);
            return Err(Violation::new(self.name(), what));
        }
        Ok(())
    }
}

/// The head table that an anchor names, if the machine's disk has it.
fn head_of(world: &WorldView<'_>, program: &Program, anchor: &AnchorSeen) -> Option<HeadTable> {
    let head = &world.machine(program.machine)?.disk().content().head;
    if head_hash(head) != anchor.head_table {
        return None;
    }
    let anchors = anchors_of(world, program.node);
    anchors.iter().find_map(|anchor| open_head(head, &anchor.fleet, &anchor.state_key))
}

impl Checker for VotesLast {
    fn name(&self) -> &'static str {
        "votes_last"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::Role { program, role: Role::Leader, term, .. } => {
                self.leads.insert(program.life, *term);
            }
            Observation::Role { program, .. } => {
                self.leads.remove(&program.life);
            }
            Observation::AnchorSwapped { program, anchor, .. } if is_own(world, program, anchor) => {
                if let Some(head) = head_of(world, program, anchor) {
                    return self.judge(program, &head);
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
