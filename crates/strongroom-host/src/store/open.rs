//! Opens a store and checks its format.

use super::{Dropping, Log, NodeCache, Store, StoreError, keys};
use crate::limits::NODE_CACHE_BYTES;
use fjall::{
    CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode, config::CompressionPolicy,
};
use std::{path::Path, sync::Mutex};

/// The format that this program writes; raised with every change of the layout.
const FORMAT_VERSION: u32 = 1;

/// Bytes of blocks read from disk that the engine keeps.
const BLOCK_CACHE_BYTES: u64 = 32 << 20;
/// Bytes of journals that the engine keeps before it forces tables to disk.
const JOURNAL_BYTES_MAX: u64 = 256 << 20;

pub(super) fn open(folder: &Path) -> Result<Store, StoreError> {
    std::fs::create_dir_all(folder).map_err(|cause| StoreError::of_io(folder.to_path_buf(), cause))?;
    let database = Database::builder(folder)
        .cache_size(BLOCK_CACHE_BYTES)
        .max_journaling_size(JOURNAL_BYTES_MAX)
        .journal_compression(CompressionType::None)
        .worker_threads(1)
        .open()
        .map_err(|cause| StoreError::of(folder, cause))?;
    let keyspace = |name, memory| open_keyspace(folder, &database, name, memory);
    let meta = keyspace("meta", 4)?;
    check_format(folder, &database, &meta)?;
    let store = Store {
        folder: folder.to_path_buf(),
        entries: keyspace("entries", 16)?,
        nodes: keyspace("nodes", 32)?,
        newest: keyspace("newest", 16)?,
        superseded: keyspace("superseded", 16)?,
        meta,
        database,
        log: Mutex::new(Log::default()),
        cache: Mutex::new(NodeCache::new(NODE_CACHE_BYTES)),
        dropping: Mutex::new(Dropping::default()),
    };
    let bounds = store.find_bounds()?;
    *super::lock(&store.log) = Log::with_bounds(bounds);
    Ok(store)
}

/// Ciphertext does not compress, so no keyspace tries.
fn open_keyspace(
    folder: &Path,
    database: &Database,
    name: &str,
    memory_mib: u64,
) -> Result<Keyspace, StoreError> {
    let options = || {
        KeyspaceCreateOptions::default()
            .max_memtable_size(memory_mib << 20)
            .data_block_compression_policy(CompressionPolicy::disabled())
    };
    database.keyspace(name, options).map_err(|cause| StoreError::of(folder, cause))
}

fn check_format(folder: &Path, database: &Database, meta: &Keyspace) -> Result<(), StoreError> {
    let error = |cause| StoreError::of(folder, cause);
    let Some(found) = meta.get(keys::FORMAT).map_err(error)? else {
        meta.insert(keys::FORMAT, FORMAT_VERSION.to_be_bytes()).map_err(error)?;
        return database.persist(PersistMode::SyncAll).map_err(error);
    };
    let found = found.as_ref().try_into().map(u32::from_be_bytes).map_err(|_| StoreError::Damaged {
        folder: folder.to_path_buf(),
        cause: "the format version is not four bytes".into(),
    })?;
    if found != FORMAT_VERSION {
        return Err(StoreError::Format { folder: folder.to_path_buf(), found, known: FORMAT_VERSION });
    }
    Ok(())
}
