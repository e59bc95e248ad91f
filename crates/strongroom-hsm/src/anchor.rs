//! The small rollback-proof memory of an HSM. Page: `docs/spec/anchor.md`.
//!
//! 256 bytes, written by compare-and-swap. It names the newest head table, holds the
//! only copy of the state key, and tells one boot from another.
//!
//! Absent on purpose: where it is kept, and how it is swapped; see [`crate::platform`].

use strongroom_crypto::{Secret, SecretBytes, hash::digest, labels};
use strongroom_protocol::{
    DecodeError,
    ids::{Digest, FleetId},
    limits::VERSION,
};

/// Bytes of an anchor.
pub const ANCHOR_BYTES: usize = 256;
const CHECKSUM_BYTES: usize = 32;
const BODY_BYTES: usize = ANCHOR_BYTES - CHECKSUM_BYTES;

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

/// One copy of an anchor cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The checksum is not that of the bytes: the write was cut off, or the copy has rotted.
    #[error("the copy is torn")]
    Torn,
    /// The copy is whole, and no anchor of this version; another program wrote it.
    #[error(transparent)]
    Foreign(#[from] DecodeError),
}

impl Anchor {
    /// Gives the anchor of an HSM that is about to be born.
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

    /// Makes a second holder of the same anchor.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { state_key: self.state_key.duplicate(), ..*self }
    }

    /// Encodes one copy: the fields, zeros, and a checksum over both.
    #[must_use]
    pub fn encode(&self) -> SecretBytes {
        // The buffer never grows, so that no copy of the key is left behind.
        let mut copy = Vec::with_capacity(ANCHOR_BYTES);
        copy.push(VERSION);
        copy.extend_from_slice(self.fleet.as_bytes());
        copy.extend_from_slice(&self.boot.to_be_bytes());
        copy.extend_from_slice(&self.incarnation);
        copy.extend_from_slice(&self.sequence.to_be_bytes());
        copy.extend_from_slice(self.state_key.expose());
        copy.extend_from_slice(self.head_table.as_bytes());
        copy.extend_from_slice(&self.term_max.to_be_bytes());
        copy.extend_from_slice(&self.index_max.to_be_bytes());
        copy.resize(BODY_BYTES, 0);
        let checksum = checksum(&copy);
        copy.extend_from_slice(&checksum);
        SecretBytes::new(copy)
    }

    /// Decodes one copy.
    ///
    /// # Errors
    /// The copy is torn, or whole and no anchor of this version.
    pub fn decode(copy: &[u8]) -> Result<Self, CopyError> {
        let (body, sum) = copy.split_at_checked(BODY_BYTES).ok_or(CopyError::Torn)?;
        if checksum(body) != sum && !planted!(TakesTornAnchor) {
            return Err(CopyError::Torn);
        }
        let (version, mut rest) = take::<1>(body)?;
        if version != [VERSION] {
            return Err(DecodeError::new("Anchor", "a version that this program does not know").into());
        }
        let anchor = Self {
            fleet: FleetId::new(take_from(&mut rest)?),
            boot: u64::from_be_bytes(take_from(&mut rest)?),
            incarnation: take_from(&mut rest)?,
            sequence: u64::from_be_bytes(take_from(&mut rest)?),
            state_key: take_key(&mut rest)?,
            head_table: Digest::new(take_from(&mut rest)?),
            term_max: u64::from_be_bytes(take_from(&mut rest)?),
            index_max: u64::from_be_bytes(take_from(&mut rest)?),
        };
        if rest.iter().any(|byte| *byte != 0) {
            return Err(DecodeError::new("Anchor", "filled with something else than zeros").into());
        }
        Ok(anchor)
    }
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    digest(labels::ANCHOR_CHECKSUM, &[body])
}

fn take_from<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], CopyError> {
    let (field, after) = take(rest)?;
    *rest = after;
    Ok(field)
}

/// Takes the key without a copy in between.
fn take_key(rest: &mut &[u8]) -> Result<Secret<32>, CopyError> {
    let (field, after) = rest.split_at_checked(32).ok_or(CopyError::Torn)?;
    *rest = after;
    Secret::from_slice(field).ok_or(CopyError::Torn)
}

fn take<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), CopyError> {
    let (field, rest) = bytes.split_first_chunk().ok_or(CopyError::Torn)?;
    Ok((*field, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use strongroom_protocol::ids::hex;

    fn sample() -> Anchor {
        Anchor {
            fleet: FleetId::new([0xf1; 32]),
            boot: 3,
            incarnation: [0x1c; 16],
            sequence: 4660,
            state_key: Secret::new([0x5e; 32]),
            head_table: Digest::new([0x4d; 32]),
            term_max: 19,
            index_max: 81_204,
        }
    }

    #[test]
    fn golden_anchor() {
        let copy = sample().encode();
        let (body, sum) = copy.expose().split_at(BODY_BYTES);
        let zeros = "00".repeat(79);
        assert_eq!(
            hex(body),
            [
                "01",
                &"f1".repeat(32),
                "0000000000000003",
                &"1c".repeat(16),
                "0000000000001234",
                &"5e".repeat(32),
                &"4d".repeat(32),
                "0000000000000013",
                "0000000000013d34",
                &zeros,
            ]
            .concat()
        );
        assert_eq!(hex(sum), "e7e49342143de97f561b8432960ddd34ca6d8a802717dfcf9bb8613c95da3120");
    }

    #[test]
    fn an_anchor_goes_there_and_back() {
        for anchor in [sample(), Anchor::first([7; 16], Secret::new([8; 32]))] {
            let copy = anchor.encode();
            assert_eq!(copy.expose().len(), ANCHOR_BYTES);
            assert_eq!(Anchor::decode(copy.expose()).unwrap().encode().expose(), copy.expose());
            assert_eq!(anchor.duplicate().encode().expose(), copy.expose());
        }
    }

    #[test]
    fn every_truncation_addition_and_flipped_bit_is_torn() {
        let copy = sample().encode().expose().to_vec();
        let refused = |bytes: &[u8]| Anchor::decode(bytes).err();
        for end in 0..copy.len() {
            assert_eq!(refused(&copy[..end]), Some(CopyError::Torn));
        }
        assert_eq!(refused(&[&copy[..], &[0]].concat()), Some(CopyError::Torn));
        for bit in 0..copy.len() * 8 {
            let mut flipped = copy.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(refused(&flipped), Some(CopyError::Torn));
        }
    }

    #[test]
    fn a_whole_copy_of_another_version_or_filling_is_foreign_not_torn() {
        let foreign = |at: usize, byte: u8| {
            let mut copy = sample().encode().expose()[..BODY_BYTES].to_vec();
            copy[at] = byte;
            let sum = checksum(&copy);
            copy.extend_from_slice(&sum);
            Anchor::decode(&copy).err().unwrap().to_string()
        };
        assert_eq!(foreign(0, 2), "Anchor: a version that this program does not know");
        assert_eq!(foreign(BODY_BYTES - 1, 1), "Anchor: filled with something else than zeros");
    }
}
