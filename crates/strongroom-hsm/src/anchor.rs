//! The small rollback-proof memory of an HSM. Page: `docs/spec/anchor.md`.
//!
//! 256 bytes, written by compare-and-swap. It names the newest head table, holds the
//! only copy of the state key, and tells one boot from another.

use crate::field::KeyField;
use strongroom_crypto::{Secret, hash::digest, labels};
use strongroom_protocol::{
    DecodeError,
    ids::{Digest, FleetId, Version},
};
use tls_codec::{DeserializeBytes, SerializeBytes, TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// Bytes of an anchor.
pub const ANCHOR_BYTES: usize = 256;
const CHECKSUM_BYTES: usize = 32;

/// The anchor.
pub struct Anchor {
    /// The fleet; zeros before the genesis.
    pub fleet: FleetId,
    /// How often the HSM was started.
    pub boot: u64,
    /// Fresh and random in every boot.
    pub incarnation: [u8; 16],
    /// Grows by one with every write.
    pub sequence: u64,
    /// Seals state and head table; exists nowhere else.
    pub state_key: Secret<32>,
    /// The hash of the sealed head table; zeros before there is one.
    pub head_table: Digest,
    /// The term of the head table. A member whose head table is lost counts its vote as given up to here.
    pub term_max: u64,
    /// The last index of the head table. A member whose log is lost comes back at or beyond it.
    pub index_max: u64,
}

#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
struct Fields {
    version: Version,
    fleet: FleetId,
    boot: u64,
    incarnation: [u8; 16],
    sequence: u64,
    state_key: KeyField<32>,
    head_table: Digest,
    term_max: u64,
    index_max: u64,
}

impl Anchor {
    /// The anchor of an HSM that is about to be born.
    pub fn first(incarnation: [u8; 16], state_key: Secret<32>) -> Self {
        Self {
            fleet: FleetId::new([0; 32]),
            boot: 1,
            incarnation,
            sequence: 0,
            state_key,
            head_table: Digest::new([0; 32]),
            term_max: 0,
            index_max: 0,
        }
    }

    /// The same anchor again.
    pub fn duplicate(&self) -> Self {
        Self { state_key: self.state_key.duplicate(), ..*self }
    }

    /// The fields, zeros, and a checksum over both.
    pub fn encode(&self) -> [u8; ANCHOR_BYTES] {
        let fields = Fields {
            version: Version,
            fleet: self.fleet,
            boot: self.boot,
            incarnation: self.incarnation,
            sequence: self.sequence,
            state_key: KeyField::of(&self.state_key),
            head_table: self.head_table,
            term_max: self.term_max,
            index_max: self.index_max,
        };
        let encoded = fields.tls_serialize_bytes().unwrap_or_default();
        let mut bytes = [0; ANCHOR_BYTES];
        for (to, from) in bytes.iter_mut().zip(&encoded) {
            *to = *from;
        }
        let (body, _) = bytes.split_at(ANCHOR_BYTES - CHECKSUM_BYTES);
        let checksum = digest(labels::ANCHOR_CHECKSUM, &[body]);
        for (to, from) in bytes.iter_mut().skip(ANCHOR_BYTES - CHECKSUM_BYTES).zip(&checksum) {
            *to = *from;
        }
        bytes
    }

    /// Reads one copy.
    ///
    /// # Errors
    /// The checksum is wrong (a torn write), or the bytes are no anchor of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let refuse = |cause: &'static str| DecodeError::new("Anchor", cause);
        if bytes.len() != ANCHOR_BYTES {
            return Err(refuse("not 256 bytes"));
        }
        let (body, checksum) = bytes.split_at_checked(ANCHOR_BYTES - CHECKSUM_BYTES).ok_or_else(|| refuse("truncated"))?;
        if digest(labels::ANCHOR_CHECKSUM, &[body]) != checksum {
            return Err(refuse("checksum"));
        }
        let (fields, rest) = Fields::tls_deserialize_bytes(body).map_err(|_| refuse("malformed"))?;
        if rest.iter().any(|byte| *byte != 0) {
            return Err(refuse("filled with something else than zeros"));
        }
        Ok(Self {
            fleet: fields.fleet,
            boot: fields.boot,
            incarnation: fields.incarnation,
            sequence: fields.sequence,
            state_key: fields.state_key.0,
            head_table: fields.head_table,
            term_max: fields.term_max,
            index_max: fields.index_max,
        })
    }
}
