//! The one file that lies beside a repository: the locator.
//!
//! What is in it is the client's matter; here it is bytes under a fixed name
//! at the repository's root, which restic and rustic leave alone.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::folder::{FolderFault, read_at_most, sync_folder};
use super::location::Place;
use super::{RepositoryError, RepositoryLocation, limits};

/// The name of the locator.
pub(super) const LOCATOR_NAME: &str = "strongroom.json";

impl RepositoryLocation {
    /// Reads the locator, if one lies there.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Damaged`] where it is larger than 64 KiB, and what
    /// the system refuses.
    pub fn read_locator(&self) -> Result<Option<Vec<u8>>, RepositoryError> {
        match self.place() {
            Place::Folder(folder) => self.read_from(folder),
            #[cfg(feature = "object-stores")]
            Place::ObjectStore(store) => store.read(LOCATOR_NAME, limits::BESIDE_FILE_BYTES_MAX),
        }
    }

    /// Writes the locator, whole or not at all, and makes the folder where it is missing.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Full`], [`RepositoryError::ReadOnly`], and what else
    /// the system refuses.
    pub fn write_locator(&self, contents: &[u8]) -> Result<(), RepositoryError> {
        match self.place() {
            Place::Folder(folder) => write_into(folder, contents)
                .map_err(|e| RepositoryError::writing(&folder.join(LOCATOR_NAME), e)),
            #[cfg(feature = "object-stores")]
            Place::ObjectStore(store) => store.write(LOCATOR_NAME, contents),
        }
    }

    fn read_from(&self, folder: &Path) -> Result<Option<Vec<u8>>, RepositoryError> {
        match read_at_most(&folder.join(LOCATOR_NAME), limits::BESIDE_FILE_BYTES_MAX) {
            Ok(contents) => Ok(Some(contents)),
            Err(FolderFault::Reading { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(FolderFault::TooLarge { path }) => {
                let what = format!("{} is no locator, it is too large", path.display());
                Err(RepositoryError::damaged(self, what))
            }
            Err(FolderFault::Reading { path, source } | FolderFault::Writing { path, source }) => {
                Err(RepositoryError::Io { what: format!("Reading {}", path.display()), source })
            }
        }
    }
}

fn write_into(folder: &Path, contents: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!("{LOCATOR_NAME}-tmp-"));
    let mut file = File::create(&unfinished)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(LOCATOR_NAME))?;
    sync_folder(folder)
}
