//! G2: a registration request is evaluated under a seed that stands nowhere, and a ticket serves one upload.
//!
//! The last half of a registration's answer is a public key that comes from the seed alone, so the same key in
//! two answers is the same seed in both; and a seed that serves two uploads has answered outside the count.

use super::answers::upload_of;
use crate::{
    checker::{Checker, Violation, at},
    observation::{AnswerLeft, Observation},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::client::{AnswerBody, Outcome};

/// See the module.
#[derive(Default)]
pub(crate) struct FreshRegistrations {
    keys: BTreeSet<Vec<u8>>,
    /// The generation that each ticket's upload made.
    tickets: BTreeMap<Vec<u8>, u64>,
}

impl FreshRegistrations {
    fn judge(&mut self, left: &AnswerLeft) -> Result<(), Violation> {
        let who = at(left.program.machine, left.program.node);
        match &left.answer.body {
            AnswerBody::Register(Outcome::Done(registered)) => {
                let key = registered.response.iter().skip(32).copied().collect();
                if !self.keys.insert(key) {
                    let what = format!("{who} evaluates two registrations under one seed");
                    return Err(Violation::new(self.name(), what));
                }
            }
            AnswerBody::Create(Outcome::Done(done)) | AnswerBody::Change(Outcome::Done(done)) => {
                let Some(upload) = upload_of(&left.request.body) else { return Ok(()) };
                let made = *self.tickets.entry(upload.ticket.to_vec()).or_insert(done.generation.0);
                if made != done.generation.0 {
                    let what =
                        format!("{who} takes one ticket for generation {made} and {}", done.generation);
                    return Err(Violation::new(self.name(), what));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Checker for FreshRegistrations {
    fn name(&self) -> &'static str {
        "fresh_registrations"
    }

    fn observe(&mut self, observation: &Observation, _: &WorldView<'_>) -> Result<(), Violation> {
        if let Observation::AnswerLeft(left) = observation { self.judge(left) } else { Ok(()) }
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
