//! A log in a folder.

use super::FileFault;
use crate::error::CommandError;
use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// A log in a folder.
#[derive(Debug)]
pub struct LogFolder(PathBuf);

impl LogFolder {
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        if path.is_dir() {
            return Ok(Self(path.to_path_buf()));
        }
        let path = path.display();
        Err(CommandError::usage(format!(
            "{path} is no folder. Give a log's folder, or its URL with http:// or https://."
        )))
    }

    pub(super) fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, FileFault> {
        let mut bytes = Vec::new();
        let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let opened = File::open(self.0.join(path)).map_err(|error| fault(&error))?;
        opened.take(bound).read_to_end(&mut bytes).map_err(|error| fault(&error))?;
        if bytes.len() > bytes_max { Err(FileFault::TooLong(bytes_max)) } else { Ok(bytes) }
    }
}

fn fault(error: &io::Error) -> FileFault {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileFault::Missing,
        _ => FileFault::Unreachable(error.to_string()),
    }
}

impl fmt::Display for LogFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_or_missing_or_too_long() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tile")).unwrap();
        std::fs::write(folder.path().join("checkpoint"), [7; 10]).unwrap();
        let log = LogFolder::open(folder.path()).unwrap();
        assert_eq!(log.read("checkpoint", 10), Ok(vec![7; 10]));
        assert_eq!(log.read("checkpoint", 9), Err(FileFault::TooLong(9)));
        assert_eq!(log.read("tile/0/000", 9), Err(FileFault::Missing));
        assert_eq!(log.read("checkpoint/0", 9), Err(FileFault::Missing));
        assert!(matches!(log.read("tile", 9), Err(FileFault::Unreachable(_))));
        assert_eq!(LogFolder::open(Path::new("/nowhere")).unwrap_err().exit().code(), 2);
    }
}
