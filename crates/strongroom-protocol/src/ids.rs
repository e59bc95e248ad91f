//! Newtypes for everything that has a name or a number.

use alloc::string::String;
use alloc::{format, vec::Vec};
use core::fmt;
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Takes the bytes as they are.
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// Lower-case hex.
            pub fn to_hex(&self) -> String {
                hex(&self.0)
            }

            /// Reads exactly as many lower-case hex digits as the id is long.
            pub fn from_hex(text: &str) -> Option<Self> {
                unhex(text).map(Self)
            }
        }
    };
}

macro_rules! shown_as_hex {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        })+
    };
}

byte_id! {
    /// The capability to address a vault: 256 random bits, kept beside the backup.
    ///
    /// It has no `Display`, and its `Debug` shows nothing: who reads a log must not
    /// learn to address a vault.
    VaultId, 32
}
byte_id! {
    /// The keyed hash of a vault id; the only name of a vault that a host sees.
    RecordId, 32
}
byte_id! {
    /// The hash of a fleet's genesis.
    FleetId, 32
}
byte_id! {
    /// Names one registration of one slot.
    RegistrationId, 16
}
byte_id! {
    /// Names one attempt, so that a retry of it is known.
    AttemptId, 16
}
byte_id! {
    /// Names a proposal for the node that made it; random.
    ProposalId, 16
}
byte_id! {
    /// Names the channel context of a recovery between its two messages.
    ContextId, 16
}
byte_id! {
    /// The first bytes of a channel key's hash.
    ChannelKeyId, 8
}
byte_id! {
    /// A SHA-256 digest.
    Digest, 32
}

shown_as_hex!(RecordId, FleetId, RegistrationId, AttemptId, ProposalId, ContextId, ChannelKeyId, Digest);

impl fmt::Debug for VaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultId(…)")
    }
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default,
            TlsSize, TlsSerializeBytes, TlsDeserializeBytes,
        )]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// The number of a node in its fleet, from one; also its raft id. Never used twice.
    NodeNumber, u8
}
number_id! {
    /// Counts a vault's changes, from one.
    Generation, u64
}
number_id! {
    /// Counts the spans between two checkpoints, from one.
    Era, u64
}
number_id! {
    /// Counts the memberships of a fleet, from one.
    Configuration, u32
}
number_id! {
    /// The part of the record ids that one Raft group holds.
    Partition, u16
}
number_id! {
    /// A place in the log, from one.
    LogIndex, u64
}
number_id! {
    /// A term of Raft.
    Term, u64
}

impl Generation {
    /// The generation of a vault that was just made.
    pub const FIRST: Self = Self(1);

    /// The generation after this one, if there is one.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

/// The number of a slot in its vault, 1 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotNumber(u8);

impl SlotNumber {
    /// The first slot, where a new vault's password usually stands.
    pub const FIRST: Self = Self(1);

    /// Takes a number from 1 to 8.
    pub fn new(number: u8) -> Option<Self> {
        (1..=8).contains(&number).then_some(Self(number))
    }

    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl tls_codec::Size for SlotNumber {
    fn tls_serialized_len(&self) -> usize {
        1
    }
}

impl tls_codec::SerializeBytes for SlotNumber {
    fn tls_serialize_bytes(&self) -> Result<alloc::vec::Vec<u8>, tls_codec::Error> {
        Ok(alloc::vec![self.0])
    }
}

impl tls_codec::DeserializeBytes for SlotNumber {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), tls_codec::Error> {
        let (number, rest) = u8::tls_deserialize_bytes(bytes)?;
        let slot = Self::new(number)
            .ok_or_else(|| tls_codec::Error::DecodingError("slot number out of 1 to 8".into()))?;
        Ok((slot, rest))
    }
}

/// Lower-case hex of any bytes.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads exactly `2 × N` lower-case hex digits.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N.checked_mul(2)? || digits.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = core::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok().filter(|_| !pair.starts_with('+'))?;
    }
    Some(out)
}

/// The version byte that leads a message; only this suite's version decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version;

impl tls_codec::Size for Version {
    fn tls_serialized_len(&self) -> usize {
        1
    }
}

impl tls_codec::SerializeBytes for Version {
    fn tls_serialize_bytes(&self) -> Result<alloc::vec::Vec<u8>, tls_codec::Error> {
        Ok(alloc::vec![crate::limits::VERSION])
    }
}

impl tls_codec::DeserializeBytes for Version {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), tls_codec::Error> {
        let (version, rest) = u8::tls_deserialize_bytes(bytes)?;
        if version != crate::limits::VERSION {
            let text =
                alloc::format!("version {version}, and only version {} is known", crate::limits::VERSION);
            return Err(tls_codec::Error::DecodingError(text));
        }
        Ok((Self, rest))
    }
}
