//! The entries that change a vault: what an HSM proposes for a request, and what is committed.
//!
//! Page: `docs/spec/vault.md`, "Entries". A proposal holds all that the rules need and nothing else of the request: hashes
//! for what is only compared, and the seed that the ticket held.
//!
//! Absent on purpose: the vault id. An entry names its record outside of this.

use strongroom_crypto::{SecretBytes, sign::check_public};
use strongroom_protocol::{
    DecodeError, client,
    client::{Refusal, SlotKind},
    ids::{AttemptId, Digest, FleetId, Generation, RegistrationId, SlotNumber},
    limits::{RECORD_BYTES, WRAPPED_KEY_BYTES},
};
use tls_codec::{DeserializeBytes, SerializeBytes, TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

use super::{Seed, change_hash, ke1_hash, upload_hash};

/// The attempt that an upload opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Confirmation {
    /// Names it.
    pub attempt: AttemptId,
    /// The hash of its KE1.
    pub ke1: Digest,
}

/// A slot to be put into a vault.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct NewSlot {
    /// Where it is to stand.
    pub number: SlotNumber,
    /// What kind of credential it is.
    pub kind: SlotKind,
    /// Names the registration.
    pub registration: RegistrationId,
    /// The number of the key-stretching parameters.
    pub stretching: u16,
    /// What the ticket held; `None` if it could not be opened, which only a repeat survives.
    pub seed: Option<Seed>,
    /// OPAQUE's registration record.
    pub record: [u8; RECORD_BYTES],
    /// The backup key, wrapped on the device.
    pub wrapped_key: [u8; WRAPPED_KEY_BYTES],
    /// For a password, the attempt that confirms it; for the others, nothing.
    pub confirmation: Option<Confirmation>,
}

/// Makes a vault.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Create {
    /// The hash of the whole upload.
    pub upload: Digest,
    /// The public half of the owner key.
    pub owner_key: [u8; 32],
    /// The first slot.
    pub slot: NewSlot,
}

/// What a change does.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Action {
    /// Puts a slot where none is, or an erased one.
    #[tls_codec(discriminant = 1)]
    Add(NewSlot),
    /// Puts a slot in place of another.
    Replace(NewSlot),
    /// Takes a slot out.
    Remove(SlotNumber),
    /// Erases the vault.
    Erase,
}

/// Changes a vault. The proposing HSM has verified the owner's signature, or believes it a repeat.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Change {
    /// The hash of the whole change.
    pub change: Digest,
    /// The generation that it is for.
    pub generation: Generation,
    /// What it does.
    pub action: Action,
}

/// Takes a guess for message 1 of a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Spend {
    /// The slot that is tried.
    pub slot: SlotNumber,
    /// Names the attempt.
    pub attempt: AttemptId,
    /// The hash of its KE1.
    pub ke1: Digest,
}

/// Calls an attempt a success. The proposing HSM has verified KE3 and the owner's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Success {
    /// The slot that was tried.
    pub slot: SlotNumber,
    /// The registration that KE3 was proved for.
    pub registration: RegistrationId,
    /// Names the attempt.
    pub attempt: AttemptId,
}

/// One entry for one vault.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Proposal {
    /// Makes a vault.
    #[tls_codec(discriminant = 1)]
    Create(Create),
    /// Changes one.
    Change(Change),
    /// Takes a guess.
    Spend(Spend),
    /// Calls an attempt a success.
    Success(Success),
}

impl NewSlot {
    /// Takes a slot as it was uploaded, with what its ticket held.
    pub fn of(upload: &client::SlotUpload, seed: Option<Seed>) -> Self {
        Self {
            number: upload.slot,
            kind: upload.kind.clone(),
            registration: upload.registration,
            stretching: upload.stretching,
            seed,
            record: upload.record,
            wrapped_key: upload.wrapped_key,
            confirmation: upload.confirmation.as_ref().map(|confirmation| Confirmation {
                attempt: confirmation.attempt,
                ke1: ke1_hash(&confirmation.ke1),
            }),
        }
    }

    /// Whether a password has a confirmation, and nothing else has one.
    pub(super) fn is_well_formed(&self) -> bool {
        matches!(self.kind, SlotKind::Password) == self.confirmation.is_some()
    }
}

impl Create {
    /// Proposes what an upload asks for.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] if the owner key is no key that could ever sign.
    pub fn of(fleet: &FleetId, request: &client::Create, seed: Option<Seed>) -> Result<Self, Refusal> {
        check_public(&request.owner_key).map_err(|_| Refusal::Malformed)?;
        Ok(Self {
            upload: upload_hash(fleet, request),
            owner_key: request.owner_key,
            slot: NewSlot::of(&request.slot, seed),
        })
    }
}

impl Change {
    /// Proposes what a change asks for; the seed is its ticket's, where it carries one.
    pub fn of(fleet: &FleetId, request: &client::Change, seed: Option<Seed>) -> Self {
        Self {
            change: change_hash(fleet, &request.vault, request.generation, &request.action),
            generation: request.generation,
            action: match &request.action {
                client::ChangeAction::Add(upload) => Action::Add(NewSlot::of(upload, seed)),
                client::ChangeAction::Replace(upload) => Action::Replace(NewSlot::of(upload, seed)),
                client::ChangeAction::Remove(slot) => Action::Remove(*slot),
                client::ChangeAction::Erase => Action::Erase,
            },
        }
    }
}

impl Spend {
    /// Proposes what message 1 asks for.
    pub fn of(request: &client::Attempt) -> Self {
        Self { slot: request.slot, attempt: request.attempt, ke1: ke1_hash(&request.ke1) }
    }
}

impl Proposal {
    /// Gives the one encoding of this proposal.
    pub fn encode(&self) -> SecretBytes {
        SecretBytes::new(self.tls_serialize_bytes().unwrap_or_default())
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// The bytes are truncated, hold an unknown variant or a field out of its bounds, or go on after the proposal.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::tls_deserialize_exact_bytes(bytes).map_err(|cause| DecodeError::new("Proposal", cause))
    }
}
