//! Removes a slot or erases the vault: Status, then a signed Change.

use super::{Flow, FlowError, Next, Restarts, StatusQuery, Tools, is_passing};
use crate::{BackupKey, Locator, Pending, owner::Owner};
use strongroom_protocol::{
    client::{
        Answer, AnswerBody, Change, ChangeAction, Outcome, Refusal, Request, RequestBody, StatusAnswer,
    },
    ids::{Generation, SlotNumber, VaultId},
};

/// The removal of a slot or the erasure of a vault, between two messages.
pub struct OwnerAction {
    vault: VaultId,
    owner: Owner,
    target: Target,
    restarts: Restarts,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Target {
    Slot(SlotNumber),
    Vault,
}

enum Stage {
    Asking(StatusQuery),
    Changing(Request),
}

/// How a removal or an erasure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerActionOutcome {
    /// It is done, now or before.
    Done {
        /// The vault's generation, where the fleet named it.
        generation: Option<Generation>,
    },
    /// The vault was erased, so no slot can be removed from it.
    Erased,
    /// There is no such vault.
    Absent,
    /// The fleet refused.
    Refused(Refusal),
}

impl OwnerAction {
    /// Erases the vault for ever.
    pub fn erase(locator: &Locator, key: &BackupKey) -> Self {
        Self::begin(locator, key, Target::Vault)
    }

    /// Removes one slot.
    pub fn remove(locator: &Locator, key: &BackupKey, slot: SlotNumber) -> Self {
        Self::begin(locator, key, Target::Slot(slot))
    }

    fn begin(locator: &Locator, key: &BackupKey, target: Target) -> Self {
        let vault = locator.vault();
        Self {
            vault,
            owner: Owner::of(key, locator.fleet(), vault),
            target,
            restarts: Restarts::default(),
            stage: Stage::Asking(StatusQuery::begin(vault)),
        }
    }

    fn status_answered(mut self, answer: StatusAnswer) -> Next<Self> {
        let status = match (answer, self.target) {
            (StatusAnswer::Present(status), _) => status,
            (StatusAnswer::Erased, Target::Vault) => {
                return Next::Done(OwnerActionOutcome::Done { generation: None });
            }
            (StatusAnswer::Erased, Target::Slot(_)) => return Next::Done(OwnerActionOutcome::Erased),
            (StatusAnswer::Absent, _) => return Next::Done(OwnerActionOutcome::Absent),
            (StatusAnswer::Refused(refusal), _) => return Next::Done(OwnerActionOutcome::Refused(refusal)),
        };
        let action = match self.target {
            Target::Vault => ChangeAction::Erase,
            Target::Slot(number) if status.slots.as_slice().iter().any(|slot| slot.slot == number) => {
                ChangeAction::Remove(number)
            }
            Target::Slot(_) => {
                return Next::Done(OwnerActionOutcome::Done { generation: Some(status.generation) });
            }
        };
        let generation = status.generation;
        let signature = self.owner.sign_change(generation, &action);
        let change = Change { vault: self.vault, generation, action, signature };
        self.stage = Stage::Changing(Request::new(RequestBody::Change(change)));
        Next::Send(self)
    }

    fn change_refused(mut self, refusal: Refusal) -> Result<Next<Self>, FlowError> {
        if is_passing(refusal) {
            return Ok(Next::Again(self, refusal));
        }
        match (refusal, self.target) {
            // The vault has moved on; whether this very change did it, the status tells.
            (Refusal::GenerationConflict, _) => {
                self.restarts.take()?;
                self.stage = Stage::Asking(StatusQuery::begin(self.vault));
                Ok(Next::Send(self))
            }
            (Refusal::VaultErased, Target::Vault) => {
                Ok(Next::Done(OwnerActionOutcome::Done { generation: None }))
            }
            (Refusal::VaultErased, Target::Slot(_)) => Ok(Next::Done(OwnerActionOutcome::Erased)),
            (Refusal::NoSuchVault, _) => Ok(Next::Done(OwnerActionOutcome::Absent)),
            _ => Ok(Next::Done(OwnerActionOutcome::Refused(refusal))),
        }
    }
}

impl Flow for OwnerAction {
    type Outcome = OwnerActionOutcome;

    fn request(&self) -> &Request {
        match &self.stage {
            Stage::Asking(query) => query.request(),
            Stage::Changing(request) => request,
        }
    }

    fn pending(&self) -> Option<Pending> {
        None
    }

    fn answered(self, answer: Answer, _: &mut Tools<'_>) -> Result<Next<Self>, FlowError> {
        match (&self.stage, answer.body) {
            (Stage::Asking(_), AnswerBody::Status(StatusAnswer::Refused(refusal))) if is_passing(refusal) => {
                Ok(Next::Again(self, refusal))
            }
            (Stage::Asking(_), AnswerBody::Status(answer)) => Ok(self.status_answered(answer)),
            (Stage::Changing(_), AnswerBody::Change(Outcome::Done(done))) => {
                Ok(Next::Done(OwnerActionOutcome::Done { generation: Some(done.generation) }))
            }
            (Stage::Changing(_), AnswerBody::Change(Outcome::Refused(refusal))) => {
                self.change_refused(refusal)
            }
            _ => Err(FlowError::OtherAnswer),
        }
    }
}
