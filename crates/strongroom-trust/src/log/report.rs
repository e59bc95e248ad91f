//! What a log says: per epoch which fleets and keys came and went.

use super::LeafKind;
use crate::{Epoch, FleetEntry, Moment, Service, StatusContents, VerifiedRevocation, WitnessedCheckpoint};
use std::collections::BTreeMap;
use strongroom_protocol::ids::{Digest, FleetId};

/// A log that was verified from its first leaf to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReport {
    /// The newest checkpoint.
    pub checkpoint: WitnessedCheckpoint,
    /// How many leaves there are of each kind.
    pub kinds: BTreeMap<LeafKind, u64>,
    /// The bundles that the auditor signed, in order; the newest, where there are very many.
    pub epochs: Vec<EpochReport>,
    /// The newest status note.
    pub status: Option<StatusContents>,
    /// The revocations with their indexes; the newest, where there are very many.
    pub revocations: Vec<(u64, VerifiedRevocation)>,
    /// Notes of other formats, index and first line; the newest, where there are very many.
    pub others: Vec<(u64, String)>,
    /// What was verified and is not listed.
    pub left_out: LeftOut,
}

/// How many of the oldest a report leaves out, so that its size has a bound whatever an auditor logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Bundles.
    pub epochs: u64,
    /// Revocations.
    pub revocations: u64,
    /// Notes of other formats.
    pub others: u64,
}

/// One bundle in the log, and what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochReport {
    /// Its number.
    pub epoch: Epoch,
    /// Its digest.
    pub digest: Digest,
    /// Its leaf's index, from zero.
    pub index: u64,
    /// When it was written.
    pub issued: Moment,
    /// Whether a status named it; one that none names was never in force, or is not yet.
    pub is_named: bool,
    /// What changed since the last bundle that a status named.
    pub changes: Vec<FleetChange>,
}

/// What a bundle changed about a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetChange {
    /// A fleet with its key came.
    Came {
        /// The fleet.
        fleet: FleetId,
        /// Its identity key; none if it came as revoked.
        key: Option<[u8; 32]>,
        /// What it is there for; none if it came as revoked.
        service: Option<Service>,
    },
    /// A fleet is not listed any more.
    Went {
        /// The fleet.
        fleet: FleetId,
        /// The key that went with it, unless it had gone before.
        key: Option<[u8; 32]>,
    },
    /// A fleet was revoked, and its key went.
    Revoked {
        /// The fleet.
        fleet: FleetId,
        /// The key that went.
        key: Option<[u8; 32]>,
    },
    /// A fleet serves for something else.
    Service {
        /// The fleet.
        fleet: FleetId,
        /// What it is there for now.
        service: Service,
    },
    /// A fleet has another identity key, image or evidence than before, which no honest bundle says.
    Replaced {
        /// The fleet.
        fleet: FleetId,
        /// The key before.
        old: [u8; 32],
        /// The key now.
        new: [u8; 32],
    },
}

/// What is different between two lists of fleets.
pub(super) fn changes(old: &[FleetEntry], new: &[FleetEntry]) -> Vec<FleetChange> {
    let find = |list: &[FleetEntry], id| list.iter().find(|fleet| fleet.id() == id).cloned();
    let key = |entry: &FleetEntry| entry.serving().map(|fleet| fleet.identity_key);
    let mut changes = Vec::new();
    for entry in new {
        let fleet = entry.id();
        match (find(old, fleet), entry) {
            (None, _) => changes.push(FleetChange::Came {
                fleet,
                key: key(entry),
                service: entry.serving().map(|serving| serving.service),
            }),
            (Some(FleetEntry::Serving(before)), FleetEntry::Serving(now)) => {
                if before.identity_key != now.identity_key {
                    let (old, new) = (before.identity_key, now.identity_key);
                    changes.push(FleetChange::Replaced { fleet, old, new });
                }
                if before.service != now.service {
                    changes.push(FleetChange::Service { fleet, service: now.service });
                }
            }
            (Some(FleetEntry::Serving(before)), FleetEntry::Revoked(_)) => {
                changes.push(FleetChange::Revoked { fleet, key: Some(before.identity_key) });
            }
            (Some(FleetEntry::Revoked(_)), FleetEntry::Serving(now)) => changes.push(FleetChange::Came {
                fleet,
                key: Some(now.identity_key),
                service: Some(now.service),
            }),
            (Some(FleetEntry::Revoked(_)), FleetEntry::Revoked(_)) => {}
        }
    }
    let gone = old.iter().filter(|entry| find(new, entry.id()).is_none());
    changes.extend(gone.map(|entry| FleetChange::Went { fleet: entry.id(), key: key(entry) }));
    changes
}
