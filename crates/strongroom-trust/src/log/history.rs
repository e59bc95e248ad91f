//! What was read of a log so far: enough to judge the next leaf by, and what is reported.
//!
//! Invariant: whatever an auditor logs, what is kept has a bound.

use super::{
    EpochReport, LeafError, LeafKind, LeftOut, LogReport, VerifiedLeaf, report::changes, verify_leaf,
};
use crate::{
    BundleContents, Epoch, FleetEntry, RootChain, StatusContents, VerifiedRevocation, WitnessedCheckpoint,
    body::Body,
    bundle::BundleBody,
    limits::{LISTED_MAX, UNNAMED_BUNDLES_MAX},
};
use std::collections::{BTreeMap, VecDeque};
use strongroom_protocol::ids::Digest;

pub(super) struct History<'r> {
    roots: &'r RootChain,
    kinds: BTreeMap<LeafKind, u64>,
    epochs: Newest<EpochReport>,
    revocations: Newest<(u64, VerifiedRevocation)>,
    others: Newest<(u64, String)>,
    last: Option<(Epoch, Digest)>,
    status: Option<StatusContents>,
    /// The fleets of the bundle that the newest status names.
    named: Vec<FleetEntry>,
    /// The newest bundles that no status named.
    unnamed: VecDeque<(Digest, BundleContents)>,
}

/// The newest of very many, and how many were left out.
struct Newest<T> {
    kept: VecDeque<T>,
    left_out: u64,
}

impl<'r> History<'r> {
    pub(super) fn new(roots: &'r RootChain) -> Self {
        Self {
            roots,
            kinds: BTreeMap::new(),
            epochs: Newest::default(),
            revocations: Newest::default(),
            others: Newest::default(),
            last: None,
            status: None,
            named: Vec::new(),
            unnamed: VecDeque::new(),
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
        let left_out =
            LeftOut { epochs: epochs.left_out, revocations: revocations.left_out, others: others.left_out };
        LogReport {
            checkpoint,
            kinds,
            epochs: epochs.kept.into(),
            status,
            revocations: revocations.kept.into(),
            others: others.kept.into(),
            left_out,
        }
    }

    /// Epochs rise by one, and each names the digest of the one before.
    fn take_bundle(&mut self, index: u64, bundle: BundleContents) -> Result<(), LeafError> {
        let expected = match self.last {
            None => Epoch(1),
            Some((epoch, _)) => epoch.next().unwrap_or(epoch),
        };
        let previous = self.last.map(|(_, digest)| digest);
        if bundle.epoch != expected || bundle.previous != previous {
            return Err(LeafError::BrokenChain { expected, met: bundle.epoch });
        }
        let digest = BundleBody::compose(&bundle)?.digest();
        self.epochs.push(EpochReport {
            epoch: bundle.epoch,
            digest,
            index,
            issued: bundle.issued,
            is_named: false,
            changes: changes(&self.named, &bundle.fleets),
        });
        self.last = Some((bundle.epoch, digest));
        if self.unnamed.len() == UNNAMED_BUNDLES_MAX {
            self.unnamed.pop_front();
        }
        self.unnamed.push_back((digest, bundle));
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
        let names_the_same =
            |last: &StatusContents| (last.epoch, last.bundle) == (status.epoch, status.bundle);
        if !self.status.as_ref().is_some_and(names_the_same) {
            self.name(&status)?;
        }
        self.status = Some(status);
        Ok(())
    }

    /// Takes another bundle as the one that is in force. What stood before it was named or is void.
    fn name(&mut self, status: &StatusContents) -> Result<(), LeafError> {
        let is_it = |(digest, bundle): &(Digest, BundleContents)| {
            (bundle.epoch, *digest) == (status.epoch, status.bundle)
        };
        let place = self.unnamed.iter().position(is_it).ok_or_else(|| self.cannot_name(status.epoch))?;
        let Some((_, bundle)) = self.unnamed.drain(..=place).next_back() else { return Ok(()) };
        self.named = bundle.fleets;
        let reports = self.epochs.kept.iter_mut().rev();
        if let Some(report) = reports.into_iter().find(|report| report.epoch == status.epoch) {
            report.is_named = true;
        }
        Ok(())
    }

    fn cannot_name(&self, epoch: Epoch) -> LeafError {
        let newest_named = self.status.as_ref().map(|status| status.epoch);
        let oldest_kept = self.unnamed.front().map(|(_, bundle)| bundle.epoch);
        let was_left_out = newest_named < Some(epoch) && oldest_kept.is_some_and(|oldest| epoch < oldest);
        if was_left_out { LeafError::StatusTooLate(epoch) } else { LeafError::StatusBundle(epoch) }
    }
}

impl<T> Newest<T> {
    fn push(&mut self, item: T) {
        if self.kept.len() == LISTED_MAX {
            self.kept.pop_front();
            self.left_out = self.left_out.saturating_add(1);
        }
        self.kept.push_back(item);
    }
}

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self { kept: VecDeque::new(), left_out: 0 }
    }
}
