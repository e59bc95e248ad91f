//! What a host keeps for its HSM: the log, the head table and the key tree. Page: `docs/design/store.md`.
//!
//! One embedded ordered store with one journal. Everything in it is ciphertext of the HSM, which
//! checks whatever it is given back; a store that loses or changes something
//! stops its own node and nothing else.
//!
//! Invariants:
//! - Entries appended since the last commit, the cut before them and the head table reach the
//!   disk in one atomic batch; a crash leaves all of it or nothing.
//! - A commit returns only when the batch, and every tree node written before it, is on disk.
//! - A read sees every write that returned before it.
//! - There is one writer; readers may be many.
//!
//! Absent on purpose: any meaning of what is stored (`strongroom-hsm`).

mod cache;
mod error;
mod keys;
mod log;
mod open;
mod superseded;
#[cfg(test)]
mod tests;
mod tree;

pub use error::StoreError;

use cache::NodeCache;
use fjall::{Database, Keyspace, PersistMode};
use log::Log;
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use strongroom_protocol::{ids::LogIndex, pipe::StoredEntry};
use superseded::Dropping;

/// The first and the last index of the log; both zero where it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// The first entry.
    pub first: LogIndex,
    /// The last entry.
    pub last: LogIndex,
}

/// An open store, locked against other processes.
pub struct Store {
    folder: PathBuf,
    database: Database,
    /// Format version and head table.
    meta: Keyspace,
    /// Log entries by index.
    entries: Keyspace,
    /// Every version of every tree node.
    nodes: Keyspace,
    /// The newest version of every tree node.
    newest: Keyspace,
    /// The versions that have a newer one, by that newer one.
    superseded: Keyspace,
    log: Mutex<Log>,
    cache: Mutex<NodeCache>,
    dropping: Mutex<Dropping>,
}

impl Store {
    /// Opens the store in `folder`, or makes it.
    ///
    /// # Errors
    /// The folder cannot be written, another process holds the store, its format is
    /// another version's, or it is damaged.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        open::open(folder)
    }

    /// Appends entries, after dropping every entry from `cut` on if it is not zero.
    ///
    /// They are seen by reads at once and on disk with the next [`Store::commit`].
    ///
    /// # Errors
    /// The disk fails.
    pub fn append(&self, cut: LogIndex, entries: Vec<StoredEntry>) -> Result<(), StoreError> {
        let mut log = lock(&self.log);
        log.append(cut, entries);
        if log.is_full() {
            self.write_log(&mut log, None, None)?;
        }
        Ok(())
    }

    /// Replaces the head table and makes it durable, with every write before it.
    ///
    /// # Errors
    /// The disk fails; then nothing is said about what of the batch is on it.
    pub fn commit(&self, head_table: Vec<u8>) -> Result<(), StoreError> {
        let mut log = lock(&self.log);
        self.write_log(&mut log, Some(head_table), Some(PersistMode::SyncData))
    }

    /// Makes every write so far durable.
    ///
    /// # Errors
    /// The disk fails.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.write_log(&mut lock(&self.log), None, None)?;
        self.database.persist(PersistMode::SyncData).map_err(|cause| self.error(cause))
    }

    /// The entries from `first` on, at most to `last`, in order, as many as fit one message.
    ///
    /// What is missing is left out; an empty answer says that there is none.
    ///
    /// # Errors
    /// The disk fails or an entry is damaged.
    pub fn log(&self, first: LogIndex, last: LogIndex) -> Result<Vec<StoredEntry>, StoreError> {
        self.write_log(&mut lock(&self.log), None, None)?;
        log::read(self, first, last)
    }

    /// The first and the last index of the log.
    pub fn bounds(&self) -> Bounds {
        lock(&self.log).bounds()
    }

    /// The head table of the last commit and the one before it; empty where there is none.
    ///
    /// # Errors
    /// The store failed.
    pub fn head_tables(&self) -> Result<[Vec<u8>; 2], StoreError> {
        let read = |key| -> Result<Vec<u8>, StoreError> {
            let found = self.meta.get(key).map_err(|cause| self.error(cause))?;
            Ok(found.map(|table| table.to_vec()).unwrap_or_default())
        };
        Ok([read(keys::HEAD_TABLE)?, read(keys::HEAD_TABLE_BEFORE)?])
    }

    /// The folder that the store lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn error(&self, cause: fjall::Error) -> StoreError {
        StoreError::of(&self.folder, cause)
    }

    fn damaged(&self, what: &'static str) -> StoreError {
        StoreError::Damaged { folder: self.folder.clone(), cause: what.into() }
    }
}

/// Locks, also after a panic elsewhere: what the mutexes here guard is consistent between any two calls.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
