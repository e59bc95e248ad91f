//! The fleet bundle: every fleet of a namespace with its keys. Page: `docs/spec/bundle.md`.
//!
//! One bundle lists every fleet, so that nobody can serve a mixture of old and new.
//!
//! Absent on purpose: who signed it ([`crate::CountersignedNote`]), whether it may follow the
//! one before ([`crate::admission`]), whether a device may believe it ([`crate::verify_delivery`]).

mod fleets;

pub use fleets::{FleetEntry, RevokedFleet, Service, ServingFleet};

use crate::{
    Epoch, FleetLabel, Moment, Namespace, RootVersion,
    body::{Body, check_same},
    limits::{BUNDLE_LIFETIME_DAYS_MAX, FLEETS_MAX, NOTE_BYTES_MAX},
    lines::{LineError, Lines, Value},
};
use std::fmt;
use strongroom_protocol::ids::{Digest, FleetId};

/// A text that follows the form of a fleet bundle; nobody has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleBody(BundleContents);

/// What a bundle says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleContents {
    /// The line of bundles that it belongs to.
    pub namespace: Namespace,
    /// Its number in that line.
    pub epoch: Epoch,
    /// The digest of the bundle before; none at epoch 1.
    pub previous: Option<Digest>,
    /// When it was written.
    pub issued: Moment,
    /// From when on it is to be believed no more.
    pub expires: Moment,
    /// The newest trust root when it was written.
    pub trust_root: RootVersion,
    /// Every fleet, in the order in which a new device looks for one to register at.
    pub fleets: Vec<FleetEntry>,
}

impl BundleContents {
    /// The fleet of this id, serving or revoked.
    pub fn fleet(&self, id: FleetId) -> Option<&FleetEntry> {
        self.fleets.iter().find(|fleet| fleet.id() == id)
    }

    /// The fleets that serve, in their order.
    pub fn serving(&self) -> impl Iterator<Item = &ServingFleet> {
        self.fleets.iter().filter_map(FleetEntry::serving)
    }
}

impl Body for BundleBody {
    type Contents = BundleContents;

    const HEADER: &'static str = "strongroom.example/fleet-bundle/v1";

    fn parse(text: &str) -> Result<Self, LineError> {
        let mut lines = Lines::of(text.as_bytes(), NOTE_BYTES_MAX)?;
        lines.exactly(Self::HEADER)?;
        let namespace = lines.expect("namespace")?.parse()?;
        let epoch = lines.expect("epoch")?.parse()?;
        let previous = read_previous(&lines.expect("previous")?, epoch)?;
        let issued = lines.expect("issued")?.parse()?;
        let expires = read_lifetime(&lines.expect("expires")?, issued)?;
        let trust_root = lines.expect("trust-root")?.parse()?;
        let fleets = read_fleets(&mut lines, epoch)?;
        lines.end()?;
        let contents = BundleContents { namespace, epoch, previous, issued, expires, trust_root, fleets };
        check_same(text, &contents)?;
        Ok(Self(contents))
    }

    fn contents(&self) -> &BundleContents {
        &self.0
    }
}

impl fmt::Display for BundleBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for BundleContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", BundleBody::HEADER)?;
        writeln!(f, "namespace {}", self.namespace)?;
        writeln!(f, "epoch {}", self.epoch)?;
        match &self.previous {
            Some(digest) => writeln!(f, "previous sha256:{digest}")?,
            None => writeln!(f, "previous none")?,
        }
        writeln!(f, "issued {}", self.issued)?;
        writeln!(f, "expires {}", self.expires)?;
        writeln!(f, "trust-root {}", self.trust_root)?;
        self.fleets.iter().try_for_each(|fleet| fleet.fmt(f))
    }
}

fn read_previous(value: &Value<'_>, epoch: Epoch) -> Result<Option<Digest>, LineError> {
    match (value.text(), epoch) {
        ("none", Epoch(1)) => Ok(None),
        ("none", _) => Err(value.error("only epoch 1 has none before it")),
        (_, Epoch(1)) => Err(value.error("epoch 1 has none before it")),
        _ => value.digest().map(Some),
    }
}

pub(crate) fn read_expiry(value: &Value<'_>, issued: Moment) -> Result<Moment, LineError> {
    let expires = value.parse()?;
    if expires > issued { Ok(expires) } else { Err(value.error("lies before the time of issue")) }
}

/// A bundle that lives for ever would outlive whatever is found out about its fleets.
fn read_lifetime(value: &Value<'_>, issued: Moment) -> Result<Moment, LineError> {
    let expires = read_expiry(value, issued)?;
    if expires > issued.plus_days(BUNDLE_LIFETIME_DAYS_MAX) {
        return Err(
            value.error(format_args!("lies more than {BUNDLE_LIFETIME_DAYS_MAX} days after the issue"))
        );
    }
    Ok(expires)
}

fn read_fleets(lines: &mut Lines<'_>, epoch: Epoch) -> Result<Vec<FleetEntry>, LineError> {
    let mut fleets: Vec<FleetEntry> = Vec::new();
    while let Some(value) = lines.optional("fleet")? {
        if fleets.len() == FLEETS_MAX {
            return Err(value.error(format_args!("at most {FLEETS_MAX} fleets may stand")));
        }
        let fleet = fleets::read(&value, lines, epoch)?;
        check_new(&value, &fleet, &fleets)?;
        fleets.push(fleet);
    }
    if fleets.is_empty() {
        lines.expect("fleet")?;
    }
    Ok(fleets)
}

/// No label, genesis or key stands twice.
fn check_new(value: &Value<'_>, fleet: &FleetEntry, others: &[FleetEntry]) -> Result<(), LineError> {
    let label: &FleetLabel = fleet.label();
    if others.iter().any(|other| other.label() == label) {
        return Err(value.error("the label stands twice"));
    }
    if others.iter().any(|other| other.id() == fleet.id()) {
        return Err(value.error("the genesis stands twice"));
    }
    let key = fleet.serving().map(|fleet| fleet.identity_key);
    let mut keys = others.iter().filter_map(FleetEntry::serving).map(|other| other.identity_key);
    if key.is_some_and(|key| keys.any(|other| other == key)) {
        return Err(value.error("two fleets share an identity key"));
    }
    Ok(())
}
