//! The JSON shapes of notes.

use crate::note_text::NoteText;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use strongroom_trust::{
    BundleContents, CheckpointBody, FleetEntry, RevocationContents, Service, StatusContents, text_digest,
};

/// A bundle.
#[derive(Debug, Serialize)]
pub(super) struct BundleJson {
    namespace: String,
    epoch: u64,
    digest: String,
    previous: Option<String>,
    issued: String,
    expires: String,
    trust_root: u64,
    fleets: Vec<FleetJson>,
    signed_by: Vec<String>,
}

/// A fleet of a bundle; what a revoked one has not is null.
#[derive(Debug, Default, Serialize)]
struct FleetJson {
    label: String,
    fleet: String,
    service: &'static str,
    key: Option<String>,
    members: Option<u8>,
    guesses: Option<u8>,
    class: Option<&'static str>,
    platform: Option<String>,
    image: Option<String>,
    evidence: Option<String>,
    since: Option<u64>,
    reason: Option<String>,
}

/// A status note.
#[derive(Debug, Serialize)]
pub(super) struct StatusJson {
    namespace: String,
    number: u64,
    issued: String,
    epoch: u64,
    bundle: String,
    trust_root: u64,
    revocations: Vec<String>,
    signed_by: Vec<String>,
}

/// A revocation.
#[derive(Debug, Serialize)]
pub(super) struct RevocationJson {
    namespace: String,
    fleet: String,
    issued: String,
    reason: String,
    digest: String,
    signed_by: Vec<String>,
}

/// A checkpoint.
#[derive(Debug, Serialize)]
pub(super) struct CheckpointJson {
    origin: String,
    size: u64,
    root: String,
    signed_by: Vec<String>,
}

/// The word for what a fleet is there for.
pub(super) fn word(service: Service) -> &'static str {
    match service {
        Service::Active => "active",
        Service::Draining => "draining",
    }
}

impl BundleJson {
    pub(super) fn of(bundle: &BundleContents, note: &NoteText) -> Self {
        Self {
            namespace: bundle.namespace.to_string(),
            epoch: bundle.epoch.0,
            digest: text_digest(&note.body).to_string(),
            previous: bundle.previous.map(|digest| digest.to_string()),
            issued: bundle.issued.to_string(),
            expires: bundle.expires.to_string(),
            trust_root: bundle.trust_root.0,
            fleets: bundle.fleets.iter().map(FleetJson::of).collect(),
            signed_by: note.signers.clone(),
        }
    }
}

impl FleetJson {
    fn of(entry: &FleetEntry) -> Self {
        let named = Self { label: entry.label().to_string(), fleet: entry.id().to_hex(), ..Self::default() };
        match entry {
            FleetEntry::Serving(fleet) => Self {
                service: word(fleet.service),
                key: Some(STANDARD.encode(fleet.identity_key)),
                members: Some(fleet.members),
                guesses: Some(fleet.guesses),
                class: Some(fleet.class.word()),
                platform: Some(fleet.platform.to_string()),
                image: Some(fleet.image.to_string()),
                evidence: Some(fleet.evidence.to_string()),
                ..named
            },
            FleetEntry::Revoked(fleet) => Self {
                service: "revoked",
                since: Some(fleet.since.0),
                reason: Some(fleet.reason.to_string()),
                ..named
            },
        }
    }
}

impl StatusJson {
    pub(super) fn of(status: &StatusContents, note: &NoteText) -> Self {
        Self {
            namespace: status.namespace.to_string(),
            number: status.number.0,
            issued: status.issued.to_string(),
            epoch: status.epoch.0,
            bundle: status.bundle.to_string(),
            trust_root: status.trust_root.0,
            revocations: status.revocations.iter().map(ToString::to_string).collect(),
            signed_by: note.signers.clone(),
        }
    }
}

impl RevocationJson {
    pub(super) fn of(revocation: &RevocationContents, note: &NoteText) -> Self {
        Self {
            namespace: revocation.namespace.to_string(),
            fleet: revocation.fleet.to_hex(),
            issued: revocation.issued.to_string(),
            reason: revocation.reason.to_string(),
            digest: text_digest(&note.body).to_string(),
            signed_by: note.signers.clone(),
        }
    }
}

impl CheckpointJson {
    pub(super) fn of(log: &CheckpointBody, signed_by: Vec<String>) -> Self {
        Self {
            origin: log.origin.clone(),
            size: log.size,
            root: STANDARD.encode(log.root.as_bytes()),
            signed_by,
        }
    }
}
