//! What the fleet keeps under one record id: a vault, or the stone over an erased one.

use strongroom_crypto::SecretBytes;
use strongroom_protocol::{
    DecodeError,
    ids::{Digest, Generation},
};
use tls_codec::{DeserializeBytes, Error, SerializeBytes, TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

use super::Vault;

/// Why a vault is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum TombstoneReason {
    /// Its owner erased it by a signed change.
    ErasedByOwner = 1,
}

/// Stays for the fleet's life where a vault was erased, and refuses every upload for its id.
#[derive(Debug, TlsSize, TlsSerializeBytes)]
pub struct Tombstone {
    pub(super) generation: Generation,
    pub(super) last_change: Digest,
    pub(super) reason: TombstoneReason,
}

impl Tombstone {
    /// The generation that the erasing made.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The hash of the change that erased the vault.
    pub fn last_change(&self) -> &Digest {
        &self.last_change
    }

    /// Why the vault is no more.
    pub fn reason(&self) -> TombstoneReason {
        self.reason
    }
}

impl DeserializeBytes for Tombstone {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let (generation, rest) = Generation::tls_deserialize_bytes(bytes)?;
        let (last_change, rest) = Digest::tls_deserialize_bytes(rest)?;
        let (reason, rest) = TombstoneReason::tls_deserialize_bytes(rest)?;
        if generation <= Generation::FIRST {
            return Err(Error::DecodingError("generation: before any change".into()));
        }
        Ok((Self { generation, last_change, reason }, rest))
    }
}

/// What the fleet keeps under one record id.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Record {
    /// A vault that stands.
    #[tls_codec(discriminant = 1)]
    Vault(Vault),
    /// One that was erased.
    Tombstone(Tombstone),
}

impl Record {
    /// Gives the one encoding of this record.
    pub fn encode(&self) -> SecretBytes {
        SecretBytes::new(self.tls_serialize_bytes().unwrap_or_default())
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// The result keeps every invariant of the [module](super); it does not follow that a committed entry made it.
    ///
    /// # Errors
    /// The bytes are truncated, go on after the record, or break an invariant, which is named.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::tls_deserialize_exact_bytes(bytes).map_err(|cause| match cause {
            Error::EndOfStream => DecodeError::new("Record", "truncated"),
            Error::TrailingData => DecodeError::new("Record", "bytes after the end"),
            Error::DecodingError(text) => DecodeError::new("Record", text),
            Error::UnknownValue(value) => DecodeError::new("Record", format!("unknown variant {value}")),
            _ => DecodeError::new("Record", "malformed"),
        })
    }
}
