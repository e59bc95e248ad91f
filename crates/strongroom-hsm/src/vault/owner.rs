//! What an owner signs, and whether one did.
//!
//! Page: `docs/spec/vault.md`, "Owner signatures". There is one label for each kind, so that a signature for one
//! kind of change is none for another, and fleet and vault are always among the parts.
//!
//! Absent on purpose: the generation is compared where the change is applied; a signature for an older one
//! verifies here and conflicts there.

use strongroom_crypto::{Label, labels, sign::verify};
use strongroom_protocol::{
    client::{Change, ChangeAction, Refusal},
    ids::{AttemptId, FleetId, RegistrationId, SlotNumber, VaultId},
};

use super::change_hash;

/// Checks the owner's signature under a change.
///
/// Success proves that the holder of the owner key signed this very change for this fleet, vault and generation.
///
/// # Errors
/// [`Refusal::ForeignSignature`] if it does not verify.
pub fn verify_owner(fleet: &FleetId, change: &Change, owner_key: &[u8; 32]) -> Result<(), Refusal> {
    let hash = change_hash(fleet, &change.vault, change.generation, &change.action);
    let generation = change.generation.0.to_be_bytes();
    let parts: [&[u8]; 4] = [fleet.as_bytes(), change.vault.as_bytes(), &generation, hash.as_bytes()];
    verify(owner_key, change_label(&change.action), &parts, &change.signature)
        .map_err(|_| Refusal::ForeignSignature)
}

/// What the owner's signature of message 2 covers.
#[derive(Clone, Copy)]
pub struct SuccessStatement<'s> {
    /// The fleet.
    pub fleet: &'s FleetId,
    /// The vault.
    pub vault: &'s VaultId,
    /// The password's slot.
    pub slot: SlotNumber,
    /// The registration whose KE3 was sent.
    pub registration: RegistrationId,
    /// The attempt.
    pub attempt: AttemptId,
}

/// Checks the owner's signature of message 2.
///
/// Success proves that somebody who holds the owner key calls the attempt a success. It does not prove the
/// password: KE3 does, and both are needed.
///
/// # Errors
/// [`Refusal::ForeignSignature`] if it does not verify.
pub fn verify_success_signature(
    statement: &SuccessStatement<'_>,
    owner_key: &[u8; 32],
    signature: &[u8; 64],
) -> Result<(), Refusal> {
    let slot = [statement.slot.get()];
    let parts: [&[u8]; 5] = [
        statement.fleet.as_bytes(),
        statement.vault.as_bytes(),
        &slot,
        statement.registration.as_bytes(),
        statement.attempt.as_bytes(),
    ];
    verify(owner_key, labels::OWNER_SUCCESS, &parts, signature).map_err(|_| Refusal::ForeignSignature)
}

fn change_label(action: &ChangeAction) -> Label {
    match action {
        ChangeAction::Add(_) => labels::OWNER_ADD,
        ChangeAction::Replace(_) => labels::OWNER_REPLACE,
        ChangeAction::Remove(_) => labels::OWNER_REMOVE,
        ChangeAction::Erase => labels::OWNER_ERASE,
    }
}
