//! The auditor: signs what follows its rules, logs what it signed, and gives a signature out only when the log
//! with it is witnessed. Page: `docs/spec/auditor.md`.
//!
//! Every act takes the folder's lock, ends what an earlier act began, reads the log's own leaves, and acts upon
//! nothing else. So acts of several programs on one folder, and stops in any of them, end well.

mod accept;
mod adopt;
mod desk;
mod error;
mod publish;
mod revoke;
mod sign;
mod status;
mod tend;

pub use accept::{AcceptError, Accepted};
pub use adopt::{AdoptError, Outdated};
pub use error::{AuditorError, InitError, OpenError};
pub use revoke::RevokeError;
pub use sign::{SignError, SignedBundle};
pub use tend::Tended;

use crate::{
    config::{AuditorConfig, ConfigError},
    key::{Passphrase, Stretching},
    keys::{AuditorKeys, KeyRing, KeysInUse, NextKeys, OpenKeys},
    log::LogKeeper,
    storage::{Directory, Storage},
    web::WebClient,
    witnessing::WitnessLink,
};
use std::{path::Path, sync::Arc};
use strongroom_crypto::Rng;
use strongroom_trust::{KeyName, Namespace, RootChain, TrustRoot, WitnessKey};

/// An auditor at work on one folder.
pub struct Auditor {
    storage: Arc<dyn Storage>,
    namespace: Namespace,
    ring: KeyRing,
    witnesses: Vec<Arc<dyn WitnessLink>>,
}

/// Makes an auditor's folder with new keys for a namespace and a log of this name.
///
/// # Errors
/// See [`InitError`].
pub fn init_auditor(
    folder: &Path,
    namespace: Namespace,
    origin: KeyName,
    passphrase: &Passphrase,
    stretching: Stretching,
    rng: &mut dyn Rng,
) -> Result<AuditorKeys, InitError> {
    let directory = Directory::create(folder)?;
    let keys = AuditorKeys::create(&directory, &origin, passphrase, stretching, rng)?;
    AuditorConfig { namespace, origin, witnesses: Vec::new() }.write(&directory)?;
    Ok(keys)
}

/// The public keys of an auditor's folder; no passphrase is needed.
///
/// # Errors
/// See [`OpenError`].
pub fn auditor_keys(folder: &Path) -> Result<AuditorKeys, OpenError> {
    Ok(AuditorKeys::read(&Directory::open(folder)?)?)
}

/// Tells an auditor where a witness is reached.
///
/// # Errors
/// See [`ConfigError`].
pub fn add_witness(folder: &Path, key: WitnessKey, url: String) -> Result<(), ConfigError> {
    let directory = Directory::open(folder)?;
    AuditorConfig::read(&directory)?.with_witness(key, url)?.write(&directory)
}

/// Opens an auditor's folder, with its witnesses over HTTP.
///
/// # Errors
/// See [`OpenError`].
pub fn open_auditor(folder: &Path, passphrase: &Passphrase) -> Result<Auditor, OpenError> {
    let directory = Directory::open(folder)?;
    let config = AuditorConfig::read(&directory)?;
    let keys = OpenKeys::open(&directory, passphrase)?;
    let next = NextKeys::open(&directory, passphrase)?;
    let witnesses = config.links(&WebClient::new()?);
    Ok(Auditor::new(Arc::new(directory), config.namespace, keys, witnesses).with_next(next))
}

impl Auditor {
    /// Takes files, keys and ways to witnesses of whatever kind.
    pub fn new(
        storage: Arc<dyn Storage>,
        namespace: Namespace,
        keys: OpenKeys,
        witnesses: Vec<Arc<dyn WitnessLink>>,
    ) -> Self {
        Self { storage, namespace, ring: KeyRing::new(keys, NextKeys::default()), witnesses }
    }

    /// Takes keys that are to follow, once a trust root names them.
    #[must_use]
    pub fn with_next(mut self, next: NextKeys) -> Self {
        self.ring = self.ring.with_next(next);
        self
    }

    /// The files, of which those below `public/` are for everybody.
    pub fn storage(&self) -> Arc<dyn Storage> {
        self.storage.clone()
    }

    /// The line of bundles that it signs.
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The keys that the newest trust root names.
    fn keys(&self, root: &TrustRoot) -> Result<KeysInUse, AuditorError> {
        self.ring.under(root).ok_or(AuditorError::OtherKeys)
    }

    /// The log, with the key that signs for it now and those that did before.
    fn log(&self, roots: &RootChain, keys: &KeysInUse) -> LogKeeper {
        let own = keys.log.key();
        let mut retired = roots.policy_of_all_logs().logs;
        retired.retain(|key| key != own && key.name() == own.name());
        LogKeeper::new(self.storage.clone(), own.clone(), keys.log.signer()).succeeding(retired)
    }
}
