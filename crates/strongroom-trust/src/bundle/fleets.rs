//! The fleets of a bundle, and their lines.

use crate::{
    Epoch, FleetLabel, PlatformWord, Reason, VerifiedFleet,
    fleet::{check_guesses, check_members, check_quorum, read_class},
    lines::{LineError, Lines, Value},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;
use strongroom_crypto::sign::check_public;
use strongroom_protocol::{
    genesis::Class,
    ids::{Configuration, Digest, FleetId},
};

/// One fleet of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetEntry {
    /// Answers.
    Serving(ServingFleet),
    /// Is never to be spoken to again.
    Revoked(RevokedFleet),
}

/// What a serving fleet is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Registering and recovering.
    Active,
    /// Recovering; whoever has a vault there moves on.
    Draining,
}

/// A fleet that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingFleet {
    /// Its name in this bundle.
    pub label: FleetLabel,
    /// What it is there for.
    pub service: Service,
    /// The fleet id: the hash of its genesis.
    pub id: FleetId,
    /// The fleet identity key, Ed25519.
    pub identity_key: [u8; 32],
    /// How many members it has.
    pub members: u8,
    /// How many of them make a majority.
    pub quorum: u8,
    /// Guesses at a password between two successes.
    pub guesses: u8,
    /// What the anchors of a majority survive.
    pub class: Class,
    /// What its weakest member stands on.
    pub platform: PlatformWord,
    /// The digest of the HSM program that every member runs.
    pub image: Digest,
    /// The digest of the manifest of its deployment evidence.
    pub evidence: Digest,
    /// The newest audited membership with the digest of its note; none for the members of the genesis.
    pub configuration: Option<(Configuration, Digest)>,
}

/// A fleet that is never to be spoken to again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedFleet {
    /// Its name in this bundle.
    pub label: FleetLabel,
    /// The fleet id, by which a device that has a vault there knows it.
    pub id: FleetId,
    /// The epoch of the first bundle that said so.
    pub since: Epoch,
    /// Why.
    pub reason: Reason,
}

impl Service {
    fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Draining => "draining",
        }
    }
}

impl FleetEntry {
    /// Its name in this bundle.
    pub fn label(&self) -> &FleetLabel {
        match self {
            Self::Serving(fleet) => &fleet.label,
            Self::Revoked(fleet) => &fleet.label,
        }
    }

    /// The fleet id.
    pub fn id(&self) -> FleetId {
        match self {
            Self::Serving(fleet) => fleet.id,
            Self::Revoked(fleet) => fleet.id,
        }
    }

    /// The fleet, if it answers.
    pub fn serving(&self) -> Option<&ServingFleet> {
        match self {
            Self::Serving(fleet) => Some(fleet),
            Self::Revoked(_) => None,
        }
    }
}

impl ServingFleet {
    /// What a client needs to know of it, once the bundle is verified.
    pub(crate) fn verified(&self) -> VerifiedFleet {
        VerifiedFleet {
            id: self.id,
            identity_key: self.identity_key,
            members: self.members,
            quorum: self.quorum,
            guesses: self.guesses,
            class: self.class,
            measurement: self.image,
            is_simulation: self.platform.is_simulation(),
        }
    }
}

impl fmt::Display for FleetEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serving(fleet) => fleet.fmt(f),
            Self::Revoked(RevokedFleet { label, id, since, reason }) => {
                writeln!(f, "fleet {label} revoked since-epoch {since} reason {reason}")?;
                writeln!(f, "genesis {label} sha256:{id}")
            }
        }
    }
}

impl fmt::Display for ServingFleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, service, members, quorum, guesses, class, platform, .. } = self;
        let (service, class) = (service.word(), class.word());
        writeln!(
            f,
            "fleet {label} {service} members {members} quorum {quorum} guesses {guesses} class {class} platform {platform}"
        )?;
        writeln!(f, "genesis {label} sha256:{}", self.id)?;
        writeln!(f, "key {label} identity ed25519 {}", STANDARD.encode(self.identity_key))?;
        writeln!(f, "image {label} sha256:{}", self.image)?;
        writeln!(f, "evidence {label} sha256:{}", self.evidence)?;
        match &self.configuration {
            Some((number, digest)) => writeln!(f, "configuration {label} {number} sha256:{digest}"),
            None => Ok(()),
        }
    }
}

/// Reads the lines of one fleet, the first of which has just been taken.
pub(super) fn read(value: &Value<'_>, lines: &mut Lines<'_>, epoch: Epoch) -> Result<FleetEntry, LineError> {
    let (label, rest) = value.split()?;
    let label: FleetLabel = label.parse()?;
    let (service, rest) = rest.split()?;
    let service = match service.text() {
        "active" => Service::Active,
        "draining" => Service::Draining,
        "revoked" => return read_revoked(label, &rest, lines, epoch).map(FleetEntry::Revoked),
        _ => return Err(value.error("a fleet is active, draining or revoked")),
    };
    read_serving(label, service, &rest, lines).map(FleetEntry::Serving)
}

fn read_revoked(
    label: FleetLabel,
    value: &Value<'_>,
    lines: &mut Lines<'_>,
    epoch: Epoch,
) -> Result<RevokedFleet, LineError> {
    let (since, rest) = value.after("since-epoch")?.split()?;
    let since = since.parse()?;
    if since > epoch {
        return Err(value.error("is revoked by a later bundle than this one"));
    }
    let reason = rest.after("reason")?.parse()?;
    let id = FleetId::new(*lines.expect("genesis")?.after(label.as_str())?.digest()?.as_bytes());
    Ok(RevokedFleet { label, id, since, reason })
}

fn read_serving(
    label: FleetLabel,
    service: Service,
    value: &Value<'_>,
    lines: &mut Lines<'_>,
) -> Result<ServingFleet, LineError> {
    let (members, rest) = value.after("members")?.split()?;
    let members = check_members(&members)?;
    let (quorum, rest) = rest.after("quorum")?.split()?;
    let quorum = check_quorum(&quorum, members)?;
    let (guesses, rest) = rest.after("guesses")?.split()?;
    let guesses = check_guesses(&guesses)?;
    let (class, rest) = rest.after("class")?.split()?;
    let class = read_class(&class)?;
    let platform = rest.after("platform")?.parse()?;
    let mut of_fleet = |key: &str| lines.expect(key)?.after(label.as_str());
    let id = FleetId::new(*of_fleet("genesis")?.digest()?.as_bytes());
    let identity_key = read_key(&of_fleet("key")?)?;
    let image = of_fleet("image")?.digest()?;
    let evidence = of_fleet("evidence")?.digest()?;
    let configuration = read_configuration(&label, lines)?;
    Ok(ServingFleet {
        label,
        service,
        id,
        identity_key,
        members,
        quorum,
        guesses,
        class,
        platform,
        image,
        evidence,
        configuration,
    })
}

fn read_key(value: &Value<'_>) -> Result<[u8; 32], LineError> {
    let (algorithm, key) = value.after("identity")?.split()?;
    if algorithm.text() != "ed25519" {
        return Err(value.error("the algorithm of the key is unknown, ed25519 may stand"));
    }
    let bytes: Option<[u8; 32]> = STANDARD.decode(key.text()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes
        .filter(|key| check_public(key).is_ok())
        .ok_or_else(|| value.error("is not the canonical form of an Ed25519 public key"))
}

fn read_configuration(
    label: &FleetLabel,
    lines: &mut Lines<'_>,
) -> Result<Option<(Configuration, Digest)>, LineError> {
    let Some(value) = lines.optional("configuration")? else { return Ok(None) };
    let (number, digest) = value.after(label.as_str())?.split()?;
    let number: u32 = number.number()?;
    if number < 2 {
        return Err(value.error("configuration 1 is the genesis and has no note"));
    }
    Ok(Some((Configuration(number), digest.digest()?)))
}
