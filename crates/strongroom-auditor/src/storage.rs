//! Where the files of an auditor or a witness lie.
//!
//! A file is replaced as a whole, and is durable when [`Storage::replace`] returns. So whatever stops a
//! program, at any point, leaves each file as it was before or as it is after.
//!
//! Paths are relative, of lower-case words joined by slashes. Below `public/` lies what any web server may hand
//! out; below `private/` what it may not.

mod directory;

pub use directory::Directory;

use std::{io, sync::Arc};
use strongroom_trust::tile::LogFiles;

/// Files by their paths.
pub trait Storage: Send + Sync {
    /// Reads a file of at most so many bytes; nothing where there is none.
    ///
    /// # Errors
    /// It is longer, or cannot be read.
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, StorageError>;

    /// Puts a whole file in the place of what was there. It is durable when this returns.
    ///
    /// # Errors
    /// It cannot be written; what was there is there still, or the new file is.
    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError>;

    /// Takes a file away, or a folder with its files; one that is gone already is no error.
    ///
    /// # Errors
    /// It cannot be taken away.
    fn remove(&self, path: &str) -> Result<(), StorageError>;

    /// Waits until nobody else is at work on these files, and keeps others waiting until the guard is dropped.
    ///
    /// # Errors
    /// The lock cannot be had.
    fn lock(&self) -> Result<StorageLock, StorageError>;
}

/// Nobody else is at work on the files while this lives.
pub struct StorageLock(#[expect(dead_code, reason = "it is held, and dropped")] Box<dyn Send>);

impl StorageLock {
    /// Takes whatever is to be dropped when the lock is given back.
    pub fn new(held: impl Send + 'static) -> Self {
        Self(Box::new(held))
    }
}

/// A file cannot be had or kept.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The operating system says no.
    #[error("{path}: {cause}")]
    Io {
        /// Which file.
        path: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A file is longer than it may be.
    #[error("{path} is longer than {max} bytes")]
    TooLong {
        /// Which file.
        path: String,
        /// How long it may be.
        max: usize,
    },
    /// A path leads out of the folder, or has another form.
    #[error("\"{0}\" is no path of a file here")]
    Path(String),
}

/// What lies below `public/`, as a log's reader sees it.
#[derive(Clone)]
pub struct PublicFiles(Arc<dyn Storage>);

/// A file of a log cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PublicFileError {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// It cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PublicFiles {
    /// Looks at what a storage shows to the public.
    pub fn of(storage: Arc<dyn Storage>) -> Self {
        Self(storage)
    }
}

impl LogFiles for PublicFiles {
    type Error = PublicFileError;

    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, PublicFileError> {
        self.0.read(&public(path), bytes_max)?.ok_or(PublicFileError::Missing)
    }
}

/// The path of a file that anybody may read.
pub(crate) fn public(path: &str) -> String {
    format!("public/{path}")
}
