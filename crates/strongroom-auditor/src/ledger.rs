//! What stands in the log, as the auditor's rules ask for it: read from the leaves, never kept beside them.

use crate::log::{LogError, LogKeeper};
use std::collections::BTreeSet;
use strongroom_protocol::ids::{Digest, FleetId};
use strongroom_trust::{
    BundleBody, ClaimedNote, FleetEntry, RootChain, RootVersion, StatusBody, VerifiedRevocation,
    admission::History,
    body::Body,
    limits::LEAF_BYTES_MAX,
    log::{LeafError, VerifiedLeaf, verify_leaf},
    text_digest,
};

/// A note that stands in the log.
#[derive(Debug, Clone)]
pub(crate) struct Logged<B> {
    pub(crate) index: u64,
    pub(crate) leaf: String,
    pub(crate) body: B,
}

/// The leaves of a log, read.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) history: History,
    pub(crate) bundles: Vec<Logged<BundleBody>>,
    pub(crate) statuses: Vec<Logged<StatusBody>>,
    pub(crate) revocations: Vec<Logged<VerifiedRevocation>>,
    pub(crate) roots: BTreeSet<RootVersion>,
    pub(crate) others: BTreeSet<Digest>,
    fleets: BTreeSet<FleetId>,
}

/// A leaf of the own log is not what the auditor logs.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A leaf breaks a rule.
    #[error("leaf {index} of the own log: {cause}")]
    Leaf {
        /// Its index.
        index: u64,
        /// What is wrong.
        cause: LeafError,
    },
}

impl Ledger {
    pub(crate) fn read(log: &LogKeeper, roots: &RootChain) -> Result<Self, LedgerError> {
        let mut ledger = Self::default();
        for (index, leaf) in (0..).zip(log.leaves()?) {
            ledger.take(index, &leaf, roots).map_err(|cause| LedgerError::Leaf { index, cause })?;
        }
        Ok(ledger)
    }

    fn take(&mut self, index: u64, bytes: &[u8], roots: &RootChain) -> Result<(), LeafError> {
        let leaf = String::from_utf8_lossy(bytes).into_owned();
        match verify_leaf(bytes, roots)? {
            VerifiedLeaf::Bundle(contents) => {
                let body = BundleBody::compose(&contents)?;
                self.history.record(&body);
                self.fleets.extend(contents.fleets.iter().map(FleetEntry::id));
                self.bundles.push(Logged { index, leaf, body });
            }
            VerifiedLeaf::Status(contents) => {
                let body = StatusBody::compose(&contents)?;
                self.statuses.push(Logged { index, leaf, body });
            }
            VerifiedLeaf::Revocation(body) => self.revocations.push(Logged { index, leaf, body }),
            VerifiedLeaf::Root(version) => {
                self.roots.insert(version);
            }
            VerifiedLeaf::Other(_) => {
                let note = ClaimedNote::parse(bytes, LEAF_BYTES_MAX)?;
                self.others.insert(text_digest(note.text()));
            }
            VerifiedLeaf::Proposal(_) => {}
        }
        Ok(())
    }

    /// The bundle of this digest, if the auditor signed it.
    pub(crate) fn bundle(&self, digest: Digest) -> Option<&Logged<BundleBody>> {
        self.bundles.iter().find(|bundle| bundle.body.digest() == digest)
    }

    /// Whether any bundle ever listed a fleet.
    pub(crate) fn knows(&self, fleet: FleetId) -> bool {
        self.fleets.contains(&fleet)
    }
}
