//! Restoring a snapshot's tree under a folder.
//!
//! The library's own restore trusts the storage and the snapshot, holds the
//! whole plan in memory and panics where a file cannot be read or written.
//! This one walks the trees, hands the files to a few writers over a bounded
//! queue, and checks each blob against its name before a byte of it is
//! written. A damaged file is left out and named; the others come back.

mod walk;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use rustic_core::repofile::BlobType;
use rustic_core::{BlobId, Id, IndexedFullStatus, Repository as RusticRepository};
use serde::Serialize;

use super::authentic::is_named;
use super::target::Target;
use super::{Repository, RepositoryError, limits, snapshots};
use crate::progress::{Bar, Progress};

use walk::Walk;

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreSummary {
    /// The id of the snapshot, 64 hexadecimal digits.
    pub snapshot: String,
    /// Files restored.
    pub files: u64,
    /// Folders restored, without the target itself.
    pub folders: u64,
    /// Symbolic links restored.
    pub links: u64,
    /// Bytes in the restored files.
    pub bytes: u64,
    /// Devices, pipes and sockets, which are not restored.
    pub special: u64,
    /// Milliseconds that it took.
    pub ms: u64,
}

pub(super) fn run(
    repository: &Repository,
    wanted: Option<&str>,
    target: &Path,
    progress: &Progress,
) -> Result<RestoreSummary, RepositoryError> {
    let started = Instant::now();
    let session = repository.session(&Progress::silent(), "")?;
    let snapshot = snapshots::find(repository, &session, wanted)?;
    let indexed = session.to_indexed().map_err(|e| repository.fault(&e))?;
    let restore = Restore {
        repository,
        indexed: &indexed,
        target: Target::take(target)?,
        bar: progress.bar("restoring", snapshot.bytes()),
        outcome: Mutex::default(),
    };
    let walked = restore.everything(&snapshot.file.tree);
    let outcome = restore.settle()?;
    let walked = walked?;
    restore.bar.finish();
    Ok(RestoreSummary {
        snapshot: snapshot.id_in_hex(),
        files: outcome.files,
        folders: walked.folders,
        links: walked.links,
        bytes: outcome.bytes,
        special: walked.special,
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// What a walk over all trees made itself.
#[derive(Default)]
struct Walked {
    folders: u64,
    links: u64,
    special: u64,
}

/// What the writers and the walk report to one another.
#[derive(Default)]
struct Outcome {
    files: u64,
    bytes: u64,
    damaged: u64,
    damaged_first: Vec<String>,
    failure: Option<RepositoryError>,
}

/// One restore that is under way.
struct Restore<'a> {
    repository: &'a Repository,
    indexed: &'a RusticRepository<IndexedFullStatus>,
    target: Target,
    bar: Bar,
    outcome: Mutex<Outcome>,
}

impl Restore<'_> {
    /// Restores the tree `root`, and waits for the last writer.
    fn everything(&self, root: &Id) -> Result<Walked, RepositoryError> {
        let (sender, receiver) = sync_channel(limits::WAITING_FILES_MAX);
        let receiver = Arc::new(Mutex::new(receiver));
        let mut walk = Walk::new(self, sender);
        thread::scope(|scope| {
            for _ in 0..writers() {
                let receiver = Arc::clone(&receiver);
                scope.spawn(move || writer::run(self, &receiver));
            }
            // The writers alone hold the other end, so that a walk without writers ends.
            drop(receiver);
            let walked = walk.trees(root);
            walk.close_queue();
            walked
        })?;
        if self.outcome().failure.is_some() {
            return Ok(Walked::default());
        }
        walk.links_and_folders()
    }

    /// Reads a blob, and makes sure that it is the one that `id` names.
    fn blob(&self, id: &Id, kind: BlobType) -> Result<Bytes, RepositoryError> {
        let contents =
            self.indexed.get_blob_cached(&BlobId::from(*id), kind).map_err(|e| self.repository.fault(&e))?;
        if is_named(id, &contents) {
            return Ok(contents);
        }
        let what = format!("the blob {} is not what was stored", id.to_hex().as_str());
        Err(RepositoryError::damaged(&self.repository.location, what))
    }

    /// Notes a damaged entry and goes on; every other failure ends the restore.
    fn damaged_or_fatal(&self, at: &Path, error: RepositoryError) {
        let mut outcome = self.outcome();
        match error {
            RepositoryError::Damaged { what, .. } => {
                outcome.damaged = outcome.damaged.saturating_add(1);
                if outcome.damaged_first.len() < limits::NAMED_PATHS_MAX {
                    let named = format!("{}: {what}", at.display());
                    outcome.damaged_first.push(named);
                }
            }
            fatal => {
                outcome.failure.get_or_insert(fatal);
            }
        }
    }

    fn has_failed(&self) -> bool {
        self.outcome().failure.is_some()
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns what was reported into the end of the restore.
    fn settle(&self) -> Result<Outcome, RepositoryError> {
        let mut outcome = std::mem::take(&mut *self.outcome());
        if let Some(failure) = outcome.failure.take() {
            return Err(failure);
        }
        if outcome.damaged == 0 {
            return Ok(outcome);
        }
        Err(RepositoryError::DamagedFiles {
            location: self.repository.location.to_string(),
            target: PathBuf::from(self.target.path()),
            count: outcome.damaged,
            first: outcome.damaged_first,
        })
    }
}

fn writers() -> usize {
    thread::available_parallelism().map_or(1, |threads| threads.get().min(limits::WRITERS_MAX))
}
