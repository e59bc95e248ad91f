//! What a trust root says, and how it is written.

use super::{Policy, read};
use crate::{
    ClaimedNote, Moment, Namespace, NoteError, NoteKey, RootVersion,
    body::{Body, check_same},
    lines::LineError,
};
use std::fmt;
use std::str::FromStr;

/// A text that follows the form and rules of a trust root; nobody has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootBody(RootContents);

/// What a trust root says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootContents {
    /// The line of bundles that it is for.
    pub namespace: Namespace,
    /// Its number.
    pub version: RootVersion,
    /// When it was written.
    pub issued: Moment,
    /// From when on it is not to be relied on.
    pub expires: Moment,
    /// Whether fleets on the simulation platform may stand in its bundles.
    pub is_simulation: bool,
    /// How many root keys have to sign the next version.
    pub threshold: u8,
    /// The root keys.
    pub root_keys: Vec<RootKey>,
    /// The operator's keys.
    pub operator: PartyKeys,
    /// The auditor's keys.
    pub auditor: PartyKeys,
    /// The logs, the witnesses and how many of them have to cosign.
    pub policy: Policy,
}

/// Who holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Who runs the fleet.
    Operator,
    /// Who signs fleet keys and keeps the log.
    Auditor,
    /// Neither, and bound to neither.
    Independent,
}

/// A root key and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootKey {
    /// Who holds it.
    pub party: Party,
    /// The key.
    pub key: NoteKey,
}

/// The keys of operator or auditor, one for each kind of note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyKeys {
    /// Signs bundles; the operator's signs proposals too.
    pub bundle: NoteKey,
    /// Signs status notes and nothing else.
    pub status: NoteKey,
    /// Signs revocations and nothing else.
    pub revocation: NoteKey,
}

impl RootContents {
    /// Whether as many of the root keys signed a note as the threshold says, each counted once.
    ///
    /// # Errors
    /// A line of a root key does not verify, or stands twice.
    pub fn is_threshold_met(&self, note: &ClaimedNote) -> Result<bool, NoteError> {
        let mut count = 0;
        for root in &self.root_keys {
            count += usize::from(note.is_signed_by(&root.key)?);
        }
        Ok(count >= usize::from(self.threshold))
    }

    /// How many root keys a party holds.
    pub(super) fn held_by(&self, party: Party) -> usize {
        self.root_keys.iter().filter(|root| root.party == party).count()
    }
}

impl PartyKeys {
    pub(super) fn all(&self) -> [&NoteKey; 3] {
        [&self.bundle, &self.status, &self.revocation]
    }
}

impl Party {
    /// The word in a trust root.
    pub fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Independent => "independent",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word is no party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("wants operator, auditor or independent")]
pub struct PartyError;

impl FromStr for Party {
    type Err = PartyError;

    fn from_str(text: &str) -> Result<Self, PartyError> {
        let all = [Self::Operator, Self::Auditor, Self::Independent];
        all.into_iter().find(|party| party.word() == text).ok_or(PartyError)
    }
}

impl Body for RootBody {
    type Contents = RootContents;

    const HEADER: &'static str = "strongroom.example/trust-root/v1";

    fn parse(text: &str) -> Result<Self, LineError> {
        let contents = read::contents(text)?;
        check_same(text, &contents)?;
        Ok(Self(contents))
    }

    fn contents(&self) -> &RootContents {
        &self.0
    }
}

impl fmt::Display for RootBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for RootContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", RootBody::HEADER)?;
        writeln!(f, "namespace {}", self.namespace)?;
        writeln!(f, "version {}", self.version)?;
        writeln!(f, "issued {}", self.issued)?;
        writeln!(f, "expires {}", self.expires)?;
        if self.is_simulation {
            writeln!(f, "INSECURE SIMULATION")?;
        }
        writeln!(f, "threshold {}", self.threshold)?;
        self.root_keys.iter().try_for_each(|root| writeln!(f, "root {} {}", root.party, root.key))?;
        for (party, keys) in [(Party::Operator, &self.operator), (Party::Auditor, &self.auditor)] {
            writeln!(f, "{party} bundle {}", keys.bundle)?;
            writeln!(f, "{party} status {}", keys.status)?;
            writeln!(f, "{party} revocation {}", keys.revocation)?;
        }
        self.policy.write(f, true)
    }
}
