//! Notes that the auditor signs and the operator counter-signs.
//!
//! The operator signs the body, the blank line and the auditor's line, so its signature says
//! *this auditor signed this*. What the auditor signed, with its line, is the leaf of the log.

use super::{ClaimedNote, NoteError, NoteSignature, text_digest};
use crate::{NoteKey, limits::NOTE_BYTES_MAX};
use strongroom_protocol::ids::Digest;

/// A body with the auditor's line and the operator's; nobody has verified either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountersignedNote {
    outer: ClaimedNote,
    inner: ClaimedNote,
}

impl CountersignedNote {
    /// Reads a body, a blank line, one signature line, a blank line and one more signature line.
    ///
    /// # Errors
    /// The bytes have another form.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let outer = ClaimedNote::parse(bytes, NOTE_BYTES_MAX)?;
        check_single(&outer)?;
        let inner = ClaimedNote::parse(outer.text().as_bytes(), NOTE_BYTES_MAX)?;
        check_single(&inner)?;
        Ok(Self { outer, inner })
    }

    /// Puts the operator's line under what the auditor signed.
    ///
    /// # Errors
    /// The leaf is not a body with one signature line.
    pub fn compose(leaf: &str, operator: NoteSignature) -> Result<Self, NoteError> {
        Self::parse(ClaimedNote::compose(leaf, &[operator])?.as_str().as_bytes())
    }

    /// What both parties are talking about.
    pub fn body(&self) -> &str {
        self.inner.text()
    }

    /// What stands in the log and what the operator signs: body, blank line, auditor's line.
    pub fn leaf(&self) -> &str {
        self.outer.text()
    }

    /// The whole note.
    pub fn as_str(&self) -> &str {
        self.outer.as_str()
    }

    /// The digest of the body.
    pub fn digest(&self) -> Digest {
        text_digest(self.body())
    }

    /// Demands the operator's signature, over the body and the auditor's line.
    ///
    /// # Errors
    /// It is missing or does not verify.
    pub fn verify_operator(&self, key: &NoteKey) -> Result<(), NoteError> {
        self.outer.verify(key)
    }

    /// Demands the auditor's signature, over the body.
    ///
    /// # Errors
    /// It is missing or does not verify.
    pub fn verify_auditor(&self, key: &NoteKey) -> Result<(), NoteError> {
        self.inner.verify(key)
    }
}

/// Puts the one line of whoever signs first under a body: the operator's under a proposal, the
/// auditor's under a leaf.
///
/// # Errors
/// The result is no note.
pub fn proposed(body: &str, signature: NoteSignature) -> Result<ClaimedNote, NoteError> {
    let note = ClaimedNote::compose(body, &[signature])?;
    check_single(&note)?;
    Ok(note)
}

/// Puts both lines under a body; the operator's covers the auditor's.
///
/// # Errors
/// The result is no note.
pub fn countersigned(
    body: &str,
    auditor: NoteSignature,
    operator: NoteSignature,
) -> Result<CountersignedNote, NoteError> {
    CountersignedNote::compose(proposed(body, auditor)?.as_str(), operator)
}

fn check_single(note: &ClaimedNote) -> Result<(), NoteError> {
    match note.signatures() {
        [_] => Ok(()),
        several => Err(NoteError::TooManySignatures { max: 1, met: several.len() }),
    }
}
