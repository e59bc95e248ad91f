//! A log whose reading is shown as it goes on.

use crate::progress::Bar;
use std::cell::Cell;
use strongroom_trust::{
    CheckpointBody, read_checkpoint_note,
    tile::{CHECKPOINT_PATH, LogFiles, TILE_WIDTH},
};

/// Counts the entries that were read on a bar, up to the size that the log's checkpoint says.
pub struct MeteredFiles<F> {
    files: F,
    bar: Bar,
    bytes: Cell<u64>,
}

impl<F> MeteredFiles<F> {
    /// Takes a log and the bar that its entries are counted on.
    pub fn new(files: F, bar: Bar) -> Self {
        Self { files, bar, bytes: Cell::new(0) }
    }

    /// Bytes that were read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    fn count(&self, path: &str, bytes: &[u8]) {
        self.bytes.set(self.bytes.get().saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX)));
        if path == CHECKPOINT_PATH {
            self.bar.expect(size(bytes).unwrap_or_default());
        } else if let Some(tile) = path.strip_prefix("tile/entries/") {
            let width = tile.split_once(".p/").and_then(|(_, width)| width.parse().ok());
            self.bar.advance(width.unwrap_or(TILE_WIDTH));
        }
    }
}

/// What a checkpoint that nobody has verified yet says; good enough for a bar.
fn size(checkpoint: &[u8]) -> Option<u64> {
    let note = read_checkpoint_note(checkpoint).ok()?;
    Some(CheckpointBody::parse(note.text()).ok()?.size)
}

impl<F: LogFiles> LogFiles for MeteredFiles<F> {
    type Error = F::Error;

    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, F::Error> {
        let bytes = self.files.read(path, bytes_max)?;
        self.count(path, &bytes);
        Ok(bytes)
    }
}
