//! The status note: which bundle is the newest. Page: `docs/spec/status.md`.
//!
//! That a bundle stands in the log does not say that none came after it; a status does, for its day.

use crate::{
    Epoch, Moment, Namespace, RootVersion, StatusNumber,
    body::{Body, check_same},
    limits::{NOTE_BYTES_MAX, REVOCATIONS_MAX},
    lines::{LineError, Lines},
};
use std::fmt;
use strongroom_protocol::ids::Digest;

/// A text that follows the form of a status note; nobody has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusBody(StatusContents);

/// What a status note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusContents {
    /// The line of bundles that it is about.
    pub namespace: Namespace,
    /// Its number in the line of status notes.
    pub number: StatusNumber,
    /// When it was written.
    pub issued: Moment,
    /// The newest bundle's epoch.
    pub epoch: Epoch,
    /// The newest bundle's digest.
    pub bundle: Digest,
    /// The newest trust root.
    pub trust_root: RootVersion,
    /// The digests of all revocations of fleets that the bundle does not list as revoked, ascending.
    pub revocations: Vec<Digest>,
}

impl Body for StatusBody {
    type Contents = StatusContents;

    const HEADER: &'static str = "strongroom.example/fleet-status/v1";

    fn parse(text: &str) -> Result<Self, LineError> {
        let mut lines = Lines::of(text.as_bytes(), NOTE_BYTES_MAX)?;
        lines.exactly(Self::HEADER)?;
        let namespace = lines.expect("namespace")?.parse()?;
        let number = lines.expect("number")?.parse()?;
        let issued = lines.expect("issued")?.parse()?;
        let (epoch, bundle) = lines.expect("bundle")?.split()?;
        let (epoch, bundle) = (epoch.parse()?, bundle.digest()?);
        let trust_root = lines.expect("trust-root")?.parse()?;
        let revocations = read_revocations(&mut lines)?;
        lines.end()?;
        let contents = StatusContents { namespace, number, issued, epoch, bundle, trust_root, revocations };
        check_same(text, &contents)?;
        Ok(Self(contents))
    }

    fn contents(&self) -> &StatusContents {
        &self.0
    }
}

impl fmt::Display for StatusBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for StatusContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", StatusBody::HEADER)?;
        writeln!(f, "namespace {}", self.namespace)?;
        writeln!(f, "number {}", self.number)?;
        writeln!(f, "issued {}", self.issued)?;
        writeln!(f, "bundle {} sha256:{}", self.epoch, self.bundle)?;
        writeln!(f, "trust-root {}", self.trust_root)?;
        self.revocations.iter().try_for_each(|digest| writeln!(f, "revocation sha256:{digest}"))
    }
}

fn read_revocations(lines: &mut Lines<'_>) -> Result<Vec<Digest>, LineError> {
    let mut revocations: Vec<Digest> = Vec::new();
    while let Some(value) = lines.optional("revocation")? {
        if revocations.len() == REVOCATIONS_MAX {
            return Err(value.error(format_args!("at most {REVOCATIONS_MAX} revocations may stand")));
        }
        let digest = value.digest()?;
        if revocations.last().is_some_and(|last| *last >= digest) {
            return Err(value.error("revocations stand in ascending order, none twice"));
        }
        revocations.push(digest);
    }
    Ok(revocations)
}
