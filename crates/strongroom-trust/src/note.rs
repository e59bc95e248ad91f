//! Signed notes. Format: C2SP `signed-note`; page: `docs/spec/notes.md`.
//!
//! A note is a text, a blank line and signature lines. A [`ClaimedNote`] proves its form and
//! nothing else; who signed is asked key by key, so that one signature never stands for two.
//!
//! Invariant: a note that parses is written again as the same bytes.

mod countersigned;
mod signature;

pub use countersigned::{CountersignedNote, countersigned, proposed};
pub use signature::NoteSignature;

use crate::{
    Moment, NoteKey, WitnessKey,
    limits::NOTE_SIGNATURES_MAX,
    vkey::{KeyName, Vkey},
};
use sha2::{Digest as _, Sha256};
use std::fmt;
use strongroom_crypto::note;
use strongroom_protocol::ids::Digest;

/// A text with signature lines that nobody has verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedNote {
    whole: String,
    text_bytes: usize,
    signatures: Vec<NoteSignature>,
}

/// Bytes are no note, or a signature in one does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// There are more bytes than may stand.
    #[error("the note has {met} bytes, at most {max} may stand")]
    TooLong {
        /// Bytes that may stand.
        max: usize,
        /// Bytes that stand.
        met: usize,
    },
    /// The bytes are no UTF-8, or hold control characters.
    #[error("the note holds bytes that no text has")]
    NoText,
    /// No blank line with signature lines after it ends the note.
    #[error("the note does not end with a blank line and signature lines")]
    NoSignatures,
    /// A signature line has another form.
    #[error("signature line {0} has not the form of one")]
    SignatureLine(usize),
    /// There are more signature lines than may stand.
    #[error("the note has {met} signature lines, {max} may stand")]
    TooManySignatures {
        /// Lines that may stand.
        max: usize,
        /// Lines that stand.
        met: usize,
    },
    /// A known key signed twice.
    #[error("{0} signed twice")]
    Repeated(KeyName),
    /// A known key's signature does not verify.
    #[error("the signature of {0} does not verify")]
    BadSignature(KeyName),
    /// The key that has to sign did not.
    #[error("{0} did not sign")]
    Missing(KeyName),
}

impl ClaimedNote {
    /// Reads a note of at most so many bytes.
    ///
    /// # Errors
    /// The bytes are no note.
    pub fn parse(bytes: &[u8], bytes_max: usize) -> Result<Self, NoteError> {
        if bytes.len() > bytes_max {
            return Err(NoteError::TooLong { max: bytes_max, met: bytes.len() });
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::NoText)?;
        if whole.contains(|c: char| c < ' ' && c != '\n') {
            return Err(NoteError::NoText);
        }
        let blank = whole.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let text_bytes = blank.saturating_add(1);
        let block = whole.get(text_bytes.saturating_add(1)..).unwrap_or_default();
        let lines = block.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let met = lines.split('\n').count();
        if met > NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures { max: NOTE_SIGNATURES_MAX, met });
        }
        let read = |(line, number): (&str, usize)| {
            NoteSignature::parse_line(line).ok_or(NoteError::SignatureLine(number))
        };
        let signatures = lines.split('\n').zip(1..).map(read).collect::<Result<_, _>>()?;
        Ok(Self { whole: whole.into(), text_bytes, signatures })
    }

    /// Puts signature lines under a text.
    ///
    /// # Errors
    /// The result is no note.
    pub fn compose(text: &str, signatures: &[NoteSignature]) -> Result<Self, NoteError> {
        let lines: String = signatures.iter().map(|signature| format!("{signature}\n")).collect();
        Self::parse(format!("{text}\n{lines}").as_bytes(), usize::MAX)
    }

    /// What is signed, its last line feed included.
    pub fn text(&self) -> &str {
        self.whole.get(..self.text_bytes).unwrap_or_default()
    }

    /// The whole note.
    pub fn as_str(&self) -> &str {
        &self.whole
    }

    /// The signature lines in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Whether a key signed the text. Lines of other keys are passed over.
    ///
    /// # Errors
    /// There is a line of this key and it does not verify, or there are two.
    pub fn is_signed_by(&self, key: &NoteKey) -> Result<bool, NoteError> {
        let Some(signature) = self.signature_of(key)? else { return Ok(false) };
        let bad = || NoteError::BadSignature(key.name().clone());
        let signature = signature.bytes().try_into().map_err(|_| bad())?;
        note::verify(key.public(), self.text(), signature).map_err(|_| bad())?;
        Ok(true)
    }

    /// Demands a key's signature.
    ///
    /// # Errors
    /// As [`Self::is_signed_by`], and [`NoteError::Missing`].
    pub fn verify(&self, key: &NoteKey) -> Result<(), NoteError> {
        if self.is_signed_by(key)? { Ok(()) } else { Err(NoteError::Missing(key.name().clone())) }
    }

    /// When a witness cosigned the text, if it did.
    ///
    /// # Errors
    /// There is a line of this key and it does not verify, or there are two.
    pub fn cosigned_by(&self, key: &WitnessKey) -> Result<Option<Moment>, NoteError> {
        let Some(signature) = self.signature_of(key)? else { return Ok(None) };
        let verified = crate::cosignature::verify(key, self.text(), signature.bytes());
        verified.map(Some).map_err(|_| NoteError::BadSignature(key.name().clone()))
    }

    fn signature_of<const TYPE: u8>(&self, key: &Vkey<TYPE>) -> Result<Option<&NoteSignature>, NoteError> {
        let mut found = self.signatures.iter().filter(|signature| signature.is_of(key));
        let first = found.next();
        match found.next() {
            Some(_) => Err(NoteError::Repeated(key.name().clone())),
            None => Ok(first),
        }
    }
}

impl fmt::Display for ClaimedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

/// The one digest of notes everywhere: SHA-256 of the text, without any signature line.
pub fn text_digest(text: &str) -> Digest {
    Digest::new(Sha256::digest(text).into())
}

#[cfg(test)]
mod tests;
