//! G2 and G9: only what an owner's device made changes a vault or calls an attempt a success, and it does so
//! once, for the generation that it was made for.
//!
//! What an enemy makes up is known here as such because no device sent it. What it records of a device and sends
//! again is the device's.

use super::answers::{body_of, vault_of, window};
use crate::{
    checker::{Checker, Violation, at},
    observation::{AnswerLeft, Observation},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::{
    client::{AnswerBody, ChangeAction, Outcome, RequestBody},
    ids::VaultId,
};

/// See the module.
#[derive(Default)]
pub(crate) struct OnlyOwnersChange {
    /// Every change and success that a device sent.
    made: BTreeSet<Vec<u8>>,
    /// The one upload that made each vault.
    creates: BTreeMap<VaultId, Vec<u8>>,
    /// A vault was erased by an entry no later than this.
    erased: BTreeMap<VaultId, u64>,
}

impl OnlyOwnersChange {
    fn refuse(&self, left: &AnswerLeft, what: &str) -> Violation {
        Violation::new(self.name(), format!("{} {what}", at(left.program.machine, left.program.node)))
    }

    fn judge(&mut self, left: &AnswerLeft) -> Result<(), Violation> {
        match (&left.request.body, &left.answer.body) {
            (RequestBody::Create(_), AnswerBody::Create(Outcome::Done(done))) => {
                if done.generation.0 != 1 {
                    return Err(self.refuse(left, "makes a vault that is not of the first generation"));
                }
                if self
                    .erased
                    .get(&vault_of(&left.request, left.vault))
                    .is_some_and(|erased| window(left).0 > *erased)
                {
                    return Err(self.refuse(left, "makes a vault where one was erased"));
                }
                let body = body_of(&left.request);
                if *self.creates.entry(vault_of(&left.request, left.vault)).or_insert_with(|| body.clone())
                    != body
                {
                    return Err(self.refuse(left, "makes a vault where another stands"));
                }
            }
            (RequestBody::Change(change), AnswerBody::Change(Outcome::Done(done))) => {
                if done.generation.0 != change.generation.0 + 1 {
                    return Err(self.refuse(left, "does a change that was made for another generation"));
                }
                if !self.made.contains(&body_of(&left.request)) {
                    let word = match &change.action {
                        ChangeAction::Add(_) => "adds",
                        ChangeAction::Replace(_) => "replaces",
                        ChangeAction::Remove(_) => "removes",
                        ChangeAction::Erase => "erases",
                    };
                    let what = format!("{word} for generation {} what no device did", change.generation);
                    return Err(self.refuse(left, &what));
                }
                if matches!(change.action, ChangeAction::Erase) {
                    let high = window(left).1;
                    let erased = self.erased.entry(vault_of(&left.request, left.vault)).or_insert(high);
                    *erased = high.min(*erased);
                }
            }
            (RequestBody::Success(_), AnswerBody::Success(Outcome::Done(_))) => {
                if !self.made.contains(&body_of(&left.request)) {
                    return Err(self.refuse(left, "counts a success that no device made"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Checker for OnlyOwnersChange {
    fn name(&self) -> &'static str {
        "only_owners_change"
    }

    fn observe(&mut self, observation: &Observation, _: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::RequestLeft { operation: Some(_), request, .. }
                if matches!(request.body, RequestBody::Change(_) | RequestBody::Success(_)) =>
            {
                self.made.insert(body_of(request));
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
