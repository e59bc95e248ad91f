//! The wrap: a backup key sealed for one credential.
//!
//! Specification: `docs/spec/crypto.md`, "Wrap". Made and opened on the
//! device; what the fleet stores is noise without the credential.
//!
//! Absent on purpose: the generation. A wrap stays good when another slot of
//! its vault changes.

use crate::kdf::derive;
use crate::label::labels;
use crate::rng::Rng;
use crate::seal::{OpenError, open, seal};
use crate::secret::Secret;

/// Length of a wrapped backup key: 24 of nonce, 32 of key, 16 of tag.
pub const WRAPPED_LENGTH: usize = 72;

/// Wraps a backup key for the slot whose OPAQUE registration gave this export
/// key.
#[must_use]
pub fn wrap_backup_key(
    export_key: &Secret<64>,
    vault: &[u8; 32],
    fleet: &[u8; 32],
    slot: u8,
    backup_key: &Secret<32>,
    rng: &mut dyn Rng,
) -> [u8; WRAPPED_LENGTH] {
    let key = wrap_key(export_key, vault, fleet, slot);
    let sealed = seal(&key, labels::WRAP_SEAL, &[], backup_key.expose(), rng);
    let mut wrapped = [0; WRAPPED_LENGTH];
    for (out, byte) in wrapped.iter_mut().zip(sealed) {
        *out = byte;
    }
    wrapped
}

/// Unwraps a backup key.
///
/// Success proves that whoever wrapped it held this export key, and wrapped
/// it for this vault, fleet and slot.
///
/// # Errors
///
/// [`OpenError`] where any of them differs.
pub fn unwrap_backup_key(
    export_key: &Secret<64>,
    vault: &[u8; 32],
    fleet: &[u8; 32],
    slot: u8,
    wrapped: &[u8; WRAPPED_LENGTH],
) -> Result<Secret<32>, OpenError> {
    let key = wrap_key(export_key, vault, fleet, slot);
    let opened = open(&key, labels::WRAP_SEAL, &[], wrapped)?;
    Secret::from_slice(opened.expose()).ok_or(OpenError)
}

fn wrap_key(export_key: &Secret<64>, vault: &[u8; 32], fleet: &[u8; 32], slot: u8) -> Secret<32> {
    derive(export_key.expose(), labels::WRAP_KEY, &[vault, fleet, &[slot]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::ChaChaRng;

    fn wrapped() -> [u8; WRAPPED_LENGTH] {
        wrap_backup_key(
            &Secret::new([1; 64]),
            &[2; 32],
            &[3; 32],
            4,
            &Secret::new([5; 32]),
            &mut ChaChaRng::from_seed([0; 32]),
        )
    }

    #[test]
    fn a_golden_wrap() {
        assert_eq!(
            hex::encode(wrapped()),
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1a2b997b46a742db55074b2f0bf685dee145de3b3b6c3f4ba66e91d00b0d71e10c3141bff60a0664d7cdb0ed4051b05f57"
        );
    }

    #[test]
    fn the_same_credential_unwraps() {
        let opened = unwrap_backup_key(&Secret::new([1; 64]), &[2; 32], &[3; 32], 4, &wrapped()).unwrap();
        assert_eq!(opened.expose(), &[5; 32]);
    }

    #[test]
    fn another_credential_vault_fleet_or_slot_does_not_unwrap() {
        let fails = |export: u8, vault: u8, fleet: u8, slot: u8| {
            unwrap_backup_key(&Secret::new([export; 64]), &[vault; 32], &[fleet; 32], slot, &wrapped())
                .is_err()
        };
        assert!(fails(9, 2, 3, 4));
        assert!(fails(1, 9, 3, 4));
        assert!(fails(1, 2, 9, 4));
        assert!(fails(1, 2, 3, 9));
        assert!(!fails(1, 2, 3, 4));
    }

    #[test]
    fn every_flipped_byte_is_refused() {
        for position in 0..WRAPPED_LENGTH {
            let mut broken = wrapped();
            broken[position] ^= 0x80;
            assert_eq!(
                unwrap_backup_key(&Secret::new([1; 64]), &[2; 32], &[3; 32], 4, &broken).err(),
                Some(OpenError)
            );
        }
    }
}
