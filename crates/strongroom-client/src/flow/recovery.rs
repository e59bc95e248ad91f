//! Gets the backup key back: Attempt, then Success.

use super::{Flow, FlowError, GuessMemory, Next, Restarts, Tools, is_passing};
use crate::{
    BackupKey, Credential, CredentialError, Locator, Pending, PendingAttempt,
    login::{Ends, Login},
    owner::Owner,
};
use strongroom_crypto::{Rng, wrap::unwrap_backup_key};
use strongroom_protocol::{
    client::{
        Answer, AnswerBody, Answered, Attempt, AttemptAnswer, Outcome, Refusal, Request, RequestBody, Success,
    },
    encode,
    ids::{FleetId, Generation, SlotNumber, VaultId},
};

/// A recovery, between two messages.
pub struct Recovery {
    base: Base,
    stage: Stage,
}

/// What does not depend on the stage.
struct Base {
    fleet: FleetId,
    vault: VaultId,
    slot: SlotNumber,
    credential: Credential,
    memory: GuessMemory,
    restarts: Restarts,
}

enum Stage {
    Attempting(Attempting),
    Confirming(Confirming),
}

/// Message 1 is to be answered, for the first time or after a token died.
struct Attempting {
    login: Login,
    request: Request,
    is_resumed: bool,
    opened: Option<Recovered>,
}

/// The key is in hand, and message 2 is to be answered.
struct Confirming {
    login: Login,
    attempt: Request,
    success: Request,
    opened: Recovered,
}

/// The backup key, and what came with it.
#[derive(Debug)]
pub struct Recovered {
    /// The backup key.
    pub key: BackupKey,
    /// The vault's generation.
    pub generation: Generation,
    /// Wrong guesses since the vault's last success, on any device.
    pub failed: u32,
    /// How many of them were not made on this device.
    pub failed_elsewhere: u32,
    /// Whether the budget was refilled.
    pub confirmation: Confirmation,
}

/// How message 2 of a recovery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// The fleet counted the success; so many guesses are left.
    Confirmed {
        /// Guesses left.
        left: u8,
    },
    /// Nobody acknowledged it in time; it can be sent again.
    Undelivered,
    /// There was none: attempts at a recovery code or a passkey are not counted, and refill nothing.
    Uncounted,
    /// The fleet did not count it: somebody changed the vault or succeeded after this attempt.
    Refused(Refusal),
}

/// How a recovery ended.
#[derive(Debug)]
pub enum RecoveryOutcome {
    /// With the backup key.
    Recovered(Recovered),
    /// The password is wrong; the guess is spent.
    WrongPassword {
        /// Guesses left.
        left: u8,
        /// Wrong guesses since the last success, this one not counted.
        failed: u32,
        /// How many of those were not made on this device.
        failed_elsewhere: u32,
        /// What the device has to remember.
        memory: GuessMemory,
    },
    /// No guess was left: the slot is erased, for ever.
    Erased,
    /// There is no such vault.
    Absent,
    /// Too many attempts are remembered. Nothing was spent; it goes on in some minutes.
    Later,
    /// The fleet refused; nothing was spent.
    Refused(Refusal),
}

impl Recovery {
    /// Begins an attempt, or goes on with one that was interrupted.
    ///
    /// With the password that it was begun with, an interrupted attempt is the same, byte for byte, and
    /// costs nothing more. With another password the fleet refuses it, and a fresh attempt follows.
    ///
    /// # Errors
    /// The credential is no password, or cannot be used.
    pub fn begin(
        locator: &Locator,
        credential: Credential,
        memory: GuessMemory,
        pending: Option<PendingAttempt>,
        rng: &mut dyn Rng,
    ) -> Result<Self, FlowError> {
        if !credential.is_counted() {
            return Err(CredentialError::NoPassword.into());
        }
        let is_resumed = pending.is_some();
        let login = match pending {
            Some(pending) => Login::again(pending.attempt, pending.login_seed, &credential)?,
            None => Login::begin(&credential, rng)?,
        };
        let (fleet, vault, slot) = (locator.fleet(), locator.vault(), locator.slot());
        let base = Base { fleet, vault, slot, credential, memory, restarts: Restarts::default() };
        let stage = Stage::Attempting(base.attempting(login, is_resumed));
        Ok(Self { base, stage })
    }

    /// The backup key where the device holds it already, so that only message 2 is left.
    pub fn opened(&self) -> Option<&Recovered> {
        match &self.stage {
            Stage::Attempting(attempting) => attempting.opened.as_ref(),
            Stage::Confirming(confirming) => Some(&confirming.opened),
        }
    }

    /// Gives the backup key where the device holds it, message 2 acknowledged or not.
    pub fn into_opened(self) -> Option<Recovered> {
        match self.stage {
            Stage::Attempting(attempting) => attempting.opened,
            Stage::Confirming(confirming) => Some(confirming.opened),
        }
    }

    /// What the device has to remember of its own wrong guesses.
    pub fn memory(&self) -> GuessMemory {
        self.base.memory
    }
}

impl Flow for Recovery {
    type Outcome = RecoveryOutcome;

    fn request(&self) -> &Request {
        match &self.stage {
            Stage::Attempting(attempting) => &attempting.request,
            Stage::Confirming(confirming) => &confirming.success,
        }
    }

    fn pending(&self) -> Option<Pending> {
        let (login, success) = match &self.stage {
            Stage::Attempting(attempting) => (&attempting.login, None),
            Stage::Confirming(confirming) => (&confirming.login, Some(encode(&confirming.success))),
        };
        let (attempt, login_seed) = (login.attempt(), login.seed().duplicate());
        Some(Pending::Attempt(PendingAttempt { attempt, login_seed, success }))
    }

    fn answered(self, answer: Answer, tools: &mut Tools<'_>) -> Result<Next<Self>, FlowError> {
        match (self.stage, answer.body) {
            (Stage::Attempting(stage), AnswerBody::Attempt(AttemptAnswer::Answered(answered))) => {
                self.base.open(stage, answered, tools)
            }
            (Stage::Attempting(stage), AnswerBody::Attempt(answer)) => {
                self.base.not_answered(stage, answer, tools)
            }
            (Stage::Confirming(stage), AnswerBody::Success(outcome)) => self.base.confirmed(stage, outcome),
            _ => Err(FlowError::OtherAnswer),
        }
    }
}

impl Base {
    fn attempting(&self, login: Login, is_resumed: bool) -> Attempting {
        let (attempt, ke1) = (login.attempt(), login.ke1());
        let body = Attempt { vault: self.vault, slot: self.slot, attempt, ke1 };
        Attempting { login, request: Request::new(RequestBody::Attempt(body)), is_resumed, opened: None }
    }

    /// Opens KE2 and the wrapped key, and makes message 2.
    fn open(
        self,
        stage: Attempting,
        answered: Answered,
        tools: &mut Tools<'_>,
    ) -> Result<Next<Recovery>, FlowError> {
        let stretching = tools.stretching.for_answer(answered.stretching)?;
        let Attempting { mut login, request: attempt, opened: earlier, .. } = stage;
        let ends = Ends::of(self.fleet, self.vault, answered.registration);
        let logged_in = match login.finish(&self.credential, &answered.ke2, &ends, &stretching, tools.rng) {
            Err(FlowError::NoProof) => return Ok(Next::Done(self.wrong_password(&answered))),
            other => other?,
        };
        let (vault, fleet) = (self.vault.as_bytes(), self.fleet.as_bytes());
        let key =
            unwrap_backup_key(&logged_in.export_key, vault, fleet, self.slot.get(), &answered.wrapped_key)?;
        let key = BackupKey::from_secret(key);
        if answered.token.is_empty() {
            // There is nothing to prove it with: the slot is none whose guesses are counted.
            let elsewhere = self.memory.elsewhere(answered.failed);
            return Ok(Next::Done(uncounted(key, &answered, elsewhere)));
        }
        let owner = Owner::of(&key, self.fleet, self.vault);
        let signature = owner.sign_success(self.slot, answered.registration, login.attempt());
        let body = Success { token: answered.token, ke3: logged_in.ke3, signature };
        let success = Request::new(RequestBody::Success(body));
        let opened = earlier.unwrap_or(Recovered {
            key,
            generation: answered.generation,
            failed: answered.failed,
            failed_elsewhere: self.memory.elsewhere(answered.failed),
            confirmation: Confirmation::Undelivered,
        });
        let stage = Stage::Confirming(Confirming { login, attempt, success, opened });
        Ok(Next::Send(Recovery { base: self, stage }))
    }

    fn wrong_password(&self, answered: &Answered) -> RecoveryOutcome {
        RecoveryOutcome::WrongPassword {
            left: answered.left,
            failed: answered.failed,
            failed_elsewhere: self.memory.elsewhere(answered.failed),
            memory: self.memory.after_wrong_guess(answered.failed),
        }
    }

    fn not_answered(
        mut self,
        stage: Attempting,
        answer: AttemptAnswer,
        tools: &mut Tools<'_>,
    ) -> Result<Next<Recovery>, FlowError> {
        let (outcome, refusal) = match answer {
            AttemptAnswer::Refused(refusal) if is_passing(refusal) => {
                return Ok(Next::Again(Recovery { base: self, stage: Stage::Attempting(stage) }, refusal));
            }
            AttemptAnswer::Refused(Refusal::AttemptClosed) if stage.is_resumed && stage.opened.is_none() => {
                self.memory = self.memory.after_abandoned_attempt();
                let fresh = self.attempting(Login::begin(&self.credential, tools.rng)?, false);
                return Ok(Next::Send(Recovery { base: self, stage: Stage::Attempting(fresh) }));
            }
            AttemptAnswer::Answered(_) => return Err(FlowError::OtherAnswer),
            AttemptAnswer::Erased => (RecoveryOutcome::Erased, Refusal::WrongSlot),
            AttemptAnswer::Absent => (RecoveryOutcome::Absent, Refusal::NoSuchVault),
            AttemptAnswer::Later => (RecoveryOutcome::Later, Refusal::Busy),
            AttemptAnswer::Refused(Refusal::VaultErased) => (RecoveryOutcome::Erased, Refusal::VaultErased),
            AttemptAnswer::Refused(refusal) => (RecoveryOutcome::Refused(refusal), refusal),
        };
        // A key in hand is not lost because its confirmation came too late.
        Ok(Next::Done(match stage.opened {
            Some(opened) => ended(opened, Confirmation::Refused(refusal)),
            None => outcome,
        }))
    }

    fn confirmed(mut self, stage: Confirming, outcome: Outcome<u8>) -> Result<Next<Recovery>, FlowError> {
        let refusal = match outcome {
            Outcome::Done(left) => {
                return Ok(Next::Done(ended(stage.opened, Confirmation::Confirmed { left })));
            }
            Outcome::Refused(refusal) => refusal,
        };
        if is_passing(refusal) {
            return Ok(Next::Again(Recovery { base: self, stage: Stage::Confirming(stage) }, refusal));
        }
        if refusal != Refusal::TokenDead || self.restarts.take().is_err() {
            return Ok(Next::Done(ended(stage.opened, Confirmation::Refused(refusal))));
        }
        let Confirming { login, attempt: request, opened, .. } = stage;
        let stage = Attempting { login, request, is_resumed: false, opened: Some(opened) };
        Ok(Next::Send(Recovery { base: self, stage: Stage::Attempting(stage) }))
    }
}

fn uncounted(key: BackupKey, answered: &Answered, failed_elsewhere: u32) -> RecoveryOutcome {
    let (generation, failed) = (answered.generation, answered.failed);
    let confirmation = Confirmation::Uncounted;
    RecoveryOutcome::Recovered(Recovered { key, generation, failed, failed_elsewhere, confirmation })
}

fn ended(opened: Recovered, confirmation: Confirmation) -> RecoveryOutcome {
    RecoveryOutcome::Recovered(Recovered { confirmation, ..opened })
}
