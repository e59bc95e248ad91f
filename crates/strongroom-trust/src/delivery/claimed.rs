//! A delivery unit as it arrives.

use super::TrustError;
use crate::{
    CountersignedNote, LogProof, NoteError,
    limits::{REVOCATIONS_MAX, UNIT_BYTES_MAX},
    sections::{Sections, Taker, compose},
};
use std::fmt;

const HEADER: &str = "strongroom.example/delivery/v1";
/// Bundle, status, and a proof of each.
const FIXED_SECTIONS: usize = 4;

/// A delivery unit whose form was checked and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDelivery {
    pub(super) bundle: CountersignedNote,
    pub(super) bundle_proof: LogProof,
    pub(super) status: CountersignedNote,
    pub(super) status_proof: LogProof,
    pub(super) revocations: Vec<String>,
}

/// A note of a delivery unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// The fleet bundle.
    Bundle,
    /// The status note.
    Status,
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bundle => "bundle",
            Self::Status => "status",
        })
    }
}

impl ClaimedDelivery {
    /// Reads a unit: sizes, sections, and the form of notes and proofs.
    ///
    /// # Errors
    /// [`TrustError::Unit`], [`TrustError::Note`] or [`TrustError::Proof`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        let sections = Sections::parse(bytes, HEADER, UNIT_BYTES_MAX, FIXED_SECTIONS + REVOCATIONS_MAX)?;
        let mut sections = Taker::new(&sections);
        let bundle = read_note(Piece::Bundle, sections.take("bundle")?)?;
        let bundle_proof = read_proof(Piece::Bundle, sections.take("bundle-proof")?)?;
        let status = read_note(Piece::Status, sections.take("status")?)?;
        let status_proof = read_proof(Piece::Status, sections.take("status-proof")?)?;
        let mut revocations = Vec::new();
        while let Some(bytes) = sections.optional("revocation") {
            let text = std::str::from_utf8(bytes);
            revocations.push(text.map_err(|_| TrustError::Revocation(NoteError::NoText.into()))?.into());
        }
        sections.end()?;
        Ok(Self { bundle, bundle_proof, status, status_proof, revocations })
    }

    /// Puts a unit together. Both proofs have to carry one and the same checkpoint.
    pub fn compose(
        bundle: CountersignedNote,
        bundle_proof: LogProof,
        status: CountersignedNote,
        status_proof: LogProof,
        revocations: Vec<String>,
    ) -> Self {
        Self { bundle, bundle_proof, status, status_proof, revocations }
    }

    /// The bundle, as it is claimed.
    pub fn bundle(&self) -> &CountersignedNote {
        &self.bundle
    }

    /// The status note, as it is claimed.
    pub fn status(&self) -> &CountersignedNote {
        &self.status
    }

    /// The proof of the status, with the checkpoint.
    pub fn status_proof(&self) -> &LogProof {
        &self.status_proof
    }

    /// The revocations, as they are claimed.
    pub fn revocations(&self) -> &[String] {
        &self.revocations
    }
}

impl fmt::Display for ClaimedDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bundle_proof, status_proof) = (self.bundle_proof.to_string(), self.status_proof.to_string());
        let mut sections = vec![
            ("bundle", self.bundle.as_str()),
            ("bundle-proof", &bundle_proof),
            ("status", self.status.as_str()),
            ("status-proof", &status_proof),
        ];
        sections.extend(self.revocations.iter().map(|text| ("revocation", text.as_str())));
        f.write_str(&compose(HEADER, &sections))
    }
}

fn read_note(piece: Piece, bytes: &[u8]) -> Result<CountersignedNote, TrustError> {
    CountersignedNote::parse(bytes).map_err(|cause| TrustError::Note { piece, cause })
}

fn read_proof(piece: Piece, bytes: &[u8]) -> Result<LogProof, TrustError> {
    LogProof::parse(bytes).map_err(|cause| TrustError::Proof { piece, cause })
}
