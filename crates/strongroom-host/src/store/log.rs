//! The log: entries by index, and what is held back for the next commit.

use super::{Bounds, Store, StoreError, keys};
use crate::limits::APPENDED_BYTES_MAX;
use fjall::PersistMode;
use strongroom_protocol::{
    decode, encode,
    ids::LogIndex,
    limits::{ENTRIES_BYTES_PER_MESSAGE, ENTRIES_PER_MESSAGE_MAX},
    pipe::StoredEntry,
};

/// Bounds of the log, and the appends that are not written yet.
#[derive(Default)]
pub(super) struct Log {
    bounds: Bounds,
    /// Entries in the store from here to `cut_last` are dropped before the appended ones are written.
    cut: Option<(LogIndex, LogIndex)>,
    appended: Vec<StoredEntry>,
    appended_bytes: usize,
}

impl Log {
    pub(super) fn with_bounds(bounds: Bounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(super) fn is_full(&self) -> bool {
        self.appended_bytes > APPENDED_BYTES_MAX
    }

    pub(super) fn append(&mut self, cut: LogIndex, entries: Vec<StoredEntry>) {
        if cut.0 != 0 {
            self.cut_from(cut);
        }
        for entry in entries {
            self.appended_bytes += entry.data.len();
            if self.bounds.first.0 == 0 || entry.index < self.bounds.first {
                self.bounds.first = entry.index;
            }
            self.bounds.last = self.bounds.last.max(entry.index);
            self.appended.push(entry);
        }
    }

    fn cut_from(&mut self, cut: LogIndex) {
        self.appended.retain(|entry| entry.index < cut);
        self.appended_bytes = self.appended.iter().map(|entry| entry.data.len()).sum();
        if cut <= self.bounds.last {
            let (first, last) = self.cut.unwrap_or((cut, self.bounds.last));
            self.cut = Some((first.min(cut), last.max(self.bounds.last)));
            self.bounds.last = LogIndex(cut.0.saturating_sub(1));
        }
        if self.bounds.last < self.bounds.first {
            self.bounds = Bounds::default();
        }
    }

    /// The entries before `first` are gone; with zero, all are.
    pub(super) fn starts_at(&mut self, first: LogIndex) {
        self.bounds = if first.0 == 0 { Bounds::default() } else { Bounds { first, ..self.bounds } };
    }
}

impl Store {
    /// Writes what was held back, with a head table if there is one, in one batch.
    pub(super) fn write_log(
        &self,
        log: &mut Log,
        head_table: Option<Vec<u8>>,
        durability: Option<PersistMode>,
    ) -> Result<(), StoreError> {
        if log.appended.is_empty() && log.cut.is_none() && head_table.is_none() {
            return Ok(());
        }
        let mut batch = self.database.batch().durability(durability);
        if let Some((first, last)) = log.cut.take() {
            for item in self.entries.range(keys::entry(first)..=keys::entry(last)) {
                batch.remove(&self.entries, item.key().map_err(|cause| self.error(cause))?);
            }
        }
        for entry in log.appended.drain(..) {
            batch.insert(&self.entries, keys::entry(entry.index), encode(&entry));
        }
        log.appended_bytes = 0;
        if let Some(table) = head_table {
            // The anchor names the older one until it is swapped: both are kept, in the same batch.
            let before = self.meta.get(keys::HEAD_TABLE).map_err(|cause| self.error(cause))?;
            if let Some(before) = before {
                batch.insert(&self.meta, keys::HEAD_TABLE_BEFORE, before);
            }
            batch.insert(&self.meta, keys::HEAD_TABLE, table);
        }
        batch.commit().map_err(|cause| self.error(cause))
    }
}

/// Reads a range of the log, both ends included, until a message is full.
pub(super) fn read(store: &Store, first: LogIndex, last: LogIndex) -> Result<Vec<StoredEntry>, StoreError> {
    let mut entries = Vec::new();
    let mut bytes = 0;
    if last < first {
        return Ok(entries);
    }
    for item in store.entries.range(keys::entry(first)..=keys::entry(last)).take(ENTRIES_PER_MESSAGE_MAX) {
        let value = item.value().map_err(|cause| store.error(cause))?;
        bytes += value.len();
        if bytes > ENTRIES_BYTES_PER_MESSAGE && !entries.is_empty() {
            break;
        }
        entries.push(decode(&value).map_err(|_| store.damaged("a log entry does not decode"))?);
    }
    Ok(entries)
}

impl Store {
    /// Finds the first and the last entry on disk.
    pub(super) fn find_bounds(&self) -> Result<Bounds, StoreError> {
        Ok(Bounds {
            first: self.index_of(self.entries.first_key_value())?,
            last: self.index_of(self.entries.last_key_value())?,
        })
    }

    /// The index of an entry that was found; zero where none was.
    pub(super) fn index_of(&self, item: Option<fjall::Guard>) -> Result<LogIndex, StoreError> {
        let Some(item) = item else { return Ok(LogIndex(0)) };
        let key = item.key().map_err(|cause| self.error(cause))?;
        keys::entry_index(&key).ok_or_else(|| self.damaged("a log entry has no index"))
    }
}
