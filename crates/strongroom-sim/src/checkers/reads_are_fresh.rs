//! G2 and G6: an answer knows of everything that was answered before it was asked for.
//!
//! The log gives all writes one order. With this, and with answers that are right about the entry that they come
//! from (`budget_adds_up`, `only_owners_change`), every vault's history is linearizable; `docs/design/judge.md` has
//! the argument.

use super::answers::{Standing, standing, window};
use crate::{
    checker::{Checker, Violation, at},
    names::ExchangeId,
    observation::Observation,
    view::WorldView,
};
use std::collections::BTreeMap;

/// See the module.
#[derive(Default)]
pub(crate) struct ReadsAreFresh {
    /// Entries up to here have been answered.
    answered: u64,
    /// What had been answered when a request was sent.
    asked: BTreeMap<ExchangeId, u64>,
}

impl Checker for ReadsAreFresh {
    fn name(&self) -> &'static str {
        "reads_are_fresh"
    }

    fn observe(&mut self, observation: &Observation, _: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::RequestLeft { exchange, .. } | Observation::RequestReplayed { exchange, .. } => {
                self.asked.insert(*exchange, self.answered);
            }
            Observation::AnswerLeft(left) => {
                let asked = self.asked.get(&left.exchange).copied().unwrap_or(0);
                if standing(left) != Standing::Nothing && left.applied_after.0 < asked {
                    let who = at(left.program.machine, left.program.node);
                    let what = format!(
                        "{who} answers as of entry {} what was asked when entry {asked} had been answered",
                        left.applied_after
                    );
                    return Err(Violation::new(self.name(), what));
                }
                if standing(left) == Standing::Entry {
                    self.answered = self.answered.max(window(left).0);
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
