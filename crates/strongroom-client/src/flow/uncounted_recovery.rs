//! Gets the backup key back by a recovery code or a passkey: Status, then Attempt.
//!
//! Such attempts are not counted, so nothing is written at the fleet, no message 2 follows, and an interrupted
//! recovery is begun anew without loss.

use super::{Confirmation, Flow, FlowError, GuessMemory, Next, Recovered, StatusQuery, Tools, is_passing};
use crate::{
    BackupKey, Credential, CredentialError, Locator, Pending,
    login::{Ends, Login},
};
use std::collections::VecDeque;
use strongroom_crypto::{Rng, wrap::unwrap_backup_key};
use strongroom_protocol::{
    client::{
        Answer, AnswerBody, Answered, Attempt, AttemptAnswer, Refusal, Request, RequestBody, SlotKind,
        StatusAnswer, VaultStatus,
    },
    ids::{FleetId, SlotNumber, VaultId},
};

/// A recovery by a recovery code or a passkey, between two messages.
pub struct UncountedRecovery {
    base: Base,
    stage: Stage,
}

struct Base {
    fleet: FleetId,
    vault: VaultId,
    credential: Credential,
    memory: GuessMemory,
    /// What is tried next: each slot that may be meant, with each code that may be meant.
    waiting: VecDeque<(SlotNumber, Credential)>,
    /// Whether a slot has answered that the credential is wrong.
    was_wrong: bool,
}

enum Stage {
    Asking(StatusQuery),
    Trying(Trying),
}

struct Trying {
    slot: SlotNumber,
    credential: Credential,
    login: Login,
    request: Request,
}

/// How it ended.
#[derive(Debug)]
pub enum UncountedOutcome {
    /// With the backup key.
    Recovered(Recovered),
    /// The credential opens no slot of this vault. No guess was spent.
    Wrong,
    /// The vault has no slot of this kind, or not any more.
    NoSlot,
    /// The vault was erased.
    Erased,
    /// There is no such vault.
    Absent,
    /// The fleet refused.
    Refused(Refusal),
}

impl UncountedRecovery {
    /// Begins by asking which slots the vault has.
    ///
    /// # Errors
    /// The credential is a password, whose guesses are counted.
    pub fn begin(locator: &Locator, credential: Credential, memory: GuessMemory) -> Result<Self, FlowError> {
        if credential.is_counted() {
            return Err(CredentialError::Password.into());
        }
        let (fleet, vault) = (locator.fleet(), locator.vault());
        let waiting = VecDeque::new();
        let base = Base { fleet, vault, credential, memory, waiting, was_wrong: false };
        Ok(Self { base, stage: Stage::Asking(StatusQuery::begin(vault)) })
    }
}

impl Flow for UncountedRecovery {
    type Outcome = UncountedOutcome;

    fn request(&self) -> &Request {
        match &self.stage {
            Stage::Asking(query) => query.request(),
            Stage::Trying(trying) => &trying.request,
        }
    }

    fn pending(&self) -> Option<Pending> {
        None
    }

    fn answered(self, answer: Answer, tools: &mut Tools<'_>) -> Result<Next<Self>, FlowError> {
        let Self { mut base, stage } = self;
        match stage {
            Stage::Asking(query) => match query.answered(answer, tools)? {
                Next::Send(query) => Ok(Next::Send(Self { base, stage: Stage::Asking(query) })),
                Next::Again(query, refusal) => {
                    Ok(Next::Again(Self { base, stage: Stage::Asking(query) }, refusal))
                }
                Next::Done(StatusAnswer::Present(status)) => {
                    base.waiting = base.meant(&status);
                    base.try_next(tools.rng)
                }
                Next::Done(StatusAnswer::Absent) => Ok(Next::Done(UncountedOutcome::Absent)),
                Next::Done(StatusAnswer::Erased) => Ok(Next::Done(UncountedOutcome::Erased)),
                Next::Done(StatusAnswer::Refused(refusal)) => {
                    Ok(Next::Done(UncountedOutcome::Refused(refusal)))
                }
            },
            Stage::Trying(trying) => match answer.body {
                AnswerBody::Attempt(AttemptAnswer::Answered(answered)) => {
                    base.opened(trying, &answered, tools)
                }
                AnswerBody::Attempt(answer) => base.not_answered(trying, answer, tools.rng),
                _ => Err(FlowError::OtherAnswer),
            },
        }
    }
}

impl Base {
    /// The slots that the credential may open.
    fn meant(&self, status: &VaultStatus) -> VecDeque<(SlotNumber, Credential)> {
        let slots = status.slots.as_slice().iter().filter(|slot| match self.credential.registration() {
            Some(registration) => slot.registration == registration,
            None => slot.kind == *self.credential.slot_kind(),
        });
        let is_uncounted = |kind: &SlotKind| *kind != SlotKind::Password;
        let slots = slots.filter(|slot| is_uncounted(&slot.kind));
        slots.flat_map(|slot| self.credential.each().map(|credential| (slot.slot, credential))).collect()
    }

    fn try_next(mut self, rng: &mut dyn Rng) -> Result<Next<UncountedRecovery>, FlowError> {
        let Some((slot, credential)) = self.waiting.pop_front() else {
            let outcome = if self.was_wrong { UncountedOutcome::Wrong } else { UncountedOutcome::NoSlot };
            return Ok(Next::Done(outcome));
        };
        let login = Login::begin(&credential, rng)?;
        let body = Attempt { vault: self.vault, slot, attempt: login.attempt(), ke1: login.ke1() };
        let request = Request::new(RequestBody::Attempt(body));
        let stage = Stage::Trying(Trying { slot, credential, login, request });
        Ok(Next::Send(UncountedRecovery { base: self, stage }))
    }

    fn opened(
        mut self,
        mut trying: Trying,
        answered: &Answered,
        tools: &mut Tools<'_>,
    ) -> Result<Next<UncountedRecovery>, FlowError> {
        let stretching = tools.stretching.for_answer(answered.stretching)?;
        let ends = Ends::of(self.fleet, self.vault, answered.registration);
        let finished = trying.login.finish(&trying.credential, &answered.ke2, &ends, &stretching, tools.rng);
        let logged_in = match finished {
            Err(FlowError::NoProof) => {
                self.was_wrong = true;
                return self.try_next(tools.rng);
            }
            other => other?,
        };
        let (vault, fleet) = (self.vault.as_bytes(), self.fleet.as_bytes());
        let slot = trying.slot.get();
        let key = unwrap_backup_key(&logged_in.export_key, vault, fleet, slot, &answered.wrapped_key)?;
        Ok(Next::Done(UncountedOutcome::Recovered(Recovered {
            key: BackupKey::from_secret(key),
            generation: answered.generation,
            failed: answered.failed,
            failed_elsewhere: self.memory.elsewhere(answered.failed),
            confirmation: Confirmation::Uncounted,
        })))
    }

    fn not_answered(
        self,
        trying: Trying,
        answer: AttemptAnswer,
        rng: &mut dyn Rng,
    ) -> Result<Next<UncountedRecovery>, FlowError> {
        match answer {
            AttemptAnswer::Refused(refusal) if is_passing(refusal) => {
                Ok(Next::Again(UncountedRecovery { base: self, stage: Stage::Trying(trying) }, refusal))
            }
            // The slot was removed, or a password stands there now.
            AttemptAnswer::Refused(Refusal::WrongSlot) => self.try_next(rng),
            AttemptAnswer::Refused(Refusal::VaultErased) => Ok(Next::Done(UncountedOutcome::Erased)),
            AttemptAnswer::Refused(refusal) => Ok(Next::Done(UncountedOutcome::Refused(refusal))),
            AttemptAnswer::Absent => Ok(Next::Done(UncountedOutcome::Absent)),
            AttemptAnswer::Erased | AttemptAnswer::Later | AttemptAnswer::Answered(_) => {
                Err(FlowError::OtherAnswer)
            }
        }
    }
}
