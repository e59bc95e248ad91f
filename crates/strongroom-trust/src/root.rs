//! The trust root: whose signatures count. Page: `docs/spec/trust-root.md`.
//!
//! An app ships one. The next version is signed by the root keys of both, so that a device
//! follows from the one it has to the newest; only the newest one's expiry counts.
//!
//! Invariant: a [`TrustRoot`] was told to be trusted, or follows from one that was.

mod chain;
mod contents;
mod policy;
mod read;

pub use chain::RootChain;
pub use contents::{Party, PartyKeys, RootBody, RootContents, RootKey};
pub(crate) use policy::verify_log;
pub use policy::{Policy, Witness};

use crate::{
    ClaimedNote, Moment, Namespace, NoteError, RootVersion, body::Body, limits::NOTE_BYTES_MAX,
    lines::LineError,
};
use strongroom_protocol::ids::Digest;

/// The keys and rules by which everything else is verified.
///
/// Holding it proves that this program was told to trust it, or one that it follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRoot {
    body: RootBody,
    note: ClaimedNote,
}

/// A note is no trust root, or does not follow from the one at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// The note has another form, or a known key's signature does not verify.
    #[error("the trust root: {0}")]
    Note(#[from] NoteError),
    /// The text has another form, or breaks a rule.
    #[error("the trust root: {0}")]
    Form(#[from] LineError),
    /// Fewer of its own root keys signed than their threshold.
    #[error("too few of the trust root's own root keys signed it")]
    OwnThreshold,
    /// Fewer root keys of the version before signed than their threshold.
    #[error("too few root keys of the version before signed the trust root")]
    PreviousThreshold,
    /// It is not the version after the one at hand.
    #[error("the trust root has version {met}, {expected} follows")]
    Version {
        /// The version that follows.
        expected: RootVersion,
        /// The one that it has.
        met: RootVersion,
    },
    /// It is about another line of bundles.
    #[error("the trust root is for another namespace: {0}")]
    Namespace(Namespace),
    /// It says that it was written before the one that it follows.
    #[error("the trust root was written before the one that it follows")]
    Earlier,
    /// A chain is no chain.
    #[error("the chain of trust roots: {0}")]
    Chain(#[from] crate::SectionsError),
}

impl RootError {
    /// Its name in the vectors and for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Note(_) => "note",
            Self::Form(_) => "form",
            Self::OwnThreshold => "own-threshold",
            Self::PreviousThreshold => "previous-threshold",
            Self::Version { .. } => "version",
            Self::Namespace(_) => "namespace",
            Self::Earlier => "earlier",
            Self::Chain(_) => "chain",
        }
    }
}

impl TrustRoot {
    /// Takes a trust root that an app or a person says is to be trusted.
    ///
    /// # Errors
    /// It has another form, or too few of its own root keys signed it.
    pub fn told(bytes: &[u8]) -> Result<Self, RootError> {
        let note = ClaimedNote::parse(bytes, NOTE_BYTES_MAX)?;
        let body = RootBody::parse(note.text())?;
        if !body.contents().is_threshold_met(&note)? {
            return Err(RootError::OwnThreshold);
        }
        Ok(Self { body, note })
    }

    /// Takes the next version: signed by this one's root keys and by its own.
    ///
    /// # Errors
    /// See [`RootError`].
    pub fn followed_by(&self, bytes: &[u8]) -> Result<Self, RootError> {
        let note = ClaimedNote::parse(bytes, NOTE_BYTES_MAX)?;
        if !self.contents().is_threshold_met(&note)? {
            return Err(RootError::PreviousThreshold);
        }
        let next = Self::told(bytes)?;
        if next.contents().namespace != self.contents().namespace {
            return Err(RootError::Namespace(next.contents().namespace.clone()));
        }
        let expected = self.version().next().unwrap_or(self.version());
        if next.version() != expected || next.version() == self.version() {
            return Err(RootError::Version { expected, met: next.version() });
        }
        if next.contents().issued < self.contents().issued {
            return Err(RootError::Earlier);
        }
        Ok(next)
    }

    /// What it says.
    pub fn contents(&self) -> &RootContents {
        self.body.contents()
    }

    /// Its number.
    pub fn version(&self) -> RootVersion {
        self.contents().version
    }

    /// Whether it is not to be relied on any more at this time.
    pub fn is_expired(&self, now: Moment) -> bool {
        now >= self.contents().expires
    }

    /// The digest by which a log names it.
    pub fn digest(&self) -> Digest {
        self.body.digest()
    }

    /// The note as it stands.
    pub fn as_str(&self) -> &str {
        self.note.as_str()
    }
}
