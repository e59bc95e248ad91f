//! Backing up a folder as a new snapshot.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustic_core::repofile::SnapshotFile;
use rustic_core::{BackupOptions, SnapshotOptions};
use serde::Serialize;

use super::source::{Source, Tally, Unreadable};
use super::{Repository, RepositoryError};
use crate::progress::Progress;

/// What snapshots say made them; the library would put the whole command line there.
const COMMAND: &str = "strongroom backup";

/// What a backup did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use = "files that could not be read are named here and nowhere else"]
pub struct BackupSummary {
    /// The id of the new snapshot, 64 hexadecimal digits.
    pub snapshot: String,
    /// The id of the snapshot that this one was compared with.
    pub parent: Option<String>,
    /// Files and links in the snapshot.
    pub files: u64,
    /// Files that the parent did not have.
    pub files_new: u64,
    /// Files that changed since the parent.
    pub files_changed: u64,
    /// Bytes in the snapshot's files.
    pub bytes: u64,
    /// Bytes that the repository grew by, compressed and encrypted.
    pub bytes_added: u64,
    /// What could not be read and is not in the snapshot.
    pub unreadable: Unreadable,
    /// Milliseconds that it took.
    pub ms: u64,
}

pub(super) fn run(
    repository: &Repository,
    source: &Path,
    progress: &Progress,
) -> Result<BackupSummary, RepositoryError> {
    let started = Instant::now();
    let root = readable_folder(source)?;
    let indexed =
        repository.session(progress, "backing up")?.to_indexed_ids().map_err(|e| repository.fault(&e))?;
    let entries = Source::new(&root, own_folder(repository)).map_err(|e| repository.fault(&e))?;
    let tally = entries.tally();
    let snapshot = SnapshotOptions::default()
        .command(COMMAND.to_owned())
        .to_snapshot()
        .map_err(|e| repository.fault(&e))?;
    // Snapshots name their folder in Unicode; the files in it may be called anything.
    let shown = PathBuf::from(root.to_string_lossy().into_owned());
    let written = indexed
        .archive(&BackupOptions::default(), &entries, snapshot, &[shown])
        .map_err(|e| repository.fault_of_writing(&e))?;
    let mut summary = summarise(repository, &written, &tally)?;
    summary.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(summary)
}

/// Finds the folder behind links, and makes sure that it can be listed.
fn readable_folder(source: &Path) -> Result<PathBuf, RepositoryError> {
    let failed = |error: io::Error| RepositoryError::Source { path: source.to_path_buf(), source: error };
    let root = fs::canonicalize(source).map_err(failed)?;
    fs::read_dir(&root).map_err(failed)?;
    Ok(root)
}

/// The repository's own folder, which no backup of a folder around it takes in.
fn own_folder(repository: &Repository) -> Option<PathBuf> {
    let folder = repository.location.as_folder()?;
    fs::canonicalize(folder).ok()
}

/// Reads the written snapshot's figures, and makes sure that it lacks nothing.
fn summarise(
    repository: &Repository,
    written: &SnapshotFile,
    tally: &Tally,
) -> Result<BackupSummary, RepositoryError> {
    let figures = written.summary.clone().unwrap_or_default();
    let missing = tally.expected().abs_diff(figures.total_files_processed);
    if missing > 0 {
        return Err(RepositoryError::Incomplete { location: repository.location.to_string(), missing });
    }
    Ok(BackupSummary {
        snapshot: written.id.to_hex().as_str().to_owned(),
        parent: written.parent.map(|id| id.to_hex().as_str().to_owned()),
        files: figures.total_files_processed,
        files_new: figures.files_new,
        files_changed: figures.files_changed,
        bytes: figures.total_bytes_processed,
        bytes_added: figures.data_added_packed,
        unreadable: tally.unreadable(),
        ms: 0,
    })
}
