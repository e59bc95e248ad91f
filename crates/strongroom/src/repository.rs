//! Encrypted, deduplicated, incremental backups in a restic-format repository.
//!
//! Specified in `docs/spec/repository.md`. The format, the chunking and the
//! packing are `rustic_core`'s, so that any restic reads what is written
//! here. This module adds what a person restoring a lost phone rests on:
//!
//! - whatever the storage gives back is checked against its name, down to
//!   every blob, before it is used: storage can lose a backup, never change it;
//! - a file that could not be read is named in the summary, never dropped
//!   without a word;
//! - a restore writes below its target folder only, whatever the snapshot says;
//! - no cache and no other file outside the repository and the target.
//!
//! Absent on purpose: the backup key and its derivation (`strongroom-crypto`),
//! the locator's contents (`strongroom-client`), forgetting and pruning of
//! snapshots (stock restic does it), ownership and extended attributes at
//! restore (stock restic restores them from the same repository).

mod authentic;
mod backup;
mod beside;
mod check;
mod error;
mod folder;
mod key;
mod key_files;
mod limits;
mod location;
#[cfg(feature = "object-stores")]
mod object_store;
mod restore;
mod snapshots;
mod source;
mod store;
mod target;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustic_core::repofile::MasterKey;
use rustic_core::{
    ConfigOptions, Credentials, KeyOptions, OpenStatus, Repository as RusticRepository, RepositoryBackends,
    RepositoryOptions, WriteBackend,
};

use crate::progress::Progress;

pub use backup::BackupSummary;
pub use check::CheckSummary;
pub use error::RepositoryError;
pub use key::{RepositoryKey, RepositoryKeyError};
pub use location::RepositoryLocation;
pub use restore::RestoreSummary;
pub use snapshots::SnapshotSummary;
pub use source::Unreadable;

use authentic::WriteRefusal;
use error::classify;
use store::Contents;

/// An open restic-format repository.
///
/// Holding one proves that the repository key opens it; it proves nothing
/// about the state of the data in it, which [`Repository::check`] reads.
pub struct Repository {
    location: RepositoryLocation,
    backend: Arc<dyn WriteBackend>,
    refusal: WriteRefusal,
    master_key: MasterKey,
}

impl fmt::Debug for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Repository({})", self.location)
    }
}

impl Repository {
    /// Makes a new repository that `key` opens.
    ///
    /// The folder is made where it is missing; files that are no repository's
    /// (the locator) may stand in it already. What an interrupted creation
    /// left behind is replaced.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Exists`] where a repository stands already,
    /// [`RepositoryError::Damaged`] where the remains of one stand.
    pub fn create(location: &RepositoryLocation, key: &RepositoryKey) -> Result<Self, RepositoryError> {
        let refusal = WriteRefusal::default();
        let backend = store::backend(location, &refusal)?;
        match store::contents(&backend).map_err(|e| classify(location, &e))? {
            Contents::Nothing => {}
            Contents::KeysOnly => store::remove_keys(&backend).map_err(|e| classify(location, &e))?,
            Contents::Repository => return Err(RepositoryError::exists(location)),
            Contents::ConfigLost => return Err(RepositoryError::config_lost(location)),
        }
        let made = unopened(&backend, &Progress::silent(), "")
            .and_then(|repository| {
                repository.init(&key.credentials(), &KeyOptions::default(), &ConfigOptions::default())
            })
            .map_err(|e| classify(location, &e))?;
        Ok(Self { location: location.clone(), backend, refusal, master_key: made.key() })
    }

    /// Opens an existing repository.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Missing`] where nothing stands,
    /// [`RepositoryError::WrongKey`] where the key opens none of its key
    /// files, [`RepositoryError::Damaged`] where its first files are not what
    /// was written.
    pub fn open(location: &RepositoryLocation, key: &RepositoryKey) -> Result<Self, RepositoryError> {
        let refusal = WriteRefusal::default();
        let backend = store::backend(location, &refusal)?;
        match store::contents(&backend).map_err(|e| classify(location, &e))? {
            Contents::Nothing | Contents::KeysOnly => {
                return Err(RepositoryError::missing(location));
            }
            Contents::Repository => {}
            Contents::ConfigLost => return Err(RepositoryError::config_lost(location)),
        }
        key_files::verify(location, &backend)?;
        let opened = unopened(&backend, &Progress::silent(), "")
            .and_then(|repository| repository.open(&key.credentials()))
            .map_err(|e| classify(location, &e))?;
        Ok(Self { location: location.clone(), backend, refusal, master_key: opened.key() })
    }

    /// Returns where the repository stands.
    #[must_use]
    pub fn location(&self) -> &RepositoryLocation {
        &self.location
    }

    /// Backs up the folder `source` as a new snapshot.
    ///
    /// Only what changed since the latest snapshot of the same folder on the
    /// same host is read, and only what the repository lacks is stored. The
    /// snapshot holds the folder's contents at its root. A repository that
    /// stands inside `source` is left out.
    ///
    /// # Errors
    ///
    /// See [`RepositoryError`]. Files that could not be read are no error:
    /// they stand in [`BackupSummary::unreadable`], and the caller tells.
    pub fn backup(&self, source: &Path, progress: &Progress) -> Result<BackupSummary, RepositoryError> {
        backup::run(self, source, progress)
    }

    /// Puts the tree of a snapshot, or of the latest one, under `target`.
    ///
    /// `snapshot` is an id, the beginning of one, or `latest`. The target must
    /// be missing or an empty folder. Contents, permission bits, modification
    /// times and symbolic links come back; nothing is written outside the
    /// target.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::DamagedFiles`] where single files could not be read:
    /// all others are in place by then, and none of the damaged ones.
    pub fn restore(
        &self,
        snapshot: Option<&str>,
        target: &Path,
        progress: &Progress,
    ) -> Result<RestoreSummary, RepositoryError> {
        restore::run(self, snapshot, target, progress)
    }

    /// Lists all snapshots, the oldest first.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Damaged`] where one of them cannot be read.
    pub fn snapshots(&self) -> Result<Vec<SnapshotSummary>, RepositoryError> {
        snapshots::list(self)
    }

    /// Reads every byte that a snapshot refers to and checks it.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Damaged`] names the first findings.
    pub fn check(&self, progress: &Progress) -> Result<CheckSummary, RepositoryError> {
        check::run(self, progress)
    }

    /// Opens the repository once more for one operation, whose bar is `title`.
    fn session(
        &self,
        progress: &Progress,
        title: &'static str,
    ) -> Result<RusticRepository<OpenStatus>, RepositoryError> {
        unopened(&self.backend, progress, title)
            .and_then(|repository| repository.open(&Credentials::Masterkey(self.master_key.clone())))
            .map_err(|e| self.fault(&e))
    }

    fn fault(&self, error: &rustic_core::RusticError) -> RepositoryError {
        classify(&self.location, error)
    }

    /// Prefers what the storage refused over what the library made of it.
    fn fault_of_writing(&self, error: &rustic_core::RusticError) -> RepositoryError {
        self.refusal.take().unwrap_or_else(|| self.fault(error))
    }
}

fn unopened(
    backend: &Arc<dyn WriteBackend>,
    progress: &Progress,
    title: &'static str,
) -> rustic_core::RusticResult<RusticRepository<()>> {
    let options = RepositoryOptions::default().no_cache(true);
    let backends = RepositoryBackends::new(Arc::clone(backend), None);
    RusticRepository::new_with_progress(&options, &backends, progress.bridge(title))
}
