//! The revocation: a fleet is not to be spoken to. Page: `docs/spec/revocation.md`.
//!
//! Operator and auditor can each sign one alone. What it does depends on who signed:
//! [`crate::Concern::RevokedByOne`] and [`crate::TrustError::Revoked`].

use crate::{
    ClaimedNote, Moment, Namespace, NoteError, Reason, TrustRoot,
    body::{Body, check_same},
    limits::NOTE_BYTES_MAX,
    lines::{LineError, Lines},
};
use std::fmt;
use strongroom_protocol::ids::{Digest, FleetId};

/// A text that follows the form of a revocation; nobody has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationBody(RevocationContents);

/// What a revocation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationContents {
    /// The line of bundles that it is about.
    pub namespace: Namespace,
    /// The fleet.
    pub fleet: FleetId,
    /// When it was written.
    pub issued: Moment,
    /// Why.
    pub reason: Reason,
}

/// Who revoked a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revokers {
    /// The operator did.
    pub operator: bool,
    /// The auditor did.
    pub auditor: bool,
    /// The root keys did, as many as their threshold.
    pub root: bool,
}

/// A revocation that somebody signed who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRevocation {
    contents: RevocationContents,
    digest: Digest,
    revokers: Revokers,
}

/// A note is no revocation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// The note has another form, or a known key's signature does not verify.
    #[error("the revocation: {0}")]
    Note(#[from] NoteError),
    /// Nobody signed who may.
    #[error("neither operator nor auditor nor the root keys signed the revocation")]
    Unsigned,
    /// The text has another form.
    #[error("the revocation: {0}")]
    Form(#[from] LineError),
    /// It is about another line of bundles.
    #[error("the revocation is about another namespace: {0}")]
    Namespace(Namespace),
}

impl Revokers {
    /// Whether nobody can take it back: both parties signed, or the root keys.
    pub fn is_final(self) -> bool {
        self.root || (self.operator && self.auditor)
    }

    /// Whether anybody signed.
    pub fn is_any(self) -> bool {
        self.root || self.operator || self.auditor
    }

    /// What both say together.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        Self {
            operator: self.operator || other.operator,
            auditor: self.auditor || other.auditor,
            root: self.root || other.root,
        }
    }
}

impl fmt::Display for Revokers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = [(self.operator, "operator"), (self.auditor, "auditor"), (self.root, "root keys")];
        let who: Vec<&str> = who.into_iter().filter_map(|(has, name)| has.then_some(name)).collect();
        f.write_str(&who.join(" and "))
    }
}

impl VerifiedRevocation {
    /// Verifies a revocation: signatures first, then its text.
    ///
    /// # Errors
    /// See [`RevocationError`].
    pub fn verify(bytes: &[u8], root: &TrustRoot) -> Result<Self, RevocationError> {
        let note = ClaimedNote::parse(bytes, NOTE_BYTES_MAX)?;
        let revokers = revokers(&note, root)?;
        if !revokers.is_any() {
            return Err(RevocationError::Unsigned);
        }
        let body = RevocationBody::parse(note.text())?;
        if body.0.namespace != root.contents().namespace {
            return Err(RevocationError::Namespace(body.0.namespace));
        }
        Ok(Self { digest: body.digest(), contents: body.0, revokers })
    }

    /// What it says.
    pub fn contents(&self) -> &RevocationContents {
        &self.contents
    }

    /// The digest by which a status names it.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Who signed.
    pub fn revokers(&self) -> Revokers {
        self.revokers
    }
}

fn revokers(note: &ClaimedNote, root: &TrustRoot) -> Result<Revokers, NoteError> {
    let contents = root.contents();
    Ok(Revokers {
        operator: note.is_signed_by(&contents.operator.revocation)?,
        auditor: note.is_signed_by(&contents.auditor.revocation)?,
        root: contents.is_threshold_met(note)?,
    })
}

impl Body for RevocationBody {
    type Contents = RevocationContents;

    const HEADER: &'static str = "strongroom.example/fleet-revocation/v1";

    fn parse(text: &str) -> Result<Self, LineError> {
        let mut lines = Lines::of(text.as_bytes(), NOTE_BYTES_MAX)?;
        lines.exactly(Self::HEADER)?;
        let namespace = lines.expect("namespace")?.parse()?;
        let fleet = FleetId::new(*lines.expect("genesis")?.digest()?.as_bytes());
        let issued = lines.expect("issued")?.parse()?;
        let reason = lines.expect("reason")?.parse()?;
        lines.end()?;
        let contents = RevocationContents { namespace, fleet, issued, reason };
        check_same(text, &contents)?;
        Ok(Self(contents))
    }

    fn contents(&self) -> &RevocationContents {
        &self.0
    }
}

impl fmt::Display for RevocationBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RevocationContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", RevocationBody::HEADER)?;
        writeln!(f, "namespace {}", self.namespace)?;
        writeln!(f, "genesis sha256:{}", self.fleet)?;
        writeln!(f, "issued {}", self.issued)?;
        writeln!(f, "reason {}", self.reason)
    }
}
