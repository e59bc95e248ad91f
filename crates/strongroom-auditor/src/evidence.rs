//! The manifests of deployment evidence that a proposed bundle names: fetched, hashed and archived before the
//! auditor signs.
//!
//! Absent on purpose: what makes evidence believable, which the verification of evidence packages decides.

use crate::{
    limits::{MANIFEST_BYTES_MAX, WITNESS_TIMEOUT},
    web::WebClient,
};
use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
};
use strongroom_protocol::ids::{Digest, FleetId};
use strongroom_trust::{ClaimedNote, text_digest};

/// Where manifests are found.
pub trait Evidence {
    /// The manifest of a fleet, by the digest that the bundle names.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn manifest(&self, fleet: FleetId, digest: Digest) -> Result<Vec<u8>, String>;
}

/// A manifest cannot be had, or is not what the bundle names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// It cannot be had.
    #[error("the manifest {digest} of the fleet {fleet} cannot be had: {cause}")]
    Unreachable {
        /// The fleet.
        fleet: FleetId,
        /// What the bundle names.
        digest: Digest,
        /// Why not.
        cause: String,
    },
    /// It is no signed note, or another one.
    #[error("what was found as the manifest of the fleet {0} is not the note that the bundle names")]
    Other(FleetId),
}

/// A folder with manifests, each in a file named by its digest in hex.
#[derive(Debug, Clone)]
pub struct EvidenceFolder(pub PathBuf);

/// A web server with manifests, each at a prefix and its digest in hex.
#[derive(Clone)]
pub struct EvidenceUrl {
    /// The prefix.
    pub prefix: String,
    /// What fetches.
    pub client: WebClient,
}

impl Evidence for EvidenceFolder {
    fn manifest(&self, _fleet: FleetId, digest: Digest) -> Result<Vec<u8>, String> {
        let read = || {
            let file = File::open(self.0.join(digest.to_hex()))?;
            let mut bytes = Vec::new();
            file.take(MANIFEST_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(bytes)
        };
        read().map_err(|cause| cause.to_string())
    }
}

impl Evidence for EvidenceUrl {
    fn manifest(&self, _fleet: FleetId, digest: Digest) -> Result<Vec<u8>, String> {
        let url = format!("{}/{}", self.prefix.trim_end_matches('/'), digest.to_hex());
        let answer = self.client.fetch(&url, MANIFEST_BYTES_MAX, WITNESS_TIMEOUT);
        match answer.map_err(|cause| cause.to_string())? {
            answer if answer.status == 200 => Ok(answer.body),
            answer => Err(format!("HTTP {}", answer.status)),
        }
    }
}

/// Fetches a manifest and checks that it is the one that the bundle names.
pub(crate) fn fetch(
    evidence: &dyn Evidence,
    fleet: FleetId,
    digest: Digest,
) -> Result<ClaimedNote, EvidenceError> {
    let bytes = evidence.manifest(fleet, digest);
    let bytes = bytes.map_err(|cause| EvidenceError::Unreachable { fleet, digest, cause })?;
    match ClaimedNote::parse(&bytes, MANIFEST_BYTES_MAX) {
        Ok(note) if text_digest(note.text()) == digest => Ok(note),
        _ => Err(EvidenceError::Other(fleet)),
    }
}
