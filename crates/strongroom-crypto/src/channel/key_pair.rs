//! The HSM's channel key.
//!
//! Specification: `docs/spec/crypto.md`, "Channel keys". Base mode has no
//! forward secrecy against the theft of this key: it lives in an HSM's memory
//! only and dies with its era.

use crate::channel::CHANNEL_PUBLIC_LENGTH;
use crate::hash::digest;
use crate::hpke_suite::KeyPair;
use crate::label::labels;
use crate::rng::Rng;
use crate::secret::Secret;

/// Holds an HSM's channel key pair.
pub struct ChannelKeyPair {
    pub(super) pair: KeyPair,
}

impl ChannelKeyPair {
    /// Makes a fresh key pair.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Self {
        Self::from_seed(&Secret::random(rng))
    }

    /// Takes the key pair of a seed (X-Wing's own private form).
    #[must_use]
    pub fn from_seed(seed: &Secret<32>) -> Self {
        Self { pair: KeyPair::from_seed(seed) }
    }

    /// Gives the public key.
    #[must_use]
    pub fn public(&self) -> &[u8; CHANNEL_PUBLIC_LENGTH] {
        self.pair.public()
    }
}

/// Names a channel public key in eight bytes, so that an HSM finds the key a
/// request was made for. It authenticates nothing.
#[must_use]
pub fn key_id(public: &[u8; CHANNEL_PUBLIC_LENGTH]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = digest(labels::CHANNEL_KEY_ID, &[public]);
    [a, b, c, d, e, f, g, h]
}
