//! Storage whose files are checked against their names.
//!
//! The name of every file but `config` is the SHA-256 of its contents. The
//! encryption alone would not notice that two valid files were exchanged.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustic_core::{BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend};

use super::error::classify;
use super::{RepositoryError, RepositoryLocation};

/// Storage that refuses a whole file whose contents are not what its name says.
///
/// Parts of pack files pass unchecked: the blobs in them have names of their
/// own, which the restore checks.
#[derive(Debug)]
pub(super) struct Authentic {
    storage: Arc<dyn WriteBackend>,
    location: RepositoryLocation,
    refusal: WriteRefusal,
}

/// The first thing that the storage refused to write.
///
/// The library writes from other threads and does not always hand their error
/// on; the first refusal says why a backup failed.
#[derive(Debug, Clone, Default)]
pub(super) struct WriteRefusal(Arc<Mutex<Option<RepositoryError>>>);

impl WriteRefusal {
    /// Takes the refusal out, so that the next operation begins without one.
    pub(super) fn take(&self) -> Option<RepositoryError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, error: RepositoryError) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }
}

impl Authentic {
    pub(super) fn new(
        storage: Arc<dyn WriteBackend>,
        location: &RepositoryLocation,
        refusal: &WriteRefusal,
    ) -> Self {
        Self { storage, location: location.clone(), refusal: refusal.clone() }
    }
}

/// A file or blob whose contents are not what its name says.
#[derive(Debug, thiserror::Error)]
#[error("{what} is not what was stored")]
pub(super) struct NotAuthentic {
    pub(super) what: String,
}

/// Says whether `contents` are what `id` names.
pub(super) fn is_named(id: &Id, contents: &[u8]) -> bool {
    let Ok(length) = u64::try_from(contents.len()) else {
        return false;
    };
    let mut reader = contents;
    id.blob_matches_reader(length, &mut reader)
}

impl ReadBackend for Authentic {
    fn location(&self) -> String {
        self.storage.location()
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.storage.list_with_size(kind)
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        let contents = self.storage.read_full(kind, id)?;
        if kind == FileType::Config || is_named(id, &contents) {
            return Ok(contents);
        }
        let found = NotAuthentic { what: format!("{}/{}", kind.dirname(), id.to_hex().as_str()) };
        Err(RusticError::with_source(ErrorKind::Verification, found.to_string(), found))
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        self.storage.read_partial(kind, id, cacheable, offset, length)
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.storage.warmup_path(kind, id)
    }
}

impl WriteBackend for Authentic {
    fn create(&self) -> RusticResult<()> {
        self.storage.create()
    }

    fn write_bytes(&self, kind: FileType, id: &Id, cacheable: bool, content: BytesList) -> RusticResult<()> {
        self.storage
            .write_bytes(kind, id, cacheable, content)
            .inspect_err(|error| self.refusal.note(classify(&self.location, error)))
    }

    fn remove(&self, kind: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.storage.remove(kind, id, cacheable)
    }
}
