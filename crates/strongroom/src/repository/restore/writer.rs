//! Writing one waiting file after the other.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};

use rustic_core::DataId;
use rustic_core::repofile::BlobType;

use super::Restore;
use crate::repository::RepositoryError;
use crate::repository::target::Attributes;

/// A file of the snapshot that waits for a writer.
pub(super) struct WaitingFile {
    pub(super) at: PathBuf,
    pub(super) blobs: Vec<DataId>,
    pub(super) attributes: Attributes,
}

/// Writes files until the queue is closed; after a failure it only empties the queue.
pub(super) fn run(restore: &Restore<'_>, queue: &Mutex<Receiver<WaitingFile>>) {
    while let Some(file) = next(queue) {
        if restore.has_failed() {
            continue;
        }
        match write(restore, &file) {
            Ok(bytes) => {
                let mut outcome = restore.outcome();
                outcome.files = outcome.files.saturating_add(1);
                outcome.bytes = outcome.bytes.saturating_add(bytes);
            }
            Err(error) => restore.damaged_or_fatal(&file.at, error),
        }
    }
}

fn next(queue: &Mutex<Receiver<WaitingFile>>) -> Option<WaitingFile> {
    let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.recv().ok()
}

/// Writes one file whole, or leaves none.
fn write(restore: &Restore<'_>, waiting: &WaitingFile) -> Result<u64, RepositoryError> {
    let target = &restore.target;
    let file = target.make_file(&waiting.at)?;
    match fill(restore, &file, waiting) {
        Ok(bytes) => {
            target.finish_file(&waiting.at, &file, waiting.attributes)?;
            Ok(bytes)
        }
        Err(error) => {
            drop(file);
            if error.is_damage() {
                target.remove_file(&waiting.at)?;
            }
            Err(error)
        }
    }
}

fn fill(restore: &Restore<'_>, mut file: &File, waiting: &WaitingFile) -> Result<u64, RepositoryError> {
    let mut bytes = 0_u64;
    for id in &waiting.blobs {
        let contents = restore.blob(id, BlobType::Data)?;
        file.write_all(&contents)
            .map_err(|error| RepositoryError::writing(&restore.target.path().join(&waiting.at), error))?;
        let length = u64::try_from(contents.len()).unwrap_or(u64::MAX);
        bytes = bytes.saturating_add(length);
        restore.bar.advance(length);
    }
    Ok(bytes)
}
