//! Signatures.
//!
//! Specification: `docs/spec/crypto.md`, "Signatures". Ed25519 (RFC 8032) over
//! the framed label and parts, verified strictly: a public key or commitment
//! of small order, an encoding that is not the canonical one, and a scalar
//! that is not reduced are refused, so that a signature and a key have one
//! form each.
//!
//! Absent on purpose: batch verification and pre-hashing, whose verdicts can
//! differ from the strict one.

use ed25519_dalek::{Signature, Signer, VerifyingKey};

use crate::frame::frame;
use crate::label::Label;
use crate::rng::Rng;
use crate::secret::Secret;

/// A signature, or the public key it is checked against, is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature or the public key is not valid")]
pub struct SignatureError;

#[cfg(not(strongroom_sim))]
type Ed25519Key = ed25519_dalek::SigningKey;
#[cfg(strongroom_sim)]
type Ed25519Key = crate::stand_in::sign::Key;

/// Signs with an Ed25519 key.
pub struct SigningKey {
    seed: Secret<32>,
    key: Ed25519Key,
}

impl SigningKey {
    /// Makes a fresh key.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Self {
        Self::from_seed(Secret::random(rng))
    }

    /// Takes the key of a seed (RFC 8032's private key).
    #[must_use]
    pub fn from_seed(seed: Secret<32>) -> Self {
        let key = Ed25519Key::from_bytes(seed.expose());
        Self { seed, key }
    }

    /// Gives the seed, to be sealed and kept.
    #[must_use]
    pub fn seed(&self) -> &Secret<32> {
        &self.seed
    }

    /// Gives the public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Signs the framed label and parts.
    #[must_use]
    pub fn sign(&self, label: Label, parts: &[&[u8]]) -> [u8; 64] {
        self.sign_message(&frame(label, parts))
    }

    pub(crate) fn sign_message(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

/// Verifies a signature over the framed label and parts, strictly.
///
/// Success proves that the holder of the key signed these parts under this
/// label. It does not prove when, or that the key belongs to anybody.
///
/// # Errors
///
/// [`SignatureError`] where key or signature are malformed or do not match.
pub fn verify(
    public: &[u8; 32],
    label: Label,
    parts: &[&[u8]],
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    verify_message(public, &frame(label, parts), signature)
}

/// Checks that bytes can be a public key at all: the canonical encoding of a
/// point that is not of small order.
///
/// # Errors
///
/// [`SignatureError`] where they cannot.
pub fn check_public(public: &[u8; 32]) -> Result<(), SignatureError> {
    stand_in!(crate::stand_in::sign::check(public));
    match parse(public)?.is_weak() {
        true => Err(SignatureError),
        false => Ok(()),
    }
}

pub(crate) fn verify_message(
    public: &[u8; 32],
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), SignatureError> {
    stand_in!(crate::stand_in::sign::verify(public, message, signature));
    parse(public)?.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| SignatureError)
}

fn parse(public: &[u8; 32]) -> Result<VerifyingKey, SignatureError> {
    if !is_reduced(public) {
        return Err(SignatureError);
    }
    VerifyingKey::from_bytes(public).map_err(|_| SignatureError)
}

/// Tells whether the encoded coordinate is below 2^255 - 19. The other
/// encoding that is not canonical, a zero with a sign, is of small order.
fn is_reduced(public: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = public;
    *low < 0xed || *high & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

#[cfg(test)]
mod tests;
