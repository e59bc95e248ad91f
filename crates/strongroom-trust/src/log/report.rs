//! What a log says: per epoch which fleets and keys came and went.

use super::{LeafError, LeafKind, VerifiedLeaf, verify_leaf};
use crate::{
    BundleContents, Epoch, FleetEntry, Moment, RootChain, Service, StatusContents, VerifiedRevocation,
    WitnessedCheckpoint, body::Body, bundle::BundleBody,
};
use std::collections::BTreeMap;
use strongroom_protocol::ids::{Digest, FleetId};

/// A log that was verified from its first leaf to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogReport {
    /// The newest checkpoint.
    pub checkpoint: WitnessedCheckpoint,
    /// How many leaves there are of each kind.
    pub kinds: BTreeMap<LeafKind, u64>,
    /// Every bundle that the auditor signed, in order.
    pub epochs: Vec<EpochReport>,
    /// The newest status note.
    pub status: Option<StatusContents>,
    /// Every revocation with its index.
    pub revocations: Vec<(u64, VerifiedRevocation)>,
    /// Notes of other formats: index and first line.
    pub others: Vec<(u64, String)>,
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

pub(super) struct History<'r> {
    roots: &'r RootChain,
    kinds: BTreeMap<LeafKind, u64>,
    epochs: Vec<EpochReport>,
    last: Option<BundleContents>,
    status: Option<StatusContents>,
    revocations: Vec<(u64, VerifiedRevocation)>,
    others: Vec<(u64, String)>,
    bundles: BTreeMap<Epoch, BundleContents>,
    named: Vec<FleetEntry>,
}

impl<'r> History<'r> {
    pub(super) fn new(roots: &'r RootChain) -> Self {
        Self {
            roots,
            kinds: BTreeMap::new(),
            epochs: Vec::new(),
            last: None,
            status: None,
            revocations: Vec::new(),
            others: Vec::new(),
            bundles: BTreeMap::new(),
            named: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, index: u64, bytes: &[u8]) -> Result<(), LeafError> {
        let leaf = verify_leaf(bytes, self.roots)?;
        let count = self.kinds.entry(leaf.kind()).or_default();
        *count = count.saturating_add(1);
        match leaf {
            VerifiedLeaf::Bundle(bundle) => self.take_bundle(index, bundle)?,
            VerifiedLeaf::Status(status) => self.take_status(status)?,
            VerifiedLeaf::Revocation(revocation) => self.revocations.push((index, revocation)),
            VerifiedLeaf::Other(header) => self.others.push((index, header)),
            VerifiedLeaf::Proposal(_) | VerifiedLeaf::Root(_) => {}
        }
        Ok(())
    }

    pub(super) fn report(self, checkpoint: WitnessedCheckpoint) -> LogReport {
        let Self { kinds, epochs, status, revocations, others, .. } = self;
        LogReport { checkpoint, kinds, epochs, status, revocations, others }
    }

    /// Epochs rise by one, and each names the digest of the one before.
    fn take_bundle(&mut self, index: u64, bundle: BundleContents) -> Result<(), LeafError> {
        let expected = match &self.last {
            None => Epoch(1),
            Some(last) => last.epoch.next().unwrap_or(last.epoch),
        };
        let previous = self.epochs.last().map(|report| report.digest);
        if bundle.epoch != expected || bundle.previous != previous {
            return Err(LeafError::BrokenChain { expected, met: bundle.epoch });
        }
        self.epochs.push(EpochReport {
            epoch: bundle.epoch,
            digest: BundleBody::compose(&bundle)?.digest(),
            index,
            issued: bundle.issued,
            is_named: false,
            changes: changes(&self.named, &bundle.fleets),
        });
        self.last = Some(bundle.clone());
        self.bundles.insert(bundle.epoch, bundle);
        Ok(())
    }

    /// Numbers rise by one, and each names a bundle of this log, never an older one than before.
    fn take_status(&mut self, status: StatusContents) -> Result<(), LeafError> {
        if let Some(last) = &self.status {
            let expected = last.number.next().unwrap_or(last.number);
            if status.number != expected {
                return Err(LeafError::StatusNumber { expected, met: status.number });
            }
        }
        let goes_back = self.status.as_ref().is_some_and(|last| status.epoch < last.epoch);
        let named = self.epochs.iter_mut().rev().find(|report| report.epoch == status.epoch);
        let named = named.filter(|report| report.digest == status.bundle && !goes_back);
        let named = named.ok_or(LeafError::StatusBundle(status.epoch))?;
        if !named.is_named {
            named.is_named = true;
            let bundle = self.bundles.get(&status.epoch);
            self.named = bundle.map(|bundle| bundle.fleets.clone()).unwrap_or_default();
            self.bundles.retain(|epoch, _| *epoch >= status.epoch);
        }
        self.status = Some(status);
        Ok(())
    }
}

/// What is different between two lists of fleets.
fn changes(old: &[FleetEntry], new: &[FleetEntry]) -> Vec<FleetChange> {
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
