//! Where a repository stands.

use std::fmt;
use std::path::{Path, PathBuf};

use super::RepositoryError;

/// The beginning of a location that names an object store.
const OBJECT_STORE_PREFIX: &str = "opendal:";

/// A folder, or an object store where the program was built with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryLocation(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Folder(PathBuf),
    #[cfg(feature = "object-stores")]
    ObjectStore(super::object_store::ObjectStore),
}

impl RepositoryLocation {
    /// Takes a folder, whatever its name looks like.
    #[must_use]
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self(Place::Folder(path.into()))
    }

    /// Reads a location as a person writes it: a folder, or
    /// `opendal:SERVICE?OPTION=VALUE&…` for an object store.
    ///
    /// A folder whose name begins like an object store is written `./opendal:…`.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unsupported`] for an object store in a program
    /// without them, or for one that is written wrongly.
    pub fn parse(text: &str) -> Result<Self, RepositoryError> {
        match text.strip_prefix(OBJECT_STORE_PREFIX) {
            None => Ok(Self::folder(text)),
            Some(rest) => Self::parse_object_store(rest),
        }
    }

    #[cfg(feature = "object-stores")]
    fn parse_object_store(rest: &str) -> Result<Self, RepositoryError> {
        super::object_store::ObjectStore::parse(rest).map(|store| Self(Place::ObjectStore(store)))
    }

    #[cfg(not(feature = "object-stores"))]
    fn parse_object_store(rest: &str) -> Result<Self, RepositoryError> {
        Err(RepositoryError::Unsupported {
            location: format!("{OBJECT_STORE_PREFIX}{rest}"),
            why: "this program was built without object stores; build it with `--features object-stores`, or give a folder".to_owned(),
        })
    }

    /// Returns the folder, unless the repository stands in an object store.
    #[must_use]
    pub fn as_folder(&self) -> Option<&Path> {
        match &self.0 {
            Place::Folder(path) => Some(path),
            #[cfg(feature = "object-stores")]
            Place::ObjectStore(_) => None,
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.0
    }
}

impl fmt::Display for RepositoryLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Folder(path) => write!(formatter, "{}", path.display()),
            #[cfg(feature = "object-stores")]
            Place::ObjectStore(store) => write!(formatter, "{store}"),
        }
    }
}
