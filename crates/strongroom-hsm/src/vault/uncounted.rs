//! Reads a slot whose attempts are not counted.
//!
//! A recovery code has 170 random bits and a passkey's output 256: no guess can hit, so an answer needs a read that
//! a majority confirmed and no entry. A password's registration cannot get into an [`UncountedSlot`]: only
//! [`read_uncounted`] makes one, and only of the two other kinds.

use strongroom_protocol::ids::{Generation, SlotNumber};

use super::{Record, Registration, Vault, slot::SlotState};

/// What an answer under a recovery code or a passkey needs. Never a password's.
pub struct UncountedSlot {
    registration: Registration,
    generation: Generation,
    left: u8,
    failed: u32,
}

impl UncountedSlot {
    /// The slot's registration.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// The vault's generation.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Guesses left at the vault's password.
    pub fn left(&self) -> u8 {
        self.left
    }

    /// Attempts at the vault's password that failed since the last success.
    pub fn failed(&self) -> u32 {
        self.failed
    }
}

/// What stands at a slot number, as far as an answer without an entry may know.
pub enum UncountedRead {
    /// A recovery code or a passkey.
    Slot(UncountedSlot),
    /// A password, live or erased: only an entry gives its answer.
    Counted,
    /// No slot.
    NoSlot,
    /// The vault was erased by its owner.
    VaultErased,
    /// There is no such vault.
    Absent,
}

/// Reads a slot for an answer without an entry.
pub fn read_uncounted(record: Option<&Record>, number: SlotNumber) -> UncountedRead {
    let vault = match record {
        Some(Record::Vault(vault)) => vault,
        Some(Record::Tombstone(_)) => return UncountedRead::VaultErased,
        None => return UncountedRead::Absent,
    };
    match vault.slot(number).map(|slot| &slot.state) {
        Some(SlotState::RecoveryCode(registration)) => UncountedRead::Slot(uncounted(vault, registration)),
        Some(SlotState::Passkey(slot)) => UncountedRead::Slot(uncounted(vault, &slot.registration)),
        Some(SlotState::Password(registration)) if planted!(AnswersPasswordUncounted) => {
            UncountedRead::Slot(uncounted(vault, registration))
        }
        Some(SlotState::Password(_) | SlotState::Erased(_)) => UncountedRead::Counted,
        None => UncountedRead::NoSlot,
    }
}

fn uncounted(vault: &Vault, registration: &Registration) -> UncountedSlot {
    UncountedSlot {
        registration: registration.duplicate(),
        generation: vault.generation,
        left: vault.budget.left(),
        failed: vault.budget.failed(),
    }
}
