//! The secret from which a slot's OPAQUE keys are derived.
//!
//! Absent on purpose: `Debug`, equality, copies other than by name.

use strongroom_crypto::Secret;
use tls_codec::{DeserializeBytes, Error, SerializeBytes, Size};

/// Bytes of a seed.
const SEED_BYTES: usize = 64;

/// Holds a slot's 64 random bytes.
///
/// ```compile_fail
/// let seed = strongroom_hsm::vault::Seed::new(strongroom_crypto::Secret::new([7; 64]));
/// println!("{seed:?}");
/// ```
pub struct Seed(Secret<SEED_BYTES>);

impl Seed {
    /// Takes over the bytes.
    pub fn new(secret: Secret<SEED_BYTES>) -> Self {
        Self(secret)
    }

    /// Shows the secret.
    pub fn secret(&self) -> &Secret<SEED_BYTES> {
        &self.0
    }

    /// Makes a second holder of the same bytes.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }
}

impl Size for Seed {
    fn tls_serialized_len(&self) -> usize {
        SEED_BYTES
    }
}

impl SerializeBytes for Seed {
    fn tls_serialize_bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(self.0.expose().to_vec())
    }
}

impl DeserializeBytes for Seed {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let (seed, rest) = bytes.split_at_checked(SEED_BYTES).ok_or(Error::EndOfStream)?;
        let secret = Secret::from_slice(seed).ok_or(Error::EndOfStream)?;
        Ok((Self(secret), rest))
    }
}
