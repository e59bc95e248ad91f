//! What an act begins with: the lock, the trust roots, the leaves.

use super::{Auditor, AuditorError};
use crate::{
    keys::KeysInUse,
    ledger::{Ledger, Logged},
    log::LogKeeper,
    storage::{StorageLock, public},
};
use strongroom_protocol::ids::{Digest, FleetId};
use strongroom_trust::{
    BundleBody, CountersignedNote, FleetEntry, Moment, Revokers, RootChain, RootVersion, StatusBody,
    TrustRoot, VerifiedRevocation, WitnessedCheckpoint,
    body::Body,
    limits::{NOTE_BYTES_MAX, ROOTS_BYTES_MAX},
};

pub(super) const ROOT: &str = "private/root";
pub(super) const ROOTS: &str = "trust-roots";
pub(super) const STATUS: &str = "status";

/// The lock, and what was read under it.
pub(super) struct Desk {
    _lock: StorageLock,
    pub(super) roots: RootChain,
    pub(super) keys: KeysInUse,
    pub(super) log: LogKeeper,
    pub(super) ledger: Ledger,
}

/// A note that both parties signed, with its place in the log.
pub(super) struct Agreed<B> {
    pub(super) note: CountersignedNote,
    pub(super) body: B,
    pub(super) index: u64,
}

impl Desk {
    pub(super) fn root(&self) -> &TrustRoot {
        self.roots.newest()
    }

    /// The revocations that count under the newest trust root, with their leaves; one that bears retired keys alone
    /// does not any more.
    pub(super) fn revocations(&self) -> impl Iterator<Item = (VerifiedRevocation, &str)> {
        let leaves = self.ledger.revocations.iter().map(|logged| logged.leaf.as_str());
        leaves.filter_map(|leaf| Some((VerifiedRevocation::verify(leaf.as_bytes(), self.root()).ok()?, leaf)))
    }

    /// Who revoked a fleet so far.
    pub(super) fn revokers(&self, fleet: FleetId) -> Revokers {
        let about = self.revocations().filter(|(revocation, _)| revocation.contents().fleet == fleet);
        about.fold(Revokers::default(), |all, (revocation, _)| all.joined(revocation.revokers()))
    }
}

impl Auditor {
    /// Takes the lock, and ends what an earlier act began: a batch on its way, a trust root that is not logged.
    pub(super) fn desk(&self) -> Result<Desk, AuditorError> {
        let lock = self.storage.lock()?;
        let roots = self.roots()?.ok_or(AuditorError::NoRoot)?;
        let policy = &roots.newest().contents().policy;
        let keys = self.keys(roots.newest())?;
        let log = self.log(&roots, &keys);
        if log.state()?.batch.is_some() {
            log.complete(policy, &self.witnesses)?;
        }
        let mut ledger = Ledger::read(&log, &roots)?;
        let is_missing = |root: &&TrustRoot| !ledger.roots.contains(&root.version());
        let missing: Vec<Vec<u8>> =
            roots.roots().filter(is_missing).map(|root| root.as_str().into()).collect();
        for leaf in missing {
            log.begin(vec![leaf])?;
            log.complete(policy, &self.witnesses)?;
            ledger = Ledger::read(&log, &roots)?;
        }
        Ok(Desk { _lock: lock, roots, keys, log, ledger })
    }

    /// As [`Self::desk`], for whoever is to sign: the trust root's time must not be over.
    pub(super) fn signing_desk(&self, now: Moment) -> Result<Desk, AuditorError> {
        let desk = self.desk()?;
        if desk.root().is_expired(now) { Err(AuditorError::RootExpired) } else { Ok(desk) }
    }

    /// Appends notes, waits for the witnesses, and reads the log anew.
    pub(super) fn append(
        &self,
        desk: &mut Desk,
        leaves: Vec<String>,
    ) -> Result<WitnessedCheckpoint, AuditorError> {
        desk.log.begin(leaves.into_iter().map(String::into_bytes).collect())?;
        let witnessed = desk.log.complete(&desk.root().contents().policy, &self.witnesses)?;
        desk.ledger = Ledger::read(&desk.log, &desk.roots)?;
        Ok(witnessed)
    }

    /// The trust roots that were adopted.
    pub(super) fn roots(&self) -> Result<Option<RootChain>, AuditorError> {
        let Some(told) = self.storage.read(ROOT, NOTE_BYTES_MAX)? else { return Ok(None) };
        let mut roots = RootChain::new(TrustRoot::told(&told)?);
        if let Some(file) = self.storage.read(&public(ROOTS), ROOTS_BYTES_MAX)? {
            roots.follow(&file)?;
        }
        Ok(Some(roots))
    }

    pub(super) fn write_roots(&self, roots: &RootChain) -> Result<(), AuditorError> {
        let file = roots.file_after(RootVersion(0));
        Ok(self.storage.replace(&public(ROOTS), file.as_bytes())?)
    }

    /// The newest bundle that both parties signed.
    pub(super) fn newest_agreed(&self, desk: &Desk) -> Result<Option<Agreed<BundleBody>>, AuditorError> {
        for logged in desk.ledger.bundles.iter().rev() {
            if let Some(agreed) = self.agreed(logged)? {
                return Ok(Some(agreed));
            }
        }
        Ok(None)
    }

    /// A bundle as both parties signed it, if the operator counter-signed it.
    pub(super) fn agreed(
        &self,
        logged: &Logged<BundleBody>,
    ) -> Result<Option<Agreed<BundleBody>>, AuditorError> {
        let path = bundle_path(&logged.body);
        let note = self.countersigned(&path)?;
        match note {
            Some(note) if note.leaf() == logged.leaf => {
                Ok(Some(Agreed { note, body: logged.body.clone(), index: logged.index }))
            }
            Some(_) => Err(AuditorError::Broken(path)),
            None => Ok(None),
        }
    }

    /// The newest status that both parties signed.
    pub(super) fn agreed_status(&self, desk: &Desk) -> Result<Option<Agreed<StatusBody>>, AuditorError> {
        let path = public(STATUS);
        let Some(note) = self.countersigned(&path)? else { return Ok(None) };
        let logged = desk.ledger.statuses.iter().find(|logged| logged.leaf == note.leaf());
        let logged = logged.ok_or(AuditorError::Broken(path))?;
        Ok(Some(Agreed { note, body: logged.body.clone(), index: logged.index }))
    }

    fn countersigned(&self, path: &str) -> Result<Option<CountersignedNote>, AuditorError> {
        let Some(bytes) = self.storage.read(path, NOTE_BYTES_MAX)? else { return Ok(None) };
        CountersignedNote::parse(&bytes).map(Some).map_err(|_| AuditorError::Broken(path.into()))
    }
}

/// Where a counter-signed bundle lies.
pub(super) fn bundle_path(body: &BundleBody) -> String {
    public(&format!("bundles/{}", body.contents().epoch))
}

/// The revocations that count beside a bundle: those of fleets that it does not list as revoked.
pub(super) fn revocations_beside<'d>(desk: &'d Desk, bundle: &BundleBody) -> Vec<(Digest, &'d str)> {
    let beside = desk.revocations().filter(|(revocation, _)| !is_listed(bundle, revocation.contents().fleet));
    beside.map(|(revocation, leaf)| (revocation.digest(), leaf)).collect()
}

/// Whether a bundle lists a fleet as revoked.
pub(super) fn is_listed(bundle: &BundleBody, fleet: FleetId) -> bool {
    matches!(bundle.contents().fleet(fleet), Some(FleetEntry::Revoked(_)))
}
