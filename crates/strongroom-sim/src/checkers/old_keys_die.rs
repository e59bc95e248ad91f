//! G3 and G9: what was sealed for an era opens in that era and the next one, and then never again.
//!
//! A request is sealed under a channel key that is no newer than the era in which it was sent; a token says its
//! era in the clear. A request that lay about for two eras before its entry was applied has no effect.

use super::answers::{Standing, standing, window};
use crate::{
    checker::{Checker, Violation, at},
    names::{ExchangeId, MachineId},
    observation::{AnswerLeft, Observation},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::client::{AnswerBody, Outcome, Refusal, Request, RequestBody};

/// See the module.
#[derive(Default)]
pub(crate) struct OldKeysDie {
    /// The era in which a request was sealed.
    sealed: BTreeMap<ExchangeId, u64>,
    /// Exchanges whose frames came when their key was dead.
    dead: BTreeSet<ExchangeId>,
    /// Exchanges whose token was dead when they were sent.
    dead_tokens: BTreeSet<ExchangeId>,
    /// Every checkpoint that was recorded.
    checkpoints: BTreeSet<u64>,
}

fn era(world: &WorldView<'_>, machine: MachineId) -> Option<u64> {
    world.status(machine).map(|status| status.era.0)
}

impl OldKeysDie {
    fn judge(&self, left: &AnswerLeft) -> Result<(), Violation> {
        let who = at(left.program.machine, left.program.node);
        if self.dead.contains(&left.exchange) {
            let what = format!("{who} opens a request whose channel key is two eras old");
            return Err(Violation::new(self.name(), what));
        }
        let is_told = matches!(left.answer.body, AnswerBody::Success(Outcome::Refused(Refusal::TokenDead)));
        if self.dead_tokens.contains(&left.exchange) && !is_told {
            return Err(Violation::new(self.name(), format!("{who} opens a token that is two eras old")));
        }
        // An entry's era is how many checkpoints stand before it; a request takes effect in its own or the next.
        let (first, _) = window(left);
        let era = u64::try_from(self.checkpoints.range(..first).count()).unwrap_or(u64::MAX);
        if standing(left) == Standing::Entry && era > left.opened_in.0.saturating_add(1) {
            let opened = left.opened_in;
            let what = format!("{who} answers in era {era} by an entry what it opened in era {opened}");
            return Err(Violation::new(self.name(), what));
        }
        Ok(())
    }

    /// A token says its era in its first eight bytes.
    fn note_token(&mut self, exchange: ExchangeId, request: &Request, now: u64) {
        let RequestBody::Success(success) = &request.body else { return };
        let era = success.token.as_slice().split_first_chunk::<8>();
        if era.is_some_and(|(era, _)| u64::from_be_bytes(*era).saturating_add(2) <= now) {
            self.dead_tokens.insert(exchange);
        }
    }
}

impl Checker for OldKeysDie {
    fn name(&self) -> &'static str {
        "old_keys_die"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::RequestLeft { exchange, machine, request, .. } => {
                if let Some(era) = era(world, *machine) {
                    self.sealed.insert(*exchange, era);
                    self.note_token(*exchange, request, era);
                }
            }
            Observation::RequestReplayed { recorded, exchange, machine } => {
                let sealed = self.sealed.get(recorded).copied();
                if let (Some(sealed), Some(now)) = (sealed, era(world, *machine)) {
                    self.sealed.insert(*exchange, sealed);
                    if now >= sealed.saturating_add(2) {
                        self.dead.insert(*exchange);
                    }
                }
            }
            Observation::CheckpointRecorded { index, .. } => {
                self.checkpoints.insert(index.0);
            }
            Observation::AnswerLeft(left) => return self.judge(left),
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
