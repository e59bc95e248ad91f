//! The storage under a repository, and what stands in it.

use std::sync::Arc;

use rustic_core::{FileType, RusticResult, WriteBackend};

use super::authentic::{Authentic, WriteRefusal};
use super::folder::Folder;
use super::location::Place;
use super::{RepositoryError, RepositoryLocation};

/// What stands at a location.
pub(super) enum Contents {
    /// No file of a repository.
    Nothing,
    /// Key files without a config: a creation that was interrupted. Nothing
    /// was ever encrypted under them.
    KeysOnly,
    /// A repository.
    Repository,
    /// Data without a config: a repository that lost it.
    ConfigLost,
}

/// Reaches the storage at `location`, and checks what it gives back.
pub(super) fn backend(
    location: &RepositoryLocation,
    refusal: &WriteRefusal,
) -> Result<Arc<dyn WriteBackend>, RepositoryError> {
    let storage: Arc<dyn WriteBackend> = match location.place() {
        Place::Folder(path) => Arc::new(Folder::new(path)),
        #[cfg(feature = "object-stores")]
        Place::ObjectStore(store) => store.backend()?,
    };
    Ok(Arc::new(Authentic::new(storage, location, refusal)))
}

/// Looks at what stands in the storage.
pub(super) fn contents(backend: &Arc<dyn WriteBackend>) -> RusticResult<Contents> {
    if !backend.list(FileType::Config)?.is_empty() {
        return Ok(Contents::Repository);
    }
    for kind in [FileType::Snapshot, FileType::Index, FileType::Pack] {
        if !backend.list(kind)?.is_empty() {
            return Ok(Contents::ConfigLost);
        }
    }
    if backend.list(FileType::Key)?.is_empty() { Ok(Contents::Nothing) } else { Ok(Contents::KeysOnly) }
}

/// Removes the key files of an interrupted creation.
///
/// They are under the same password as the new one but open nothing; a later
/// opening would find them first.
pub(super) fn remove_keys(backend: &Arc<dyn WriteBackend>) -> RusticResult<()> {
    backend.list(FileType::Key)?.iter().try_for_each(|id| backend.remove(FileType::Key, id, false))
}

impl RepositoryLocation {
    /// Says whether a repository stands here, or what is left of one.
    ///
    /// # Errors
    ///
    /// What the storage refuses.
    pub fn holds_backup(&self) -> Result<bool, RepositoryError> {
        let backend = backend(self, &WriteRefusal::default())?;
        match contents(&backend).map_err(|error| super::classify(self, &error))? {
            Contents::Nothing | Contents::KeysOnly => Ok(false),
            Contents::Repository | Contents::ConfigLost => Ok(true),
        }
    }
}
