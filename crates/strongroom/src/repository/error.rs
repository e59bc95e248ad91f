//! What can go wrong with a repository, in words for the person who waits for it.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use rustic_core::RusticError;

use super::RepositoryLocation;
use super::authentic::NotAuthentic;
use super::folder::FolderFault;

/// Why a repository could not be made, opened, written, read or restored.
///
/// Every message says what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// No repository stands there.
    #[error("There is no backup at {location}. Check the path, or whether the disk is connected.")]
    Missing {
        /// The place that was looked at.
        location: String,
    },
    /// A repository stands there already.
    #[error("There is a backup at {location} already. Open it with its key, or choose another place.")]
    Exists {
        /// The place of the repository.
        location: String,
    },
    /// What the storage holds is not what was written.
    #[error(
        "The backup at {location} is damaged: {what}. Nothing was changed. Get its files from another copy of the storage, or try an older snapshot."
    )]
    Damaged {
        /// The place of the repository.
        location: String,
        /// Which part, and what is wrong with it.
        what: String,
    },
    /// Single files of a snapshot could not be read; all others were restored.
    #[error("The backup at {location} is damaged: {count} of its files could not be restored ({}). The others are under {}. Try an older snapshot for the missing ones.", named(.first, *.count), .target.display())]
    DamagedFiles {
        /// The place of the repository.
        location: String,
        /// The folder that was restored into.
        target: PathBuf,
        /// How many files, folders and links are missing.
        count: u64,
        /// The first of them, relative to the target, each with what is wrong.
        first: Vec<String>,
    },
    /// The key opens none of the repository's key files.
    #[error(
        "This key does not open the backup at {location}. It belongs to another backup, or was not copied rightly; check the path, and each of its digits."
    )]
    WrongKey {
        /// The place of the repository.
        location: String,
    },
    /// A file or folder may not be written.
    #[error("{} cannot be written: {source}. Make it writable, or choose another place.", .path.display())]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A disk or quota is full.
    #[error("There is no space left for {}. Free some space and try again; earlier snapshots are as they were.", .path.display())]
    Full {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The repository has no snapshot yet.
    #[error("The backup at {location} is empty. Run `strongroom backup` first.")]
    NoSnapshot {
        /// The place of the repository.
        location: String,
    },
    /// No snapshot has that id.
    #[error("The backup at {location} has no snapshot {wanted}. List them with `strongroom snapshots`.")]
    UnknownSnapshot {
        /// The place of the repository.
        location: String,
        /// The id as it was given.
        wanted: String,
    },
    /// More than one snapshot begins with that id.
    #[error(
        "More than one snapshot of the backup at {location} begins with {wanted}. Give more of its digits."
    )]
    AmbiguousSnapshot {
        /// The place of the repository.
        location: String,
        /// The id as it was given.
        wanted: String,
    },
    /// The folder to back up is missing or is no folder.
    #[error("{} cannot be backed up: {source}. Give a folder that you may read.", .path.display())]
    Source {
        /// The folder as it was given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Files were lost between reading and storing them.
    #[error(
        "The snapshot at {location} lacks {missing} files that were read. It is not complete: run the backup again."
    )]
    Incomplete {
        /// The place of the repository.
        location: String,
        /// How many files the snapshot lacks.
        missing: u64,
    },
    /// The folder to restore into holds something already.
    #[error("{} is not empty. A restore overwrites nothing: give a new or an empty folder.", .path.display())]
    TargetNotEmpty {
        /// The folder as it was given.
        path: PathBuf,
    },
    /// This program cannot use that kind of place.
    #[error("{location} cannot be used: {why}.")]
    Unsupported {
        /// The place as it was given.
        location: String,
        /// What is missing or wrong.
        why: String,
    },
    /// The system refused for another reason.
    #[error("{what} failed: {source}. Check the disk or connection and try again.")]
    Io {
        /// What was being done, and where.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

impl RepositoryError {
    pub(super) fn missing(location: &RepositoryLocation) -> Self {
        Self::Missing { location: location.to_string() }
    }

    pub(super) fn exists(location: &RepositoryLocation) -> Self {
        Self::Exists { location: location.to_string() }
    }

    pub(super) fn damaged(location: &RepositoryLocation, what: impl Into<String>) -> Self {
        Self::Damaged { location: location.to_string(), what: what.into() }
    }

    pub(super) fn config_lost(location: &RepositoryLocation) -> Self {
        Self::damaged(location, "its file config is missing")
    }

    /// Sorts a failure to write `path`.
    pub(super) fn writing(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { path, source }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, source }
            }
            _ => Self::Io { what: format!("Writing {}", path.display()), source },
        }
    }

    /// Says whether the fault lies in what the storage holds, and not in reaching it.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

/// Joins the first paths of many, and says how many more there are.
pub(super) fn named(first: &[String], count: u64) -> String {
    let shown = u64::try_from(first.len()).unwrap_or(u64::MAX);
    match count.saturating_sub(shown) {
        0 => first.join("; "),
        more => format!("{}; and {more} more", first.join("; ")),
    }
}

/// Turns the library's error into ours by what lies at its root.
///
/// The library's own kinds tell little; the root cause is an error of the
/// folder, of the check against names, or else the data did not decrypt or
/// parse, which is damage.
pub(super) fn classify(location: &RepositoryLocation, error: &RusticError) -> RepositoryError {
    if error.is_incorrect_password() {
        return RepositoryError::WrongKey { location: location.to_string() };
    }
    for cause in causes(error) {
        if let Some(fault) = cause.downcast_ref::<FolderFault>() {
            return from_folder(location, fault);
        }
        if let Some(found) = cause.downcast_ref::<NotAuthentic>() {
            return RepositoryError::damaged(location, found.to_string());
        }
        if let Some(found) = cause.downcast_ref::<io::Error>() {
            return RepositoryError::Io { what: format!("Using {location}"), source: copy_of(found) };
        }
    }
    RepositoryError::damaged(location, said_by(error))
}

fn causes(error: &RusticError) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |&cause| beneath(cause))
}

/// The next cause; where the library boxed its own error twice, the error itself.
fn beneath<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match cause.downcast_ref::<Box<RusticError>>() {
        Some(boxed) => Some(&**boxed),
        None => cause.source(),
    }
}

fn from_folder(location: &RepositoryLocation, fault: &FolderFault) -> RepositoryError {
    match fault {
        FolderFault::Reading { path, source } => match source.kind() {
            io::ErrorKind::NotFound => {
                RepositoryError::damaged(location, format!("{} is missing", path.display()))
            }
            io::ErrorKind::UnexpectedEof => {
                RepositoryError::damaged(location, format!("{} is too short", path.display()))
            }
            _ => RepositoryError::Io { what: format!("Reading {}", path.display()), source: copy_of(source) },
        },
        FolderFault::Writing { path, source } => RepositoryError::writing(path, copy_of(source)),
        FolderFault::TooLarge { .. } => RepositoryError::damaged(location, fault.to_string()),
    }
}

/// Copies an error of the system, which is not `Clone`, with its kind and code.
fn copy_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// The library's own sentence, without its frame of headings.
fn said_by(error: &RusticError) -> String {
    let log_line = error.display_log();
    let sentence = log_line.strip_prefix("Error: ").unwrap_or(&log_line);
    let end = sentence.find(" (kind:").unwrap_or(sentence.len());
    sentence.get(..end).unwrap_or(sentence).trim_end_matches('.').to_owned()
}
