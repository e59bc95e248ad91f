//! A file that is read again when it was replaced.

use sha2::{Digest, Sha256};
use std::{
    fs::{File, Metadata},
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

/// What is handed out, with the tag that tells its editions apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paper {
    pub(crate) text: String,
    pub(crate) tag: String,
}

impl Paper {
    pub(super) fn new(text: String) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let tag = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
        Self { text, tag: format!("\"{tag}\"") }
    }
}

/// One file and what was last made of it.
pub(super) struct WatchedFile<T> {
    path: PathBuf,
    bytes_max: usize,
    read: fn(String) -> Result<T, &'static str>,
    edition: Mutex<Edition<T>>,
}

struct Edition<T> {
    seen: Option<Seen>,
    value: Option<Arc<T>>,
}

/// What tells one edition of a file from the next.
type Seen = (u64, SystemTime, u64);

impl<T> WatchedFile<T> {
    pub(super) fn new(path: PathBuf, bytes_max: usize, read: fn(String) -> Result<T, &'static str>) -> Self {
        Self { path, bytes_max, read, edition: Mutex::new(Edition { seen: None, value: None }) }
    }

    /// What lies there now. A file that was removed is gone; one that is damaged leaves the one before.
    pub(super) fn current(&self) -> Option<Arc<T>> {
        let mut edition = self.edition.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = std::fs::metadata(&self.path).ok().map(|metadata| seen(&metadata));
        if seen.is_none() {
            *edition = Edition { seen: None, value: None };
        } else if seen != edition.seen {
            edition.seen = seen;
            match self.read_now() {
                Ok(value) => {
                    tracing::info!(path = %self.path.display(), "read anew");
                    edition.value = Some(Arc::new(value));
                }
                Err(cause) => {
                    tracing::warn!(path = %self.path.display(), %cause, "not served; what was served before is kept");
                }
            }
        }
        edition.value.clone()
    }

    fn read_now(&self) -> Result<T, io::Error> {
        let text = read_bounded(&self.path, self.bytes_max)?;
        (self.read)(text).map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause))
    }
}

fn seen(metadata: &Metadata) -> Seen {
    (metadata.ino(), metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len())
}

fn read_bounded(path: &Path, bytes_max: usize) -> io::Result<String> {
    let mut text = String::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_string(&mut text)?;
    if text.len() > bytes_max {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it has more than {bytes_max} bytes"),
        ));
    }
    Ok(text)
}
