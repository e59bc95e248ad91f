//! Sets a new password: Status, Register, Change, Success.
//!
//! The guesses already spent carry over; the confirmation at the end is what refills them.

use super::{
    Flow, FlowError, Next, StatusQuery, Tools,
    upload::{Made, Plan, Purpose, Upload, UploadNext},
};
use crate::{BackupKey, Credential, Locator, Pending, PendingUpload};
use strongroom_protocol::{
    client::{Answer, Refusal, Request, SlotKind, StatusAnswer, VaultStatus},
    ids::{FleetId, Generation, SlotNumber, VaultId},
};

/// A change of the password, between two messages.
pub struct PasswordChange(Stage);

enum Stage {
    Asking { query: StatusQuery, ask: Ask },
    Uploading(Upload),
}

struct Ask {
    fleet: FleetId,
    vault: VaultId,
    slot: SlotNumber,
    key: BackupKey,
    credential: Credential,
}

/// How a change of the password ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordChangeOutcome {
    /// The new password is set.
    Changed {
        /// The slot that it stands in.
        slot: SlotNumber,
        /// The vault's generation.
        generation: Generation,
        /// Guesses left. Where none is and the change is not confirmed, the password is set and not yet usable.
        left: u8,
        /// Whether message 2 was acknowledged, which refills the budget.
        is_confirmed: bool,
    },
    /// An interrupted change was begun with another password.
    OtherPassword,
    /// There is no such vault.
    Absent,
    /// The vault was erased.
    Erased,
    /// The fleet refused.
    Refused(Refusal),
}

impl PasswordChange {
    /// Begins by asking for the vault's generation and slots.
    pub fn begin(locator: &Locator, key: BackupKey, credential: Credential) -> Self {
        let (fleet, vault, slot) = (locator.fleet(), locator.vault(), locator.slot());
        let ask = Ask { fleet, vault, slot, key, credential };
        Self(Stage::Asking { query: StatusQuery::begin(vault), ask })
    }

    /// Goes on with a change that may or may not have arrived. With the password that it was begun with,
    /// the change is the same, byte for byte.
    ///
    /// # Errors
    /// The credential cannot be used.
    pub fn resume(
        locator: &Locator,
        key: BackupKey,
        credential: Credential,
        pending: PendingUpload,
    ) -> Result<Self, FlowError> {
        let plan = Plan {
            fleet: locator.fleet(),
            vault: locator.vault(),
            slot: pending.slot.slot,
            purpose: pending.purpose,
            backup_key: key,
            credential,
        };
        Ok(Self(Stage::Uploading(Upload::resume(plan, pending)?)))
    }

    /// Gives the change where the fleet has proved that it holds the new slot, message 2 acknowledged or not.
    pub fn into_changed(self) -> Option<PasswordChangeOutcome> {
        match self.0 {
            Stage::Asking { .. } => None,
            Stage::Uploading(upload) => upload.into_proved().map(|(plan, made)| changed(&plan, made)),
        }
    }
}

impl Flow for PasswordChange {
    type Outcome = PasswordChangeOutcome;

    fn request(&self) -> &Request {
        match &self.0 {
            Stage::Asking { query, .. } => query.request(),
            Stage::Uploading(upload) => upload.request(),
        }
    }

    fn pending(&self) -> Option<Pending> {
        match &self.0 {
            Stage::Asking { .. } => None,
            Stage::Uploading(upload) => upload.pending(),
        }
    }

    fn answered(self, answer: Answer, tools: &mut Tools<'_>) -> Result<Next<Self>, FlowError> {
        match self.0 {
            Stage::Uploading(upload) => Ok(uploading(upload.answered(answer, tools)?)),
            Stage::Asking { query, ask } => match query.answered(answer, tools)? {
                Next::Send(query) => Ok(Next::Send(Self(Stage::Asking { query, ask }))),
                Next::Again(query, refusal) => Ok(Next::Again(Self(Stage::Asking { query, ask }), refusal)),
                Next::Done(StatusAnswer::Present(status)) => {
                    let upload = Upload::begin(plan_of(ask, &status), tools.rng)?;
                    Ok(Next::Send(Self(Stage::Uploading(upload))))
                }
                Next::Done(StatusAnswer::Absent) => Ok(Next::Done(PasswordChangeOutcome::Absent)),
                Next::Done(StatusAnswer::Erased) => Ok(Next::Done(PasswordChangeOutcome::Erased)),
                Next::Done(StatusAnswer::Refused(refusal)) => {
                    Ok(Next::Done(PasswordChangeOutcome::Refused(refusal)))
                }
            },
        }
    }
}

/// The password's slot where the vault has one, else the first free one, the locator's before all others.
fn plan_of(ask: Ask, status: &VaultStatus) -> Plan {
    let slots = status.slots.as_slice();
    let password = slots.iter().find(|slot| slot.kind == SlotKind::Password);
    let is_free = |number: &SlotNumber| slots.iter().all(|slot| slot.slot != *number);
    let free = || core::iter::once(ask.slot).chain((1..=8).filter_map(SlotNumber::new)).find(is_free);
    let (slot, purpose) = match password {
        Some(slot) if slot.erased == 0 => (slot.slot, Purpose::Replace(status.generation)),
        Some(slot) => (slot.slot, Purpose::Add(status.generation)),
        None => (free().unwrap_or(ask.slot), Purpose::Add(status.generation)),
    };
    let (fleet, vault) = (ask.fleet, ask.vault);
    Plan { fleet, vault, slot, purpose, backup_key: ask.key, credential: ask.credential }
}

fn changed(plan: &Plan, made: Made) -> PasswordChangeOutcome {
    let Made { generation, left, is_confirmed } = made;
    PasswordChangeOutcome::Changed { slot: plan.slot, generation, left, is_confirmed }
}

fn uploading(next: UploadNext) -> Next<PasswordChange> {
    let flow = |upload| PasswordChange(Stage::Uploading(upload));
    match next {
        UploadNext::Send(upload) => Next::Send(flow(upload)),
        UploadNext::Again(upload, refusal) => Next::Again(flow(upload), refusal),
        UploadNext::Made(plan, made) => Next::Done(changed(&plan, made)),
        UploadNext::OtherPassword => Next::Done(PasswordChangeOutcome::OtherPassword),
        UploadNext::Refused(_, Refusal::VaultErased) => Next::Done(PasswordChangeOutcome::Erased),
        UploadNext::Refused(_, Refusal::NoSuchVault) => Next::Done(PasswordChangeOutcome::Absent),
        UploadNext::Refused(_, refusal) => Next::Done(PasswordChangeOutcome::Refused(refusal)),
    }
}
