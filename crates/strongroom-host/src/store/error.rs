//! Why the store cannot do what it should, in words for an operator.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no space left.
    #[error("the disk is full: {}. Free some space; the node goes on by itself", folder.display())]
    Full {
        /// The store's folder.
        folder: PathBuf,
    },
    /// The folder cannot be written.
    #[error("{} cannot be written ({cause}). Give the user that runs this node the right to write there", folder.display())]
    ReadOnly {
        /// The store's folder.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another process has the store open.
    #[error("{} is in use by another process. Stop the other node that runs in this folder", folder.display())]
    Locked {
        /// The store's folder.
        folder: PathBuf,
    },
    /// The store was written by another version of this program.
    #[error("{} has format {found}, this program reads format {known}. Run the version that wrote it", folder.display())]
    Format {
        /// The store's folder.
        folder: PathBuf,
        /// The format found.
        found: u32,
        /// The format known.
        known: u32,
    },
    /// What is read is not what was written.
    #[error("{} is damaged ({cause}). Move it away and start again: the node is healed by its peers", folder.display())]
    Damaged {
        /// The store's folder.
        folder: PathBuf,
        /// What was found.
        cause: String,
    },
    /// An earlier write failed, so later ones are refused until the store is opened anew.
    #[error("{}: an earlier write failed; the store is opened anew", folder.display())]
    Broken {
        /// The store's folder.
        folder: PathBuf,
    },
    /// The disk failed in another way.
    #[error("{}: {cause}", folder.display())]
    Disk {
        /// The store's folder.
        folder: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl StoreError {
    /// Sorts an error of the engine.
    pub(super) fn of(folder: &Path, cause: fjall::Error) -> Self {
        let folder = folder.to_path_buf();
        match cause {
            fjall::Error::Locked => Self::Locked { folder },
            fjall::Error::Poisoned => Self::Broken { folder },
            fjall::Error::Io(cause) | fjall::Error::Storage(fjall::LsmError::Io(cause)) => {
                Self::of_io(folder, cause)
            }
            other => Self::Damaged { folder, cause: other.to_string() },
        }
    }

    /// Sorts an error of the system.
    pub(super) fn of_io(folder: PathBuf, cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { folder },
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists => Self::ReadOnly { folder, cause },
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
                Self::Damaged { folder, cause: cause.to_string() }
            }
            _ => Self::Disk { folder, cause },
        }
    }

    /// Whether opening the store again later can help without anybody's doing.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Broken { .. } | Self::Disk { .. } | Self::ReadOnly { .. })
    }
}
