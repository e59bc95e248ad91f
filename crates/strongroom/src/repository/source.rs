//! The folder that is backed up, as the library wants to read it.
//!
//! The library leaves out what it cannot read and says so in a log line that
//! nobody sees. This source counts every entry that it hands over and notes
//! every failure, so that the summary can tell.

use std::error::Error;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustic_core::{
    Excludes, LocalSource, LocalSourceFilterOptions, LocalSourceSaveOptions, ReadSource, ReadSourceEntry,
    ReadSourceOpen, RusticResult,
};
use serde::Serialize;

use super::limits;

type LocalOpen = <LocalSource as ReadSource>::Open;
type LocalEntries = <LocalSource as ReadSource>::Iter;

/// Files and folders that could not be read and are not in the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// How many there are.
    pub count: u64,
    /// The first of them, each with what the system said.
    pub first: Vec<String>,
}

/// What happened to the entries of a source while they were backed up.
#[derive(Debug, Default)]
pub(super) struct Tally {
    handed_over: AtomicU64,
    failed_later: AtomicU64,
    unreadable: Mutex<Unreadable>,
}

impl Tally {
    /// How many entries other than folders must be in the snapshot.
    pub(super) fn expected(&self) -> u64 {
        let handed_over = self.handed_over.load(Ordering::Acquire);
        handed_over.saturating_sub(self.failed_later.load(Ordering::Acquire))
    }

    pub(super) fn unreadable(&self) -> Unreadable {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, failure: String) {
        let mut unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        unreadable.count = unreadable.count.saturating_add(1);
        if unreadable.first.len() < limits::NAMED_PATHS_MAX {
            unreadable.first.push(failure);
        }
    }

    fn note_of_handed_over(&self, path: &Path, failure: &dyn Error) {
        self.failed_later.fetch_add(1, Ordering::AcqRel);
        self.note(format!("{}: {failure}", path.display()));
    }
}

/// A folder whose entries are handed over with paths relative to it.
pub(super) struct Source {
    entries: LocalSource,
    root: PathBuf,
    left_out: Option<PathBuf>,
    tally: Arc<Tally>,
}

impl Source {
    /// Takes the folder `root`, without `left_out`; both are absolute and free of links.
    pub(super) fn new(root: &Path, left_out: Option<PathBuf>) -> RusticResult<Self> {
        let entries = LocalSource::new(
            LocalSourceSaveOptions::default(),
            &Excludes::default(),
            &LocalSourceFilterOptions::default(),
            &[root],
        )?;
        Ok(Self { entries, root: root.to_path_buf(), left_out, tally: Arc::default() })
    }

    pub(super) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }
}

impl ReadSource for Source {
    type Open = SourceFile;
    type Iter = SourceEntries;

    fn size(&self) -> RusticResult<Option<u64>> {
        self.entries.size()
    }

    fn entries(&self) -> SourceEntries {
        SourceEntries {
            entries: self.entries.entries(),
            root: self.root.clone(),
            left_out: self.left_out.clone(),
            tally: self.tally(),
        }
    }
}

/// The entries of a source, one after the other.
pub(super) struct SourceEntries {
    entries: LocalEntries,
    root: PathBuf,
    left_out: Option<PathBuf>,
    tally: Arc<Tally>,
}

impl SourceEntries {
    fn is_left_out(&self, path: &Path) -> bool {
        self.left_out.as_ref().is_some_and(|left_out| path.starts_with(left_out))
    }

    fn relative(&self, entry: ReadSourceEntry<LocalOpen>) -> ReadSourceEntry<SourceFile> {
        let ReadSourceEntry { path, node, open } = entry;
        let path = path.strip_prefix(&self.root).map_or_else(|_| path.clone(), Path::to_path_buf);
        if !node.is_dir() {
            self.tally.handed_over.fetch_add(1, Ordering::AcqRel);
        }
        let open = open.map(|file| SourceFile { file, path: path.clone(), tally: Arc::clone(&self.tally) });
        ReadSourceEntry { path, node, open }
    }
}

impl Iterator for SourceEntries {
    type Item = RusticResult<ReadSourceEntry<SourceFile>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.entries.next()? {
                Ok(entry) if self.is_left_out(&entry.path) => {}
                Ok(entry) => return Some(Ok(self.relative(entry))),
                Err(error) => {
                    let cause = error.source().map_or_else(String::new, ToString::to_string);
                    self.tally.note(cause);
                    return Some(Err(error));
                }
            }
        }
    }
}

/// A file of the source that is not open yet.
pub(super) struct SourceFile {
    file: LocalOpen,
    path: PathBuf,
    tally: Arc<Tally>,
}

impl ReadSourceOpen for SourceFile {
    type Reader = SourceReader;

    fn open(self) -> RusticResult<SourceReader> {
        let Self { file, path, tally } = self;
        match file.open() {
            Ok(file) => Ok(SourceReader { file, path, tally, has_failed: false }),
            Err(error) => {
                let cause = error.source().unwrap_or(&*error);
                tally.note_of_handed_over(&path, cause);
                Err(error)
            }
        }
    }
}

/// An open file of the source.
pub(super) struct SourceReader {
    file: std::fs::File,
    path: PathBuf,
    tally: Arc<Tally>,
    has_failed: bool,
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted && !self.has_failed {
                self.has_failed = true;
                self.tally.note_of_handed_over(&self.path, error);
            }
        })
    }
}
