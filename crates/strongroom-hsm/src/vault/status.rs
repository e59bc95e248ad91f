//! How a vault stands, for its owner.

use strongroom_protocol::{
    bytes::List,
    client::{SlotStatus, StatusAnswer, VaultStatus},
};

use super::{Record, Slot, Vault};

/// Answers a status request from a record that a majority confirmed. It costs no guess and shows no secret.
pub fn status(record: Option<&Record>) -> StatusAnswer {
    match record {
        Some(Record::Vault(vault)) => StatusAnswer::Present(vault_status(vault)),
        Some(Record::Tombstone(_)) => StatusAnswer::Erased,
        None => StatusAnswer::Absent,
    }
}

fn vault_status(vault: &Vault) -> VaultStatus {
    let slots = vault.slots().iter().map(slot_status).collect();
    VaultStatus {
        generation: vault.generation,
        slots: List::new(slots).unwrap_or_default(),
        left: vault.budget.left(),
        failed: vault.budget.failed(),
    }
}

fn slot_status(slot: &Slot) -> SlotStatus {
    SlotStatus {
        slot: slot.number,
        kind: slot.kind(),
        registration: slot.registration_id(),
        erased: u8::from(slot.is_erased()),
    }
}
