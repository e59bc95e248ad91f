//! Secret bytes inside the HSM's own stored and sealed structures.
//!
//! The wire crate has no secrets; what is sealed here has. A `KeyField` is a
//! `Secret` that can be a field of such a structure. It has no `Debug`; it leaves
//! this crate inside a sealed blob only.

use strongroom_crypto::Secret;
use tls_codec::{DeserializeBytes, Error, SerializeBytes, Size};

/// `N` secret bytes as a field.
pub struct KeyField<const N: usize>(pub Secret<N>);

impl<const N: usize> KeyField<N> {
    /// A field with the same bytes.
    pub fn of(secret: &Secret<N>) -> Self {
        Self(secret.duplicate())
    }
}

impl<const N: usize> Size for KeyField<N> {
    fn tls_serialized_len(&self) -> usize {
        N
    }
}

impl<const N: usize> SerializeBytes for KeyField<N> {
    fn tls_serialize_bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(self.0.expose().to_vec())
    }
}

impl<const N: usize> DeserializeBytes for KeyField<N> {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let (field, rest) = bytes.split_at_checked(N).ok_or(Error::EndOfStream)?;
        let secret = Secret::from_slice(field).ok_or(Error::EndOfStream)?;
        Ok((Self(secret), rest))
    }
}
