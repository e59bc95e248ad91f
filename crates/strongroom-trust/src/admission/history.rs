//! All that was ever signed in a namespace, as far as the rules ask for it.

use crate::{BundleBody, Epoch, FleetEntry, Moment, body::Body};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::ids::{Digest, FleetId};

/// Every bundle that the auditor signed in one namespace, the void ones included.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub(super) last: Option<(Epoch, Digest, Moment)>,
    pub(super) digests: BTreeSet<Digest>,
    pub(super) revoked: BTreeMap<FleetId, Epoch>,
    pub(super) keys: BTreeMap<[u8; 32], FleetId>,
    pub(super) fleets: BTreeMap<FleetId, [u8; 32]>,
}

impl History {
    /// Takes a bundle that was signed, in the order of signing.
    pub fn record(&mut self, bundle: &BundleBody) {
        let contents = bundle.contents();
        let digest = bundle.digest();
        self.last = Some((contents.epoch, digest, contents.issued));
        self.digests.insert(digest);
        for entry in &contents.fleets {
            match entry {
                FleetEntry::Serving(fleet) => {
                    self.keys.insert(fleet.identity_key, fleet.id);
                    self.fleets.insert(fleet.id, fleet.identity_key);
                }
                FleetEntry::Revoked(fleet) => {
                    self.revoked.entry(fleet.id).or_insert(fleet.since);
                }
            }
        }
    }

    /// The last bundle's epoch and digest.
    pub fn last(&self) -> Option<(Epoch, Digest)> {
        self.last.map(|(epoch, digest, _)| (epoch, digest))
    }

    /// The epoch that follows.
    pub fn next_epoch(&self) -> Option<Epoch> {
        match self.last {
            None => Some(Epoch(1)),
            Some((epoch, _, _)) => epoch.next(),
        }
    }
}
