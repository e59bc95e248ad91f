//! Adds a recovery code or a passkey to a vault: Status, Register, Change.
//!
//! The other slots stay as they are. Whether the new one opens the vault is seen by a recovery afterwards
//! ([`super::UncountedRecovery`]), which costs nothing.

use super::{
    Flow, FlowError, Next, Restarts, StatusQuery, Tools,
    upload::{Plan, Purpose, Upload, UploadNext},
};
use crate::{BackupKey, Credential, CredentialError, Locator, Pending};
use strongroom_protocol::{
    client::{Answer, Refusal, Request, SlotKind, SlotStatus, StatusAnswer, VaultStatus},
    ids::{FleetId, Generation, SlotNumber, VaultId},
};

/// Where a new slot goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Where none is.
    Free,
    /// In place of this one, which opens the vault no more.
    Of(SlotNumber),
}

/// The adding of a slot, between two messages.
pub struct SlotAddition {
    base: Base,
    stage: Stage,
}

struct Base {
    fleet: FleetId,
    vault: VaultId,
    /// The password's slot, which is left free for one as long as another is.
    reserved: SlotNumber,
    key: BackupKey,
    credential: Credential,
    place: Place,
    restarts: Restarts,
}

enum Stage {
    Asking(StatusQuery),
    Uploading(Upload),
}

/// How the adding of a slot ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotAdditionOutcome {
    /// The slot stands.
    Added {
        /// Its number.
        slot: SlotNumber,
        /// The vault's generation.
        generation: Generation,
    },
    /// The vault has a recovery code, or this very passkey, already.
    Taken(SlotNumber),
    /// All eight slots are taken.
    Full,
    /// What is to be replaced is no recovery code or passkey, or nothing at all.
    NothingToReplace,
    /// There is no such vault.
    Absent,
    /// The vault was erased.
    Erased,
    /// The fleet refused.
    Refused(Refusal),
}

impl SlotAddition {
    /// Begins by asking for the vault's generation and slots.
    ///
    /// # Errors
    /// The credential is a password, or could not be read for certain.
    pub fn begin(
        locator: &Locator,
        key: BackupKey,
        credential: Credential,
        place: Place,
    ) -> Result<Self, FlowError> {
        if credential.is_counted() {
            return Err(CredentialError::Password.into());
        }
        credential.expose()?;
        let (fleet, vault, reserved) = (locator.fleet(), locator.vault(), locator.slot());
        let restarts = Restarts::default();
        let base = Base { fleet, vault, reserved, key, credential, place, restarts };
        Ok(base.asking(StatusQuery::begin(vault)))
    }
}

impl Base {
    fn asking(self, query: StatusQuery) -> SlotAddition {
        SlotAddition { base: self, stage: Stage::Asking(query) }
    }

    fn uploading(self, upload: Upload) -> SlotAddition {
        SlotAddition { base: self, stage: Stage::Uploading(upload) }
    }

    fn status_answered(
        self,
        answer: StatusAnswer,
        tools: &mut Tools<'_>,
    ) -> Result<Next<SlotAddition>, FlowError> {
        let status = match answer {
            StatusAnswer::Present(status) => status,
            StatusAnswer::Absent => return Ok(Next::Done(SlotAdditionOutcome::Absent)),
            StatusAnswer::Erased => return Ok(Next::Done(SlotAdditionOutcome::Erased)),
            StatusAnswer::Refused(refusal) => return Ok(Next::Done(SlotAdditionOutcome::Refused(refusal))),
        };
        match self.plan(&status) {
            Ok(plan) => {
                let upload = Upload::begin(plan, tools.rng)?;
                Ok(Next::Send(self.uploading(upload)))
            }
            Err(outcome) => Ok(Next::Done(outcome)),
        }
    }

    fn upload_answered(mut self, next: UploadNext) -> Result<Next<SlotAddition>, FlowError> {
        Ok(match next {
            UploadNext::Send(upload) => Next::Send(self.uploading(upload)),
            UploadNext::Again(upload, refusal) => Next::Again(self.uploading(upload), refusal),
            UploadNext::Made(plan, made) => {
                let (slot, generation) = (plan.slot, made.generation);
                Next::Done(SlotAdditionOutcome::Added { slot, generation })
            }
            // Another device has changed the vault in the meantime.
            UploadNext::Refused(plan, Refusal::GenerationConflict) => {
                self.restarts.take()?;
                Next::Send(self.asking(StatusQuery::begin(plan.vault)))
            }
            UploadNext::OtherPassword => return Err(FlowError::OtherAnswer),
            UploadNext::Refused(_, Refusal::VaultErased) => Next::Done(SlotAdditionOutcome::Erased),
            UploadNext::Refused(_, Refusal::NoSuchVault) => Next::Done(SlotAdditionOutcome::Absent),
            UploadNext::Refused(_, refusal) => Next::Done(SlotAdditionOutcome::Refused(refusal)),
        })
    }

    fn plan(&self, status: &VaultStatus) -> Result<Plan, SlotAdditionOutcome> {
        let slots = status.slots.as_slice();
        let (slot, purpose) = match self.place {
            Place::Of(number) => {
                let known = slots.iter().find(|slot| slot.slot == number && slot.kind != SlotKind::Password);
                let known = known.ok_or(SlotAdditionOutcome::NothingToReplace)?;
                (known.slot, Purpose::Replace(status.generation))
            }
            Place::Free => {
                if let Some(taken) = slots.iter().find(|slot| self.is_same(slot)) {
                    return Err(SlotAdditionOutcome::Taken(taken.slot));
                }
                (self.free_slot(slots).ok_or(SlotAdditionOutcome::Full)?, Purpose::Add(status.generation))
            }
        };
        let (backup_key, credential) = (self.key.duplicate(), self.credential.duplicate());
        Ok(Plan { fleet: self.fleet, vault: self.vault, slot, purpose, backup_key, credential })
    }

    /// Whether a slot holds what is to be added: there is one recovery code, and each passkey once.
    fn is_same(&self, slot: &SlotStatus) -> bool {
        match (&slot.kind, self.credential.slot_kind()) {
            (SlotKind::Passkey(known), SlotKind::Passkey(new)) => {
                known.credential_id == new.credential_id && known.rp_id == new.rp_id
            }
            (known, new) => known == new,
        }
    }

    fn free_slot(&self, slots: &[SlotStatus]) -> Option<SlotNumber> {
        let is_free = |number: &SlotNumber| slots.iter().all(|slot| slot.slot != *number);
        let others = (1..=8).filter_map(SlotNumber::new).filter(|number| *number != self.reserved);
        others.chain(core::iter::once(self.reserved)).find(is_free)
    }
}

impl Flow for SlotAddition {
    type Outcome = SlotAdditionOutcome;

    fn request(&self) -> &Request {
        match &self.stage {
            Stage::Asking(query) => query.request(),
            Stage::Uploading(upload) => upload.request(),
        }
    }

    fn pending(&self) -> Option<Pending> {
        None
    }

    fn answered(self, answer: Answer, tools: &mut Tools<'_>) -> Result<Next<Self>, FlowError> {
        let Self { base, stage } = self;
        match stage {
            Stage::Uploading(upload) => base.upload_answered(upload.answered(answer, tools)?),
            Stage::Asking(query) => match query.answered(answer, tools)? {
                Next::Send(query) => Ok(Next::Send(base.asking(query))),
                Next::Again(query, refusal) => Ok(Next::Again(base.asking(query), refusal)),
                Next::Done(answer) => base.status_answered(answer, tools),
            },
        }
    }
}
