//! The key encapsulation of peer handshakes.
//!
//! Specification: `docs/spec/crypto.md`, "Handshake secret". HPKE in the same
//! suite as the client channel, used to export one secret and never to seal.
//!
//! Absent on purpose: who the peer is, and freshness; the handshake's
//! signatures and transcript prove both.

use crate::hpke_suite::{ENCAPSULATED_LENGTH, KeyPair, PUBLIC_LENGTH, export, send};
use crate::label::labels;
use crate::rng::Rng;
use crate::secret::Secret;

pub use crate::hpke_suite::PublicKeyError;

/// Length of a handshake public key.
pub const HANDSHAKE_PUBLIC_LENGTH: usize = PUBLIC_LENGTH;

/// Length of a handshake's encapsulated key.
pub const HANDSHAKE_ENCAPSULATED_LENGTH: usize = ENCAPSULATED_LENGTH;

/// Holds the fresh key pair of one handshake.
pub struct HandshakeKeyPair {
    pair: KeyPair,
}

/// Bytes from a peer are no encapsulated key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the encapsulated key is malformed")]
pub struct DecapsulateError;

impl HandshakeKeyPair {
    /// Makes a fresh key pair.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Self {
        Self { pair: KeyPair::from_seed(&Secret::random(rng)) }
    }

    /// Gives the public key.
    #[must_use]
    pub fn public(&self) -> &[u8; HANDSHAKE_PUBLIC_LENGTH] {
        self.pair.public()
    }

    /// Takes the secret out of an encapsulation made for this key and info.
    ///
    /// A forged encapsulation, or another info, gives another secret, not an
    /// error: the handshake fails at its first seal.
    ///
    /// # Errors
    ///
    /// [`DecapsulateError`] where the library refuses the bytes.
    pub fn decapsulate(
        &self,
        encapsulated: &[u8; HANDSHAKE_ENCAPSULATED_LENGTH],
        info: &[u8],
    ) -> Result<Secret<32>, DecapsulateError> {
        self.pair
            .receive(encapsulated, info)
            .map(|context| export(&context, labels::HANDSHAKE_SECRET))
            .map_err(|_| DecapsulateError)
    }
}

/// Makes a secret for the holder of a public key, and the bytes that carry it
/// there.
///
/// # Errors
///
/// [`PublicKeyError`] where the public key is malformed.
pub fn encapsulate(
    public: &[u8; HANDSHAKE_PUBLIC_LENGTH],
    info: &[u8],
    rng: &mut dyn Rng,
) -> Result<([u8; HANDSHAKE_ENCAPSULATED_LENGTH], Secret<32>), PublicKeyError> {
    let (context, encapsulated) = send(public, info, rng)?;
    Ok((encapsulated, export(&context, labels::HANDSHAKE_SECRET)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::ChaChaRng;

    #[test]
    fn both_sides_hold_the_same_secret() {
        let mut rng = ChaChaRng::from_seed([1; 32]);
        let pair = HandshakeKeyPair::generate(&mut rng);
        let (encapsulated, sent) = encapsulate(pair.public(), b"info", &mut rng).unwrap();
        let received = pair.decapsulate(&encapsulated, b"info").unwrap();
        assert!(sent.matches(&received));
    }

    #[test]
    fn another_info_key_or_encapsulation_gives_another_secret() {
        let mut rng = ChaChaRng::from_seed([2; 32]);
        let pair = HandshakeKeyPair::generate(&mut rng);
        let stranger = HandshakeKeyPair::generate(&mut rng);
        let (mut encapsulated, sent) = encapsulate(pair.public(), b"info", &mut rng).unwrap();
        let elsewhere = stranger.decapsulate(&encapsulated, b"info").unwrap();
        assert!(!sent.matches(&elsewhere));
        let misinformed = pair.decapsulate(&encapsulated, b"other").unwrap();
        assert!(!sent.matches(&misinformed));
        for position in [0, 1087, 1088, 1119] {
            encapsulated[position] ^= 1;
            let forged = pair.decapsulate(&encapsulated, b"info").unwrap();
            assert!(!sent.matches(&forged));
            encapsulated[position] ^= 1;
        }
    }

    #[test]
    fn a_public_key_that_is_not_reduced_is_refused() {
        let mut rng = ChaChaRng::from_seed([3; 32]);
        assert_eq!(encapsulate(&[0xff; 1216], b"info", &mut rng).err(), Some(PublicKeyError));
    }
}
