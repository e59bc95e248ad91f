//! G3, as clients see it: once a slot or a vault was called erased, nothing answers under it again.

use super::answers::{body_of, vault_of, window};
use crate::{
    checker::{Checker, Violation, at},
    observation::{AnswerLeft, Observation},
    view::WorldView,
};
use std::collections::BTreeMap;
use strongroom_protocol::{
    client::{AnswerBody, AttemptAnswer, ChangeAction, Outcome, RequestBody, StatusAnswer},
    ids::VaultId,
};

/// What is known of one vault.
#[derive(Default)]
struct Known {
    /// Its password was erased by an entry that lies between these.
    slot_erased: Option<(u64, u64)>,
    /// It was erased by an entry no later than this.
    vault_erased: Option<u64>,
    /// Changes that were asked for, and by which entry they were done at the latest.
    changes: BTreeMap<Vec<u8>, Option<u64>>,
}

impl Known {
    /// Whether a change may have put another password since.
    fn may_be_replaced_since(&self, index: u64) -> bool {
        self.changes.values().any(|done| done.is_none_or(|done| done >= index))
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct ErasedForEver {
    vaults: BTreeMap<VaultId, Known>,
}

impl ErasedForEver {
    fn judge(&mut self, left: &AnswerLeft) -> Result<(), Violation> {
        let (low, high) = window(left);
        let known = self.vaults.entry(vault_of(&left.request, left.vault)).or_default();
        let is_after = |erased: Option<u64>| erased.is_some_and(|erased| low > erased);
        let is_slot_shut =
            known.slot_erased.is_some_and(|(first, last)| low > last && !known.may_be_replaced_since(first));
        let mut broken = None;
        match &left.answer.body {
            AnswerBody::Attempt(AttemptAnswer::Erased) => {
                known.slot_erased.get_or_insert((low, high));
            }
            AnswerBody::Attempt(AttemptAnswer::Answered(_)) => {
                if is_slot_shut || is_after(known.vault_erased) {
                    broken = Some("answers under what was erased");
                }
            }
            AnswerBody::Status(StatusAnswer::Present(status)) => {
                if is_after(known.vault_erased) {
                    broken = Some("shows a vault that was erased");
                }
                if is_slot_shut && status.slots.as_slice().iter().all(|slot| slot.erased == 0) {
                    broken = Some("shows a live slot that was erased");
                }
            }
            AnswerBody::Change(Outcome::Done(_)) => {
                if let RequestBody::Change(change) = &left.request.body {
                    let done = known.changes.entry(body_of(&left.request)).or_default();
                    *done = Some(done.map_or(high, |done: u64| done.min(high)));
                    if matches!(change.action, ChangeAction::Erase) {
                        known.vault_erased.get_or_insert(high);
                    }
                    known.slot_erased = None;
                }
            }
            _ => {}
        }
        match broken {
            Some(what) => {
                let who = at(left.program.machine, left.program.node);
                Err(Violation::new(self.name(), format!("{who} {what}")))
            }
            None => Ok(()),
        }
    }
}

impl Checker for ErasedForEver {
    fn name(&self) -> &'static str {
        "erased_for_ever"
    }

    fn observe(&mut self, observation: &Observation, _: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::RequestLeft { vault, request, .. }
                if matches!(request.body, RequestBody::Change(_)) =>
            {
                let known = self.vaults.entry(vault_of(request, *vault)).or_default();
                known.changes.entry(body_of(request)).or_insert(None);
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
