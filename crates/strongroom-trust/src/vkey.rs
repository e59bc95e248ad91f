//! The names and keys of those who sign notes. Format: C2SP `signed-note`, "Verifier keys".
//!
//! A key is known by its name and by a key id of four bytes, which covers name, algorithm and
//! public key. Two algorithms exist here, each a type of its own: [`NoteKey`] signs notes,
//! [`WitnessKey`] cosigns checkpoints. A key of another algorithm is refused where a trust root names it.

use crate::limits::{KEY_NAME_BYTES_MAX, VKEY_BYTES_MAX};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;
use strongroom_crypto::sign::check_public;

/// Ed25519 over the note's text.
pub(crate) const ED25519: u8 = 0x01;
/// Ed25519 over the time and a checkpoint's text, as `tlog-cosignature` has it.
pub(crate) const COSIGNATURE_V1: u8 = 0x04;

/// A key that signs notes: Ed25519, signature type 1.
pub type NoteKey = Vkey<ED25519>;
/// A key that cosigns checkpoints: timestamped Ed25519, signature type 4.
pub type WitnessKey = Vkey<COSIGNATURE_V1>;

/// Who signs: a name without spaces and plus signs, by custom a URL without its scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// A public key with its name, for one algorithm.
///
/// Holding it proves that the key can be one: canonical, and not of small order.
/// It does not prove whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Vkey<const TYPE: u8> {
    name: KeyName,
    public: [u8; 32],
    key_id: u32,
}

/// A text is no verifier key that may stand where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VkeyError {
    /// It is not name, key id and key, joined by plus signs.
    #[error("wants a key of the form name+key id+base64")]
    Form,
    /// The name is empty, too long, or holds spaces, plus signs or control characters.
    #[error(
        "the name of a key has 1 to {KEY_NAME_BYTES_MAX} bytes, and no spaces, plus signs or control characters"
    )]
    Name,
    /// The algorithm is unknown, or has no place here.
    #[error("the algorithm {met} is unknown or has no place here, {expected} may stand")]
    Algorithm {
        /// The signature type that may stand.
        expected: u8,
        /// The one that stands.
        met: u8,
    },
    /// The public key has another length, is not canonical, or is of small order.
    #[error("this is not the canonical form of an Ed25519 public key")]
    PublicKey,
    /// The key id is not the hash of name, algorithm and key.
    #[error("the key id does not belong to this name and key")]
    KeyId,
}

impl KeyName {
    /// The name as it stands.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = VkeyError;

    fn from_str(text: &str) -> Result<Self, VkeyError> {
        let is_forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if text.is_empty() || text.len() > KEY_NAME_BYTES_MAX || text.contains(is_forbidden) {
            return Err(VkeyError::Name);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const TYPE: u8> Vkey<TYPE> {
    /// Joins a name and a public key.
    ///
    /// # Errors
    /// [`VkeyError::PublicKey`].
    pub fn new(name: KeyName, public: [u8; 32]) -> Result<Self, VkeyError> {
        check_public(&public).map_err(|_| VkeyError::PublicKey)?;
        let key_id = key_id(&name, TYPE, &public);
        Ok(Self { name, public, key_id })
    }

    /// Who signs with it.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The public key.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The first four bytes of the hash of name, algorithm and key.
    pub fn key_id(&self) -> u32 {
        self.key_id
    }
}

impl<const TYPE: u8> FromStr for Vkey<TYPE> {
    type Err = VkeyError;

    fn from_str(text: &str) -> Result<Self, VkeyError> {
        if text.len() > VKEY_BYTES_MAX {
            return Err(VkeyError::Form);
        }
        let (name, rest) = text.split_once('+').ok_or(VkeyError::Form)?;
        let (id, material) = rest.split_once('+').ok_or(VkeyError::Form)?;
        let name: KeyName = name.parse()?;
        let material = STANDARD.decode(material).map_err(|_| VkeyError::Form)?;
        let (met, public) = material.split_first().ok_or(VkeyError::Form)?;
        if *met != TYPE {
            return Err(VkeyError::Algorithm { expected: TYPE, met: *met });
        }
        let public = public.try_into().map_err(|_| VkeyError::PublicKey)?;
        let key = Self::new(name, public)?;
        if format!("{:08x}", key.key_id) != id {
            return Err(VkeyError::KeyId);
        }
        Ok(key)
    }
}

impl<const TYPE: u8> fmt::Display for Vkey<TYPE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [&[TYPE], self.public.as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, self.key_id, STANDARD.encode(material))
    }
}

fn key_id(name: &KeyName, algorithm: u8, public: &[u8; 32]) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(name.as_str());
    hasher.update([b'\n', algorithm]);
    hasher.update(public);
    let digest: [u8; 32] = hasher.finalize().into();
    let [a, b, c, d, ..] = digest;
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the published specification.
    const PUBLISHED: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    #[test]
    fn the_published_example_is_read_and_written() {
        let key: NoteKey = PUBLISHED.parse().unwrap();
        assert_eq!(key.name().as_str(), "example.com/foo");
        assert_eq!(key.key_id(), 0x530d_903a);
        assert_eq!(key.to_string(), PUBLISHED);
    }

    #[test]
    fn each_way_of_being_wrong_has_its_error() {
        let error = |text: &str| text.parse::<NoteKey>().unwrap_err();
        assert_eq!(error("example.com/foo"), VkeyError::Form);
        assert_eq!(error(&PUBLISHED.replace("com/foo", "com foo")), VkeyError::Name);
        assert_eq!(error(&PUBLISHED.replace("foo", "bar")), VkeyError::KeyId);
        assert_eq!(error(&PUBLISHED.replace("530d903a", "530D903A")), VkeyError::KeyId);
        assert_eq!(error(&PUBLISHED.replace("U2k", "U2*")), VkeyError::Form);
        let short = format!("a+00000000+{}", STANDARD.encode([ED25519; 32]));
        assert_eq!(error(&short), VkeyError::PublicKey);
        let weak = format!("a+00000000+{}", STANDARD.encode([&[ED25519, 1][..], &[0; 31]].concat()));
        assert_eq!(error(&weak), VkeyError::PublicKey);
        let other = format!("a+00000000+{}", STANDARD.encode([6; 1313]));
        assert_eq!(error(&other), VkeyError::Form, "it is too long to be looked at");
        let other = format!("a+00000000+{}", STANDARD.encode([6; 33]));
        assert_eq!(error(&other), VkeyError::Algorithm { expected: 1, met: 6 });
        assert_eq!(
            PUBLISHED.parse::<WitnessKey>(),
            Err(VkeyError::Algorithm { expected: COSIGNATURE_V1, met: ED25519 })
        );
    }
}
