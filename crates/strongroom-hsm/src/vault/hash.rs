//! The hashes by which a vault knows an upload, a change and a KE1 again.
//!
//! Page: `docs/spec/vault.md`, "Hashes". Those of uploads and changes cover the whole message, ticket and KE1
//! included: whoever sends a message with the same hash has sent the same message.

use strongroom_crypto::{hash::digest, labels};
use strongroom_protocol::{
    client::{ChangeAction, Create},
    encode,
    ids::{Digest, FleetId, Generation, VaultId},
    limits::KE1_BYTES,
};

/// Hashes an upload that makes a vault.
pub fn upload_hash(fleet: &FleetId, create: &Create) -> Digest {
    Digest::new(digest(labels::CREATE_HASH, &[fleet.as_bytes(), &encode(create)]))
}

/// Hashes a change of a vault; the owner signs this hash.
pub fn change_hash(
    fleet: &FleetId,
    vault: &VaultId,
    generation: Generation,
    action: &ChangeAction,
) -> Digest {
    let generation = generation.0.to_be_bytes();
    let parts: [&[u8]; 4] = [fleet.as_bytes(), vault.as_bytes(), &generation, &encode(action)];
    Digest::new(digest(labels::CHANGE_HASH, &parts))
}

/// Hashes a KE1.
pub fn ke1_hash(ke1: &[u8; KE1_BYTES]) -> Digest {
    Digest::new(digest(labels::KE1_HASH, &[ke1]))
}
