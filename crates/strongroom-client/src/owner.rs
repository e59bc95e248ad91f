//! What the owner of a vault signs. Page: `docs/spec/flows.md`, "The owner's signatures".

use crate::BackupKey;
use strongroom_crypto::{hash::digest, labels, owner::owner_key, sign::SigningKey};
use strongroom_protocol::{
    client::ChangeAction,
    encode,
    ids::{AttemptId, FleetId, Generation, RegistrationId, SlotNumber, VaultId},
};

/// The owner key of one vault at one fleet.
pub(crate) struct Owner {
    key: SigningKey,
    fleet: FleetId,
    vault: VaultId,
}

impl Owner {
    pub(crate) fn of(backup_key: &BackupKey, fleet: FleetId, vault: VaultId) -> Self {
        let key = owner_key(backup_key.secret(), fleet.as_bytes(), vault.as_bytes());
        Self { key, fleet, vault }
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        self.key.public()
    }

    /// Signs a change of the vault at this generation.
    pub(crate) fn sign_change(&self, generation: Generation, action: &ChangeAction) -> [u8; 64] {
        let label = match action {
            ChangeAction::Add(_) => labels::OWNER_ADD,
            ChangeAction::Replace(_) => labels::OWNER_REPLACE,
            ChangeAction::Remove(_) => labels::OWNER_REMOVE,
            ChangeAction::Erase => labels::OWNER_ERASE,
        };
        let (fleet, vault, generation) =
            (self.fleet.as_bytes(), self.vault.as_bytes(), generation.0.to_be_bytes());
        let hash = digest(labels::CHANGE_HASH, &[fleet, vault, &generation, &encode(action)]);
        self.key.sign(label, &[fleet, vault, &generation, &hash])
    }

    /// Signs that an attempt at a slot's registration gave the backup key.
    pub(crate) fn sign_success(
        &self,
        slot: SlotNumber,
        registration: RegistrationId,
        attempt: AttemptId,
    ) -> [u8; 64] {
        let parts: [&[u8]; 5] = [
            self.fleet.as_bytes(),
            self.vault.as_bytes(),
            &[slot.get()],
            registration.as_bytes(),
            attempt.as_bytes(),
        ];
        self.key.sign(labels::OWNER_SUCCESS, &parts)
    }
}
