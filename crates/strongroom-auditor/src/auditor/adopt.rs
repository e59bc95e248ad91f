//! Takes a trust root, the first or the one that follows.

use super::{Auditor, AuditorError, desk::ROOT};
use strongroom_trust::{Moment, RootChain, RootError, RootVersion, TrustRoot};

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
        Ok(desk.root().version())
    }

    fn check_own(&self, root: &TrustRoot) -> Result<(), AdoptError> {
        let contents = root.contents();
        if contents.namespace != self.namespace {
            return Err(AdoptError::Namespace);
        }
        let is_own =
            contents.auditor == self.keys.party() && contents.policy.logs.contains(self.keys.log.key());
        if is_own { Ok(()) } else { Err(AdoptError::OtherKeys) }
    }
}

/// One root, as a file that a chain follows.
fn chain_file(root: &TrustRoot) -> String {
    RootChain::new(root.clone()).file_after(RootVersion(0))
}
