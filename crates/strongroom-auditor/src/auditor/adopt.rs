//! Takes a trust root, the first or the one that follows.

use super::{
    Auditor, AuditorError,
    desk::{ROOT, is_listed},
};
use crate::keys::settle;
use std::collections::BTreeMap;
use strongroom_protocol::ids::FleetId;
use strongroom_trust::{CountersignedNote, Moment, Revokers, RootChain, RootError, RootVersion, TrustRoot};

/// A trust root is not adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// It is none, or does not follow from the newest.
    #[error(transparent)]
    Root(#[from] RootError),
    /// It names other keys for auditor or log than those in the folder.
    #[error("the trust root names other keys for the auditor or the log than this folder has")]
    OtherKeys,
    /// It is for another line of bundles.
    #[error("the trust root is for another namespace than this folder")]
    Namespace,
    /// It was adopted, and what had to be done then did not end.
    #[error(transparent)]
    Auditor(#[from] AuditorError),
}

/// What bears keys that the newest trust root does not name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outdated {
    /// The newest bundle that both signed: until there is another, the delivery unit of before stays.
    pub bundle: bool,
    /// Fleets of which a revocation counts no more.
    pub revocations: Vec<FleetId>,
}

impl Auditor {
    /// Adopts a trust root and logs it: the first because somebody says that it is to be trusted, each other
    /// because it follows from the one before. One that is adopted already is no error.
    ///
    /// # Errors
    /// See [`AdoptError`].
    pub fn adopt(&self, root: &[u8], now: Moment) -> Result<RootVersion, AdoptError> {
        {
            let _lock = self.storage.lock().map_err(AuditorError::from)?;
            match self.roots()? {
                Some(mut roots) if !roots.roots().any(|known| known.as_str().as_bytes() == root) => {
                    let next = roots.newest().followed_by(root)?;
                    self.check_own(&next)?;
                    let file = chain_file(&next);
                    roots.follow(file.as_bytes())?;
                    self.write_roots(&roots)?;
                }
                Some(_) => {}
                None => {
                    let told = TrustRoot::told(root)?;
                    self.check_own(&told)?;
                    self.storage.replace(ROOT, root).map_err(AuditorError::from)?;
                    self.write_roots(&RootChain::new(told))?;
                }
            }
        }
        // The desk logs what is not logged yet.
        let mut desk = self.desk()?;
        self.follow_up(&mut desk, now)?;
        settle(&*self.storage, desk.root()).map_err(AuditorError::from)?;
        Ok(desk.root().version())
    }

    /// What bears keys that the newest trust root does not name, as after a change of keys.
    ///
    /// # Errors
    /// See [`AuditorError`].
    pub fn outdated(&self) -> Result<Outdated, AuditorError> {
        let desk = self.desk()?;
        let bundle = self.newest_agreed(&desk)?;
        let keys = (&desk.root().contents().operator.bundle, &desk.root().contents().auditor.bundle);
        let is_named = |note: &CountersignedNote| {
            note.verify_operator(keys.0).and_then(|()| note.verify_auditor(keys.1)).is_ok()
        };
        let mut once: BTreeMap<FleetId, Revokers> = BTreeMap::new();
        for body in desk.ledger.revocations.iter().map(|logged| &logged.body) {
            let revokers = once.entry(body.contents().fleet).or_default();
            *revokers = revokers.joined(body.revokers());
        }
        let is_said = |fleet| bundle.as_ref().is_some_and(|bundle| is_listed(&bundle.body, fleet));
        once.retain(|fleet, revokers| !is_said(*fleet) && desk.revokers(*fleet) != *revokers);
        Ok(Outdated {
            bundle: bundle.is_some_and(|bundle| !is_named(&bundle.note)),
            revocations: once.into_keys().collect(),
        })
    }

    fn check_own(&self, root: &TrustRoot) -> Result<(), AdoptError> {
        let contents = root.contents();
        if contents.namespace != self.namespace {
            return Err(AdoptError::Namespace);
        }
        if self.ring.under(root).is_some() { Ok(()) } else { Err(AdoptError::OtherKeys) }
    }
}

/// One root, as a file that a chain follows.
fn chain_file(root: &TrustRoot) -> String {
    RootChain::new(root.clone()).file_after(RootVersion(0))
}
