//! Drops what the HSM needs no more, a slice at a time, so that no commit waits for it.
//!
//! When a node gets a newer version, the old one is noted under the newer one's
//! index. Dropping therefore reads exactly what it deletes and never the tree.

use super::{Store, StoreError, keys, lock};
use crate::limits::DROP_SLICE;
use strongroom_protocol::{ids::LogIndex, pipe::DropBelow};

/// What is still to be dropped.
#[derive(Default)]
pub(super) struct Dropping {
    log: LogIndex,
    tree: LogIndex,
    /// No superseded version is noted before this key: what was there is dropped.
    tree_from: Vec<u8>,
    is_done: bool,
}

impl Dropping {
    /// A version was superseded by one of this index; if what is noted there was dropped, it is looked at again.
    pub(super) fn noted(&mut self, newer: LogIndex) {
        if newer <= self.tree {
            self.tree_from.clear();
        }
    }
}

impl Store {
    /// Asks to drop log entries before `log`, and every version of a node that has a newer one not newer than `tree`.
    ///
    /// Nothing is dropped by this call but by those of [`Store::drop_slice`] after it.
    pub fn drop_below(&self, below: DropBelow) {
        let mut dropping = lock(&self.dropping);
        dropping.log = dropping.log.max(below.log);
        dropping.tree = dropping.tree.max(below.tree);
        dropping.is_done = false;
    }

    /// Drops a little of what was asked for; returns whether there is more.
    ///
    /// # Errors
    /// The disk fails or the store is damaged.
    pub fn drop_slice(&self) -> Result<bool, StoreError> {
        let mut dropping = lock(&self.dropping);
        if dropping.is_done || (dropping.log.0 == 0 && dropping.tree.0 == 0) {
            return Ok(false);
        }
        let log = self.drop_log_slice(dropping.log)?;
        let tree = self.drop_tree_slice(&mut dropping)?;
        dropping.is_done = !log && !tree;
        Ok(!dropping.is_done)
    }

    fn drop_log_slice(&self, below: LogIndex) -> Result<bool, StoreError> {
        let mut log = lock(&self.log);
        let first = log.bounds().first;
        if first.0 == 0 || first >= below {
            return Ok(false);
        }
        self.write_log(&mut log, None, None)?;
        let mut batch = self.database.batch();
        for item in self.entries.range(keys::entry(first)..keys::entry(below)).take(DROP_SLICE) {
            batch.remove(&self.entries, item.key().map_err(|cause| self.error(cause))?);
        }
        let is_last = batch.len() < DROP_SLICE;
        batch.commit().map_err(|cause| self.error(cause))?;
        let next = self.entries.range(keys::entry(first)..).next();
        log.starts_at(self.index_of(next)?);
        Ok(!is_last)
    }

    fn drop_tree_slice(&self, dropping: &mut Dropping) -> Result<bool, StoreError> {
        let end = dropping.tree.0.saturating_add(1).to_be_bytes().to_vec();
        if dropping.tree_from >= end {
            return Ok(false);
        }
        let mut batch = self.database.batch();
        let mut count = 0;
        for item in self.superseded.range(dropping.tree_from.clone()..end.clone()).take(DROP_SLICE) {
            let key = item.key().map_err(|cause| self.error(cause))?;
            let (_, old) =
                keys::superseded_parts(&key).ok_or_else(|| self.damaged("a superseded version is short"))?;
            batch.remove(&self.nodes, old);
            dropping.tree_from = key.to_vec();
            batch.remove(&self.superseded, key);
            count += 1;
        }
        batch.commit().map_err(|cause| self.error(cause))?;
        if count < DROP_SLICE {
            dropping.tree_from = end;
        }
        Ok(count == DROP_SLICE)
    }
}
