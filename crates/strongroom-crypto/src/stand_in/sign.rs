//! Signatures of a stand-in: a MAC under a key that everybody can derive from the public key.

use super::{hash, is_on};
use crate::sign::SignatureError;
use ed25519_dalek::{Signature, Signer};

/// An Ed25519 key, or what stands in for one. It has the methods that [`crate::sign`] calls.
pub(crate) enum Key {
    Real(ed25519_dalek::SigningKey),
    StandIn(Public),
}

/// A public key's bytes.
#[derive(Clone, Copy)]
pub(crate) struct Public([u8; 32]);

impl Key {
    pub(crate) fn from_bytes(seed: &[u8; 32]) -> Self {
        if !is_on() {
            return Self::Real(ed25519_dalek::SigningKey::from_bytes(seed));
        }
        let mut public = hash::of("signing key", &[seed]);
        public[31] &= 0x3f;
        Self::StandIn(Public(public))
    }

    pub(crate) fn verifying_key(&self) -> Public {
        match self {
            Self::Real(key) => Public(key.verifying_key().to_bytes()),
            Self::StandIn(public) => *public,
        }
    }
}

impl Public {
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl Signer<Signature> for Key {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, ed25519_dalek::SignatureError> {
        match self {
            Self::Real(key) => key.try_sign(message),
            Self::StandIn(public) => Ok(Signature::from_bytes(&mac(&public.0, message))),
        }
    }
}

pub(crate) fn verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
    check(public)?;
    if mac(public, message) == *signature { Ok(()) } else { Err(SignatureError) }
}

/// Refuses what is far too large for a coordinate, and the smallest points.
pub(crate) fn check(public: &[u8; 32]) -> Result<(), SignatureError> {
    let [low, middle @ .., high] = public;
    let is_small = *low <= 1 && middle.iter().all(|byte| *byte == 0) && high & 0x7f == 0;
    if is_small || high & 0x40 != 0 { Err(SignatureError) } else { Ok(()) }
}

fn mac(public: &[u8; 32], message: &[u8]) -> [u8; 64] {
    hash::of("signature", &[public, message])
}
