//! Keys derived from the backup key.
//!
//! Specification: `docs/spec/crypto.md`, "Owner key" and "Repository key".
//!
//! Absent on purpose: any way back. Neither key tells anything about the
//! backup key.

use crate::kdf::derive;
use crate::label::labels;
use crate::secret::Secret;
use crate::sign::SigningKey;

/// Derives the owner key of a vault, which signs its changes and successes.
#[must_use]
pub fn owner_key(backup_key: &Secret<32>, fleet: &[u8; 32], vault: &[u8; 32]) -> SigningKey {
    SigningKey::from_seed(derive(backup_key.expose(), labels::OWNER_KEY, &[fleet, vault]))
}

/// Derives the key of the backup repository, which other programs may hold:
/// it opens the backup and cannot touch the vault.
#[must_use]
pub fn repository_key(backup_key: &Secret<32>) -> Secret<32> {
    derive(backup_key.expose(), labels::REPOSITORY_KEY, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_golden_owner_key() {
        let key = owner_key(&Secret::new([5; 32]), &[3; 32], &[2; 32]);
        assert_eq!(
            hex::encode(key.public()),
            "5b4a07d08910794a1a47552078a361758f69daabd98d1c959ead1d38d7bff9ee"
        );
    }

    #[test]
    fn a_golden_repository_key() {
        let key = repository_key(&Secret::new([5; 32]));
        assert_eq!(
            hex::encode(key.expose()),
            "c4a80e77a0a2700b5f0b2bbfe136ad874011720b5a8c3d3adcbb914dde624856"
        );
    }

    #[test]
    fn every_vault_fleet_and_backup_key_has_its_own_owner_key() {
        let public = |backup: u8, fleet: u8, vault: u8| {
            owner_key(&Secret::new([backup; 32]), &[fleet; 32], &[vault; 32]).public()
        };
        let key = public(5, 3, 2);
        assert_ne!(key, public(6, 3, 2));
        assert_ne!(key, public(5, 4, 2));
        assert_ne!(key, public(5, 3, 3));
        assert_ne!(key, public(5, 2, 3));
    }
}
