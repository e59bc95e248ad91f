//! A chain of trust roots, each following from the one before.

use super::{Policy, RootError, TrustRoot};
use crate::{
    RootVersion,
    limits::{ROOTS_BYTES_MAX, ROOTS_MAX},
    sections::{Sections, compose},
};

/// The first line of a file of trust roots.
const HEADER: &str = "strongroom.example/trust-roots/v1";
const SECTION: &str = "root";

/// Trust roots from one that was told to be trusted to the newest known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootChain {
    told: TrustRoot,
    followed: Vec<TrustRoot>,
}

impl RootChain {
    /// Begins with a trust root that was told to be trusted.
    pub fn new(told: TrustRoot) -> Self {
        Self { told, followed: Vec::new() }
    }

    /// Follows a file of trust roots, as a node hands it out. Versions that are known already are
    /// passed over; each of the others has to follow from the one before.
    ///
    /// # Errors
    /// One of them does not follow; nothing of the file is believed then.
    pub fn follow(&mut self, file: &[u8]) -> Result<(), RootError> {
        let sections = Sections::parse(file, HEADER, ROOTS_BYTES_MAX, ROOTS_MAX)?;
        let mut followed = Vec::new();
        for (name, bytes) in sections.iter() {
            if name != SECTION {
                return Err(crate::SectionsError::Unknown(name.into()).into());
            }
            if !self.is_known(bytes) {
                let next = followed.last().unwrap_or(self.newest()).followed_by(bytes)?;
                followed.push(next);
            }
        }
        self.followed.append(&mut followed);
        Ok(())
    }

    /// Writes the roots after a version as a file for [`Self::follow`].
    pub fn file_after(&self, version: RootVersion) -> String {
        let later = self.roots().filter(|root| root.version() > version);
        let sections: Vec<(&str, &str)> = later.map(|root| (SECTION, root.as_str())).collect();
        compose(HEADER, &sections)
    }

    /// The newest of them, the one to verify by.
    pub fn newest(&self) -> &TrustRoot {
        self.followed.last().unwrap_or(&self.told)
    }

    /// The newest policy with the logs of every version: for what somebody saw of a log before its key was changed.
    pub fn policy_of_all_logs(&self) -> Policy {
        let mut policy = self.newest().contents().policy.clone();
        for log in self.roots().flat_map(|root| &root.contents().policy.logs) {
            if !policy.logs.contains(log) {
                policy.logs.push(log.clone());
            }
        }
        policy
    }

    /// The root of a version.
    pub fn version(&self, version: RootVersion) -> Option<&TrustRoot> {
        self.roots().find(|root| root.version() == version)
    }

    /// All of them, the oldest first.
    pub fn roots(&self) -> impl Iterator<Item = &TrustRoot> {
        std::iter::once(&self.told).chain(&self.followed)
    }

    fn is_known(&self, bytes: &[u8]) -> bool {
        self.roots().any(|root| root.as_str().as_bytes() == bytes)
    }
}
