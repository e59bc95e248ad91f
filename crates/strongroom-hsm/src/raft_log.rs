//! The log as raft-rs reads it: sealed entries in memory, each with the running
//! digest up to it. Page: `docs/spec/log.md`.
//!
//! Entries are kept from one era before the recorded checkpoint on; what is older is
//! replaced by a hand-over. The number of bytes is bounded, because a leader
//! proposes a checkpoint when they grow (`limits::CHECKPOINT_BYTES`) and refuses
//! proposals beyond `limits::LOG_BYTES_MAX`.
//!
//! Invariant: the digest at an index is a function of all entries up to it, so two
//! logs with one digest at one index are equal up to there.

use crate::entry::entry_digest;
use raft::{
    Error, GetEntriesContext, RaftState, Storage, StorageError,
    eraftpb::{ConfState, Entry, HardState, Snapshot},
    util::limit_size,
};
use std::collections::VecDeque;
use strongroom_protocol::ids::Digest;

/// A place in the log with what stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPoint {
    /// The index.
    pub index: u64,
    /// The entry's term.
    pub term: u64,
    /// The running digest up to it.
    pub digest: Digest,
}

struct LogRecord {
    entry: Entry,
    digest: Digest,
}

/// The log in memory.
pub struct RaftLog {
    members: ConfState,
    hard_state: HardState,
    /// What stands before the first record.
    base: LogPoint,
    records: VecDeque<LogRecord>,
    bytes: u64,
    /// Those of them up to the recorded checkpoint.
    bytes_recorded: u64,
    /// The recorded checkpoint, which a lagging member is handed.
    checkpoint: LogPoint,
}

impl RaftLog {
    /// A log that begins behind a checkpoint.
    pub fn new(voters: Vec<u64>, hard_state: HardState, checkpoint: LogPoint) -> Self {
        let members = ConfState { voters, ..ConfState::default() };
        Self {
            members,
            hard_state,
            base: checkpoint,
            records: VecDeque::new(),
            bytes: 0,
            bytes_recorded: 0,
            checkpoint,
        }
    }

    /// Appends entries; those that stand at their indices, and all behind, are dropped first.
    ///
    /// Gives the first index that was dropped. Entries that do not follow are ignored.
    pub fn append(&mut self, entries: &[Entry]) -> Option<u64> {
        let first = entries.first()?.index;
        let cut = (first <= self.last().index).then_some(first);
        if cut.is_some() {
            self.cut(first);
        }
        for entry in entries {
            let before = self.last();
            if entry.index != before.index.saturating_add(1) {
                break;
            }
            let kind = entry_kind(entry);
            let digest = entry_digest(&before.digest, entry.index, entry.term, kind, &entry.data);
            self.bytes = self.bytes.saturating_add(entry_bytes(entry));
            self.records.push_back(LogRecord { entry: entry.clone(), digest });
        }
        cut
    }

    /// Drops the entries at `index` and behind.
    pub fn cut(&mut self, index: u64) {
        while self.records.back().is_some_and(|record| record.entry.index >= index) {
            if let Some(record) = self.records.pop_back() {
                self.bytes = self.bytes.saturating_sub(entry_bytes(&record.entry));
            }
        }
    }

    /// Drops the entries up to and with `index`; the checkpoint stays reachable.
    pub fn compact(&mut self, index: u64) {
        while self.records.front().is_some_and(|record| record.entry.index <= index) {
            if let Some(record) = self.records.pop_front() {
                self.bytes = self.bytes.saturating_sub(entry_bytes(&record.entry));
                self.bytes_recorded = self.bytes_recorded.saturating_sub(entry_bytes(&record.entry));
                self.base =
                    LogPoint { index: record.entry.index, term: record.entry.term, digest: record.digest };
            }
        }
    }

    /// Names the recorded checkpoint, for members that lag.
    pub fn set_checkpoint(&mut self, checkpoint: LogPoint) {
        self.checkpoint = checkpoint;
        let before = self.records.iter().take_while(|record| record.entry.index <= checkpoint.index);
        self.bytes_recorded = before.fold(0, |sum, record| sum.saturating_add(entry_bytes(&record.entry)));
    }

    /// The recorded checkpoint.
    pub fn checkpoint(&self) -> LogPoint {
        self.checkpoint
    }

    /// Takes over term, vote and commit index.
    pub fn set_hard_state(&mut self, hard_state: HardState) {
        self.hard_state = hard_state;
    }

    /// Term, vote and commit index as they were last taken over.
    pub fn hard_state(&self) -> &HardState {
        &self.hard_state
    }

    /// The last entry, or what stands before the first.
    pub fn last(&self) -> LogPoint {
        self.records.back().map_or(self.base, |record| LogPoint {
            index: record.entry.index,
            term: record.entry.term,
            digest: record.digest,
        })
    }

    /// Whether whatever stands behind `index` is still in the log.
    pub fn reaches_back_to(&self, index: u64) -> bool {
        index >= self.base.index
    }

    /// What stands at `index`, if it is known.
    pub fn point(&self, index: u64) -> Option<LogPoint> {
        if index == self.base.index {
            return Some(self.base);
        }
        let record = self.record(index)?;
        Some(LogPoint { index, term: record.entry.term, digest: record.digest })
    }

    /// The entry at `index`.
    pub fn entry(&self, index: u64) -> Option<&Entry> {
        self.record(index).map(|record| &record.entry)
    }

    /// Bytes of the entries behind the recorded checkpoint.
    pub fn bytes_behind_checkpoint(&self) -> u64 {
        self.bytes.saturating_sub(self.bytes_recorded)
    }

    /// Bytes of all entries in memory.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn record(&self, index: u64) -> Option<&LogRecord> {
        let offset = index.checked_sub(self.base.index)?.checked_sub(1)?;
        self.records.get(usize::try_from(offset).ok()?)
    }
}

/// The kind of an entry as the digest and the host's store have it.
pub fn entry_kind(entry: &Entry) -> u8 {
    u8::try_from(entry.entry_type as i32).unwrap_or(u8::MAX)
}

fn entry_bytes(entry: &Entry) -> u64 {
    u64::try_from(entry.data.len()).unwrap_or(u64::MAX).saturating_add(ENTRY_OVERHEAD)
}

/// What an entry takes in memory beside its data.
const ENTRY_OVERHEAD: u64 = 160;

impl Storage for RaftLog {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(RaftState::new(self.hard_state.clone(), self.members.clone()))
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        if low <= self.base.index {
            return Err(Error::Store(StorageError::Compacted));
        }
        let mut entries = Vec::new();
        for index in low..high {
            let entry = self.entry(index).ok_or(Error::Store(StorageError::Unavailable))?;
            entries.push(entry.clone());
        }
        limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        if index < self.base.index {
            // A checkpoint's term stays known for the sake of a snapshot that is being sent.
            if index == self.checkpoint.index {
                return Ok(self.checkpoint.term);
            }
            return Err(Error::Store(StorageError::Compacted));
        }
        self.point(index).map(|point| point.term).ok_or(Error::Store(StorageError::Unavailable))
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.base.index.saturating_add(1))
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last().index)
    }

    fn snapshot(&self, request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        if self.checkpoint.index < request_index {
            return Err(Error::Store(StorageError::SnapshotTemporarilyUnavailable));
        }
        let mut snapshot = Snapshot::default();
        let metadata = snapshot.mut_metadata();
        metadata.index = self.checkpoint.index;
        metadata.term = self.checkpoint.term;
        metadata.set_conf_state(self.members.clone());
        Ok(snapshot)
    }
}
