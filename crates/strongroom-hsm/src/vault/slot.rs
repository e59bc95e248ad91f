//! One slot of a vault: a credential's registration, or the mark that one was erased.
//!
//! Absent on purpose: any way from here to a password's seed that does not pass [`super::apply`] or a change
//! of the slot; what stands in a slot is visible to the rules of the vault only.

use strongroom_protocol::{
    client::{Passkey, SlotKind},
    ids::{RegistrationId, SlotNumber},
    limits::{RECORD_BYTES, WRAPPED_KEY_BYTES},
};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

use super::Seed;

/// What one registration left with the fleet.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Registration {
    pub(super) id: RegistrationId,
    pub(super) stretching: u16,
    pub(super) seed: Seed,
    pub(super) record: [u8; RECORD_BYTES],
    pub(super) wrapped_key: [u8; WRAPPED_KEY_BYTES],
}

impl Registration {
    /// Names it.
    pub fn id(&self) -> RegistrationId {
        self.id
    }

    /// The number of its key-stretching parameters.
    pub fn stretching(&self) -> u16 {
        self.stretching
    }

    /// What its OPAQUE keys are derived from.
    pub fn seed(&self) -> &Seed {
        &self.seed
    }

    /// OPAQUE's registration record.
    pub fn record(&self) -> &[u8; RECORD_BYTES] {
        &self.record
    }

    /// The backup key, wrapped on the device.
    pub fn wrapped_key(&self) -> &[u8; WRAPPED_KEY_BYTES] {
        &self.wrapped_key
    }

    /// Makes a second holder of the same registration, for an answer that outlives the record.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self {
            id: self.id,
            stretching: self.stretching,
            seed: self.seed.duplicate(),
            record: self.record,
            wrapped_key: self.wrapped_key,
        }
    }
}

/// A passkey's registration, and what lets a device find the passkey again.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub(super) struct PasskeySlot {
    pub(super) passkey: Passkey,
    pub(super) registration: Registration,
}

/// What stands in a slot.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub(super) enum SlotState {
    /// A live password, whose guesses are counted.
    #[tls_codec(discriminant = 1)]
    Password(Registration),
    /// A password that was erased because no guess was left.
    Erased(RegistrationId),
    /// A recovery code.
    RecoveryCode(Registration),
    /// A passkey.
    Passkey(PasskeySlot),
}

/// One slot of a vault.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Slot {
    pub(super) number: SlotNumber,
    pub(super) state: SlotState,
}

impl Slot {
    /// Its number in the vault.
    pub fn number(&self) -> SlotNumber {
        self.number
    }

    /// What kind of credential it is or, for an erased one, was.
    pub fn kind(&self) -> SlotKind {
        match &self.state {
            SlotState::Password(_) | SlotState::Erased(_) => SlotKind::Password,
            SlotState::RecoveryCode(_) => SlotKind::RecoveryCode,
            SlotState::Passkey(slot) => SlotKind::Passkey(slot.passkey.clone()),
        }
    }

    /// Names the registration that stands in it or, for an erased one, stood.
    pub fn registration_id(&self) -> RegistrationId {
        match &self.state {
            SlotState::Password(registration) | SlotState::RecoveryCode(registration) => registration.id,
            SlotState::Passkey(slot) => slot.registration.id,
            SlotState::Erased(id) => *id,
        }
    }

    /// Whether it was erased because no guess was left.
    pub fn is_erased(&self) -> bool {
        matches!(self.state, SlotState::Erased(_))
    }

    /// Whether it is a password's, live or erased.
    pub(super) fn is_password(&self) -> bool {
        matches!(self.state, SlotState::Password(_) | SlotState::Erased(_))
    }

    /// Leaves the mark of an erased password and drops the rest.
    pub(super) fn erased(self) -> Self {
        Self { number: self.number, state: SlotState::Erased(self.registration_id()) }
    }
}

#[cfg(any(test, strongroom_sim))]
impl Slot {
    /// A live password's seed, for tests that search for it where it must not be.
    pub(crate) fn registered_seed(&self) -> Option<Vec<u8>> {
        match &self.state {
            SlotState::Password(registration) => Some(registration.seed().secret().expose().to_vec()),
            SlotState::Erased(_) | SlotState::RecoveryCode(_) | SlotState::Passkey(_) => None,
        }
    }
}
