//! One signature line of a note.

use crate::{
    limits::SIGNATURE_BYTES_MAX,
    vkey::{KeyName, Vkey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;
use strongroom_crypto::{note, sign::SigningKey};

use crate::NoteKey;

/// Who signed, and the signature; nobody has verified it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: KeyName,
    key_id: u32,
    bytes: Vec<u8>,
}

impl NoteSignature {
    /// Puts a signature that was made somewhere else under its key's name.
    pub fn new<const TYPE: u8>(key: &Vkey<TYPE>, bytes: Vec<u8>) -> Self {
        Self { name: key.name().clone(), key_id: key.key_id(), bytes }
    }

    /// Signs a text with a key at hand.
    ///
    /// # Errors
    /// The text holds what no note holds, or the two keys do not belong together.
    pub fn sign(
        key: &NoteKey,
        secret: &SigningKey,
        text: &str,
    ) -> Result<Self, strongroom_crypto::sign::SignatureError> {
        let bytes = note::sign(secret, text)?;
        note::verify(key.public(), text, &bytes)?;
        Ok(Self::new(key, bytes.to_vec()))
    }

    /// Reads a line, without its line feed: dash, name, and key id and signature in base64.
    pub fn parse_line(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        if encoded.len() > SIGNATURE_BYTES_MAX.saturating_mul(2) {
            return None;
        }
        let decoded = STANDARD.decode(encoded).ok()?;
        let (key_id, bytes) = decoded.split_first_chunk()?;
        if bytes.is_empty() || bytes.len() > SIGNATURE_BYTES_MAX {
            return None;
        }
        Some(Self { name: name.parse().ok()?, key_id: u32::from_be_bytes(*key_id), bytes: bytes.to_vec() })
    }

    /// Who signed, by the line's own account.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The signature without the key id.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the line names this key; name and key id both have to match.
    pub fn is_of<const TYPE: u8>(&self, key: &Vkey<TYPE>) -> bool {
        self.key_id == key.key_id() && self.name == *key.name()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = STANDARD.encode([&self.key_id.to_be_bytes(), self.bytes.as_slice()].concat());
        write!(f, "\u{2014} {} {encoded}", self.name)
    }
}
