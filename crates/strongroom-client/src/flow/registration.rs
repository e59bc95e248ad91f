//! Makes a vault.

use super::{
    Flow, FlowError, Next, Restarts, Tools,
    upload::{Made, Plan, Purpose, Upload, UploadNext},
};
use crate::{BackupKey, Credential, Pending, PendingUpload};
use strongroom_crypto::Rng;
use strongroom_protocol::{
    client::{Answer, Refusal, Request},
    ids::{FleetId, Generation, SlotNumber, VaultId},
};

/// The making of a vault, between two messages.
///
/// Store the locator (by [`Self::vault`] and [`Self::slot`]), the backup key and [`Flow::pending`] before
/// anything is sent, and again whenever the vault id has become another.
pub struct Registration {
    upload: Upload,
    restarts: Restarts,
}

/// How making a vault ended.
#[derive(Debug)]
pub enum RegistrationOutcome {
    /// The vault is made and its slot was seen to work.
    Made {
        /// The vault.
        vault: VaultId,
        /// The slot.
        slot: SlotNumber,
        /// The backup key.
        key: BackupKey,
        /// The vault's generation.
        generation: Generation,
        /// Guesses left.
        left: u8,
        /// Whether message 2 was acknowledged.
        is_confirmed: bool,
    },
    /// An interrupted registration was begun with another password.
    OtherPassword,
    /// The fleet refused.
    Refused(Refusal),
}

impl Registration {
    /// Begins with a fresh vault id.
    ///
    /// # Errors
    /// The credential cannot be used.
    pub fn begin(
        fleet: FleetId,
        key: BackupKey,
        credential: Credential,
        rng: &mut dyn Rng,
    ) -> Result<Self, FlowError> {
        let vault = credential.vault().unwrap_or_else(|| random_vault(rng));
        Self::begin_at(fleet, vault, SlotNumber::FIRST, key, credential, rng)
    }

    /// Begins with a vault id under which nothing was uploaded yet.
    ///
    /// # Errors
    /// The credential cannot be used.
    pub fn begin_at(
        fleet: FleetId,
        vault: VaultId,
        slot: SlotNumber,
        key: BackupKey,
        credential: Credential,
        rng: &mut dyn Rng,
    ) -> Result<Self, FlowError> {
        let plan = Plan { fleet, vault, slot, purpose: Purpose::Create, backup_key: key, credential };
        Ok(Self { upload: Upload::begin(plan, rng)?, restarts: Restarts::default() })
    }

    /// Goes on with an upload that may or may not have arrived. With the password that it was begun
    /// with, the upload is the same, byte for byte.
    ///
    /// # Errors
    /// The credential cannot be used.
    pub fn resume(
        fleet: FleetId,
        vault: VaultId,
        key: BackupKey,
        credential: Credential,
        pending: PendingUpload,
    ) -> Result<Self, FlowError> {
        let (slot, purpose) = (pending.slot.slot, Purpose::Create);
        let plan = Plan { fleet, vault, slot, purpose, backup_key: key, credential };
        Ok(Self { upload: Upload::resume(plan, pending)?, restarts: Restarts::default() })
    }

    /// Gives the vault where the fleet has proved that it holds it, message 2 acknowledged or not.
    pub fn into_made(self) -> Option<RegistrationOutcome> {
        self.upload.into_proved().map(|(plan, made)| outcome_of(plan, made))
    }

    /// The vault that is being made.
    pub fn vault(&self) -> VaultId {
        self.upload.plan().vault
    }

    /// The slot that is being made.
    pub fn slot(&self) -> SlotNumber {
        self.upload.plan().slot
    }

    /// The backup key that the vault is to hold.
    pub fn key(&self) -> &BackupKey {
        &self.upload.plan().backup_key
    }
}

impl Flow for Registration {
    type Outcome = RegistrationOutcome;

    fn request(&self) -> &Request {
        self.upload.request()
    }

    fn pending(&self) -> Option<Pending> {
        self.upload.pending()
    }

    fn answered(self, answer: Answer, tools: &mut Tools<'_>) -> Result<Next<Self>, FlowError> {
        let Self { upload, mut restarts } = self;
        let was_resumed = upload.is_resumed();
        match upload.answered(answer, tools)? {
            UploadNext::Send(upload) => Ok(Next::Send(Self { upload, restarts })),
            UploadNext::Again(upload, refusal) => Ok(Next::Again(Self { upload, restarts }, refusal)),
            UploadNext::Made(plan, made) => Ok(Next::Done(outcome_of(plan, made))),
            UploadNext::OtherPassword => Ok(Next::Done(RegistrationOutcome::OtherPassword)),
            // Something of somebody else stands under the id.
            UploadNext::Refused(mut plan, Refusal::VaultExists | Refusal::VaultErased)
                if !was_resumed && plan.credential.vault().is_none() =>
            {
                restarts.take()?;
                plan.vault = random_vault(tools.rng);
                Ok(Next::Send(Self { upload: Upload::begin(plan, tools.rng)?, restarts }))
            }
            UploadNext::Refused(_, refusal) => Ok(Next::Done(RegistrationOutcome::Refused(refusal))),
        }
    }
}

fn outcome_of(plan: Plan, made: Made) -> RegistrationOutcome {
    RegistrationOutcome::Made {
        vault: plan.vault,
        slot: plan.slot,
        key: plan.backup_key,
        generation: made.generation,
        left: made.left,
        is_confirmed: made.is_confirmed,
    }
}

pub(crate) fn random_vault(rng: &mut dyn Rng) -> VaultId {
    let mut id = [0; 32];
    rng.fill(&mut id);
    VaultId::new(id)
}
