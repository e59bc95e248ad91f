//! From a credential to a confirmed slot: Register, Create or Change, Success.
//!
//! The part that making a vault and setting a password share. The upload carries a KE1 of its own; its KE2
//! shows the device at once that the slot works, and message 2 refills the budget.

use super::{FlowError, Restarts, Tools, is_passing};
use crate::{
    BackupKey, Credential, Pending, PendingUpload, StretchingPolicy,
    login::{Ends, Login},
    owner::Owner,
};
use strongroom_crypto::{
    Rng,
    opaque::ClientRegistration,
    wrap::{unwrap_backup_key, wrap_backup_key},
};
use strongroom_protocol::{
    client::{
        Answer, AnswerBody, Change, ChangeAction, Confirmation, Confirming, Create, Outcome, Refusal,
        Register, Registered, Request, RequestBody, SlotUpload, Success, Uploaded,
    },
    encode,
    ids::{FleetId, Generation, RegistrationId, SlotNumber, VaultId},
};

/// What the upload is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Makes the vault.
    Create,
    /// Puts a slot where none is, at this generation.
    Add(Generation),
    /// Puts a slot in place of another, at this generation.
    Replace(Generation),
}

/// What does not change while an upload goes on.
pub(crate) struct Plan {
    pub(crate) fleet: FleetId,
    pub(crate) vault: VaultId,
    pub(crate) slot: SlotNumber,
    pub(crate) purpose: Purpose,
    pub(crate) backup_key: BackupKey,
    pub(crate) credential: Credential,
}

/// An upload between two messages.
pub(crate) struct Upload {
    plan: Plan,
    stage: Stage,
    restarts: Restarts,
    is_resumed: bool,
    proved: Option<Made>,
}

enum Stage {
    Registering { registration: RegistrationId, state: ClientRegistration, request: Request },
    Uploading { sent: Sent },
    Confirming { sent: Sent, made: Made, success: Request },
}

/// An upload as it was or will be sent.
struct Sent {
    slot: SlotUpload,
    login: Login,
    request: Request,
}

/// What a committed upload gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) generation: Generation,
    pub(crate) left: u8,
    pub(crate) is_confirmed: bool,
}

/// How an upload goes on.
pub(crate) enum UploadNext {
    Send(Upload),
    Again(Upload, Refusal),
    Made(Plan, Made),
    /// An upload that was interrupted before was begun with another password.
    OtherPassword,
    Refused(Plan, Refusal),
}

impl Upload {
    pub(crate) fn begin(plan: Plan, rng: &mut dyn Rng) -> Result<Self, FlowError> {
        let stage = register(&plan, rng)?;
        Ok(Self { plan, stage, restarts: Restarts::default(), is_resumed: false, proved: None })
    }

    /// Goes on with an upload that may or may not have been committed.
    pub(crate) fn resume(mut plan: Plan, pending: PendingUpload) -> Result<Self, FlowError> {
        plan.purpose = pending.purpose;
        plan.slot = pending.slot.slot;
        let login = Login::again(pending.attempt, pending.login_seed, &plan.credential)?;
        let mut slot = pending.slot;
        slot.confirmation = confirmation(&plan, &login);
        let request = upload_request(&plan, &slot);
        let stage = Stage::Uploading { sent: Sent { slot, login, request } };
        Ok(Self { plan, stage, restarts: Restarts::default(), is_resumed: true, proved: None })
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was made, where the fleet has proved that it holds it, confirmed or not.
    pub(crate) fn into_proved(self) -> Option<(Plan, Made)> {
        let Self { plan, proved, .. } = self;
        proved.map(|made| (plan, made))
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    pub(crate) fn request(&self) -> &Request {
        match &self.stage {
            Stage::Registering { request, .. } => request,
            Stage::Uploading { sent } => &sent.request,
            Stage::Confirming { success, .. } => success,
        }
    }

    pub(crate) fn pending(&self) -> Option<Pending> {
        match &self.stage {
            Stage::Registering { .. } if self.plan.purpose == Purpose::Create => Some(Pending::Registration),
            Stage::Registering { .. } => None,
            Stage::Uploading { sent } => Some(Pending::Upload(pending_of(&self.plan, sent, None))),
            Stage::Confirming { sent, success, .. } => {
                Some(Pending::Upload(pending_of(&self.plan, sent, Some(encode(success)))))
            }
        }
    }

    pub(crate) fn answered(self, answer: Answer, tools: &mut Tools<'_>) -> Result<UploadNext, FlowError> {
        match (&self.stage, answer.body) {
            (Stage::Registering { .. }, AnswerBody::Register(Outcome::Done(registered))) => {
                self.registered(registered, tools)
            }
            (Stage::Registering { .. }, AnswerBody::Register(Outcome::Refused(refusal))) => {
                Ok(self.refused(refusal))
            }
            (Stage::Uploading { .. }, AnswerBody::Create(outcome) | AnswerBody::Change(outcome)) => {
                match outcome {
                    Outcome::Done(uploaded) => self.uploaded(uploaded, tools),
                    Outcome::Refused(refusal) => self.upload_refused(refusal, tools),
                }
            }
            (Stage::Confirming { .. }, AnswerBody::Success(outcome)) => self.success_answered(outcome),
            _ => Err(FlowError::OtherAnswer),
        }
    }

    /// Makes the record and the upload around it.
    fn registered(mut self, registered: Registered, tools: &mut Tools<'_>) -> Result<UploadNext, FlowError> {
        let Stage::Registering { registration, state, .. } = self.stage else {
            return Err(FlowError::OtherAnswer);
        };
        let plan = &self.plan;
        let stretching = tools.stretching.for_upload();
        let ends = Ends::of(plan.fleet, plan.vault, registration);
        let password = plan.credential.expose()?;
        let made = state.finish(password, &registered.response, ends.identities(), &stretching, tools.rng)?;
        let (vault, fleet) = (plan.vault.as_bytes(), plan.fleet.as_bytes());
        let key = plan.backup_key.secret();
        let login = Login::begin(&plan.credential, tools.rng)?;
        let slot = SlotUpload {
            slot: plan.slot,
            kind: plan.credential.slot_kind().clone(),
            registration,
            stretching: stretching.number(),
            ticket: registered.ticket,
            record: made.record,
            wrapped_key: wrap_backup_key(&made.export_key, vault, fleet, plan.slot.get(), key, tools.rng),
            confirmation: confirmation(plan, &login),
        };
        let request = upload_request(plan, &slot);
        self.stage = Stage::Uploading { sent: Sent { slot, login, request } };
        Ok(UploadNext::Send(self))
    }

    fn uploaded(mut self, uploaded: Uploaded, tools: &mut Tools<'_>) -> Result<UploadNext, FlowError> {
        let Stage::Uploading { mut sent } = self.stage else { return Err(FlowError::OtherAnswer) };
        let mut made = Made { generation: uploaded.generation, left: uploaded.left, is_confirmed: false };
        let Some(confirming) = uploaded.confirming else {
            // Nothing is to be confirmed, or the attempt is closed: message 2 of an earlier run has arrived.
            let has_nothing = !self.plan.credential.is_counted();
            made.is_confirmed = has_nothing || self.proved.is_some() || self.is_resumed;
            return Ok(UploadNext::Made(self.plan, made));
        };
        let success = match prove(&self.plan, &mut sent, confirming, tools) {
            Err(FlowError::NoProof) if self.is_resumed => return Ok(UploadNext::OtherPassword),
            other => other?,
        };
        self.proved = Some(made);
        self.stage = Stage::Confirming { sent, made, success };
        Ok(UploadNext::Send(self))
    }

    fn upload_refused(mut self, refusal: Refusal, tools: &mut Tools<'_>) -> Result<UploadNext, FlowError> {
        let may_turn = self.plan.credential.is_counted();
        match (refusal, self.plan.purpose) {
            // A passkey answers for one registration alone.
            (Refusal::RegistrationUsed, _) if self.plan.credential.registration().is_some() => {
                Ok(self.refused(refusal))
            }
            (Refusal::TicketDead | Refusal::RegistrationUsed, _) => {
                self.restarts.take()?;
                self.stage = register(&self.plan, tools.rng)?;
                self.is_resumed = false;
                Ok(UploadNext::Send(self))
            }
            (Refusal::WrongSlot, Purpose::Add(generation)) if may_turn => {
                self.with_purpose(Purpose::Replace(generation))
            }
            (Refusal::WrongSlot, Purpose::Replace(generation)) if may_turn => {
                self.with_purpose(Purpose::Add(generation))
            }
            _ => Ok(self.refused(refusal)),
        }
    }

    /// Signs the same slot for the other kind of change: whether an erased slot still stands is the fleet's to say.
    fn with_purpose(mut self, purpose: Purpose) -> Result<UploadNext, FlowError> {
        self.restarts.take()?;
        let Stage::Uploading { mut sent } = self.stage else { return Err(FlowError::OtherAnswer) };
        self.plan.purpose = purpose;
        sent.request = upload_request(&self.plan, &sent.slot);
        self.stage = Stage::Uploading { sent };
        Ok(UploadNext::Send(self))
    }

    fn success_answered(mut self, outcome: Outcome<u8>) -> Result<UploadNext, FlowError> {
        let Stage::Confirming { sent, made, success } = self.stage else {
            return Err(FlowError::OtherAnswer);
        };
        match outcome {
            Outcome::Done(left) => Ok(UploadNext::Made(self.plan, Made { left, is_confirmed: true, ..made })),
            Outcome::Refused(Refusal::TokenDead) => {
                self.restarts.take()?;
                self.stage = Stage::Uploading { sent };
                Ok(UploadNext::Send(self))
            }
            // Somebody who holds the backup key came later; there is nothing left to confirm.
            Outcome::Refused(Refusal::AttemptClosed) => {
                Ok(UploadNext::Made(self.plan, Made { is_confirmed: true, ..made }))
            }
            Outcome::Refused(refusal) => {
                self.stage = Stage::Confirming { sent, made, success };
                Ok(self.refused(refusal))
            }
        }
    }

    fn refused(self, refusal: Refusal) -> UploadNext {
        if is_passing(refusal) {
            UploadNext::Again(self, refusal)
        } else if self.is_resumed && refusal == Refusal::VaultExists {
            UploadNext::OtherPassword
        } else {
            UploadNext::Refused(self.plan, refusal)
        }
    }
}

fn register(plan: &Plan, rng: &mut dyn Rng) -> Result<Stage, FlowError> {
    let registration = plan.credential.registration().unwrap_or_else(|| random_registration(rng));
    let (state, request) = ClientRegistration::start(plan.credential.expose()?, rng)?;
    let generation = match plan.purpose {
        Purpose::Create => Generation(0),
        Purpose::Add(generation) | Purpose::Replace(generation) => generation,
    };
    let body = Register { vault: plan.vault, slot: plan.slot, registration, generation, request };
    Ok(Stage::Registering { registration, state, request: Request::new(RequestBody::Register(body)) })
}

pub(crate) fn random_registration(rng: &mut dyn Rng) -> RegistrationId {
    let mut id = [0; 16];
    rng.fill(&mut id);
    RegistrationId::new(id)
}

/// The attempt that confirms a password; other slots have none.
fn confirmation(plan: &Plan, login: &Login) -> Option<Confirmation> {
    let counted = plan.credential.is_counted();
    counted.then(|| Confirmation { attempt: login.attempt(), ke1: login.ke1() })
}

fn upload_request(plan: &Plan, slot: &SlotUpload) -> Request {
    let owner = Owner::of(&plan.backup_key, plan.fleet, plan.vault);
    let (generation, action) = match plan.purpose {
        Purpose::Create => {
            let create = Create { vault: plan.vault, owner_key: owner.public(), slot: slot.clone() };
            return Request::new(RequestBody::Create(create));
        }
        Purpose::Add(generation) => (generation, ChangeAction::Add(slot.clone())),
        Purpose::Replace(generation) => (generation, ChangeAction::Replace(slot.clone())),
    };
    let signature = owner.sign_change(generation, &action);
    Request::new(RequestBody::Change(Change { vault: plan.vault, generation, action, signature }))
}

/// Opens KE2 for the upload's own KE1, looks whether the wrap opens, and makes message 2.
fn prove(
    plan: &Plan,
    sent: &mut Sent,
    confirming: Confirming,
    tools: &mut Tools<'_>,
) -> Result<Request, FlowError> {
    // The number is the device's own, so there is no floor to hold it against.
    let stretching = StretchingPolicy::InsecureNone.for_answer(sent.slot.stretching)?;
    let ends = Ends::of(plan.fleet, plan.vault, sent.slot.registration);
    let opened = sent.login.finish(&plan.credential, &confirming.ke2, &ends, &stretching, tools.rng)?;
    let (vault, fleet) = (plan.vault.as_bytes(), plan.fleet.as_bytes());
    let key = unwrap_backup_key(&opened.export_key, vault, fleet, plan.slot.get(), &sent.slot.wrapped_key)?;
    if !plan.backup_key.secret().matches(&key) {
        return Err(FlowError::WrapDoesNotOpen);
    }
    let owner = Owner::of(&plan.backup_key, plan.fleet, plan.vault);
    let signature = owner.sign_success(plan.slot, sent.slot.registration, sent.login.attempt());
    let success = Success { token: confirming.token, ke3: opened.ke3, signature };
    Ok(Request::new(RequestBody::Success(success)))
}

fn pending_of(plan: &Plan, sent: &Sent, success: Option<Vec<u8>>) -> PendingUpload {
    let mut slot = sent.slot.clone();
    slot.confirmation = None;
    PendingUpload {
        purpose: plan.purpose,
        slot,
        attempt: sent.login.attempt(),
        login_seed: sent.login.seed().duplicate(),
        success,
    }
}
