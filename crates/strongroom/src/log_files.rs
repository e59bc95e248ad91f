//! The files of a public log, wherever it lies: a folder, or what a web server answers.
//! Format: C2SP `tlog-tiles`; page: `docs/spec/audit-log.md`.
//!
//! What is read here is believed by nobody: the verifier computes everything anew.

mod folder;
mod metered;
mod web;

pub use metered::MeteredFiles;

use crate::error::CommandError;
use folder::LogFolder;
use std::{fmt, path::Path};
use strongroom_trust::tile::LogFiles;
use web::LogOnTheWeb;

/// The files of a log.
#[derive(Debug)]
pub enum LogPlace {
    /// A folder.
    Folder(LogFolder),
    /// A web server.
    Web(LogOnTheWeb),
}

/// Why a file of a log cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// There is none.
    #[error("it is not there")]
    Missing,
    /// It is longer than any such file.
    #[error("it is longer than {0} bytes, as no such file is")]
    TooLong(usize),
    /// Nobody answers, or the disk does not.
    #[error("{0}")]
    Unreachable(String),
}

impl LogPlace {
    /// Opens a log at a URL or in a folder. Nothing is read yet.
    ///
    /// # Errors
    /// It is no URL that a log can have, or there is no such folder.
    pub fn open(place: &str) -> Result<Self, CommandError> {
        match place.starts_with("http://") || place.starts_with("https://") {
            true => LogOnTheWeb::open(place).map(Self::Web),
            false => LogFolder::open(Path::new(place)).map(Self::Folder),
        }
    }

    /// Whether a text names a log and not a file.
    #[must_use]
    pub fn is_named_by(place: &str) -> bool {
        place.starts_with("http://") || place.starts_with("https://") || Path::new(place).is_dir()
    }
}

impl LogFiles for LogPlace {
    type Error = FileFault;

    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        match self {
            Self::Folder(folder) => folder.read(path, bytes_max),
            Self::Web(web) => web.read(path, bytes_max),
        }
    }
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.fmt(f),
            Self::Web(web) => web.fmt(f),
        }
    }
}
