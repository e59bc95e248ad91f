//! What a device keeps of a vault, so that an interrupted flow goes on. Page: `docs/spec/flows.md`, "The device's state".
//!
//! Neither a password nor anything that a password can be tested against is written down: of a login only
//! its seed is kept, and KE1 and the owner's signature are made anew when the password is typed again.
//!
//! Absent on purpose: the backup key, which lives in a file or key ring of its own ([`DeviceFolder`]).

mod folder;
#[cfg(feature = "keyring")]
mod key_ring;
mod pending_move;
mod text;

pub use folder::{DeviceFolder, StateError};
pub use pending_move::{MoveStage, PendingMove};
pub use text::StateTextError;

use crate::flow::{GuessMemory, Purpose};
use strongroom_crypto::Secret;
use strongroom_protocol::{
    client::SlotUpload,
    ids::{AttemptId, FleetId, Generation, VaultId},
};

/// What a device keeps of one vault.
pub struct DeviceState {
    /// The fleet that holds the vault.
    pub fleet: FleetId,
    /// The vault.
    pub vault: VaultId,
    /// The vault's generation when it was last seen; zero where it never was.
    pub generation: Generation,
    /// The device's own wrong guesses.
    pub memory: GuessMemory,
    /// What is not finished.
    pub pending: Option<Pending>,
}

impl DeviceState {
    /// The state of a vault of which nothing is known yet.
    pub fn new(fleet: FleetId, vault: VaultId) -> Self {
        Self { fleet, vault, generation: Generation(0), memory: GuessMemory::default(), pending: None }
    }
}

/// A flow that was interrupted, or may be.
pub enum Pending {
    /// A vault is to be made, and nothing was uploaded yet.
    Registration,
    /// An upload or change may have arrived.
    Upload(PendingUpload),
    /// An attempt may have been spent.
    Attempt(PendingAttempt),
}

impl Pending {
    /// Message 2, where it was made already: the encoded request.
    pub fn success(&self) -> Option<&[u8]> {
        match self {
            Self::Registration => None,
            Self::Upload(upload) => upload.success.as_deref(),
            Self::Attempt(attempt) => attempt.success.as_deref(),
        }
    }
}

/// An upload that may have arrived.
pub struct PendingUpload {
    /// What it is for.
    pub purpose: Purpose,
    /// The slot without its confirmation, which the login gives again.
    pub slot: SlotUpload,
    /// The confirming attempt.
    pub attempt: AttemptId,
    /// All that the login drew.
    pub login_seed: Secret<32>,
    /// Message 2, once it was made.
    pub success: Option<Vec<u8>>,
}

/// An attempt that may have been spent.
pub struct PendingAttempt {
    /// The attempt.
    pub attempt: AttemptId,
    /// All that the login drew.
    pub login_seed: Secret<32>,
    /// Message 2, once it was made.
    pub success: Option<Vec<u8>>,
}
