//! How a log lies in files. Format: C2SP `tlog-tiles`.
//!
//! A tile holds up to 256 hashes of one level; the hashes of level `n + 1` are the roots of full
//! tiles of level `n`. Entries lie in bundles of 256, each led by its length in two bytes.

mod entries;
mod source;

pub use entries::{EntriesError, read_entries, write_entries};
pub use source::{LogFiles, TileTree, TileTreeError};

use crate::merkle::{Subtrees, node_hash};
use std::fmt;
use strongroom_protocol::ids::Digest;

/// The path of a log's newest checkpoint.
pub const CHECKPOINT_PATH: &str = "checkpoint";
/// Hashes of a full tile, entries of a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Levels of a tree that one tile spans.
pub(crate) const TILE_HEIGHT: u8 = 8;
/// Bytes of a full tile.
pub const TILE_BYTES_MAX: usize = 256 * 32;

/// Names a tile of hashes, or a bundle of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// The level of its hashes; `None` for a bundle of entries.
    pub level: Option<u8>,
    /// Its index within the level.
    pub index: u64,
    /// How many hashes or entries it holds: 1 to 256.
    pub width: u16,
}

impl TileId {
    /// Every tile and entry bundle of a log of this size, the partial ones included.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        Self::grown(0, size)
    }

    /// The tiles and entry bundles that a log gets when it grows from one size to another.
    pub fn grown(old: u64, new: u64) -> impl Iterator<Item = Self> {
        let entries = (0..1).flat_map(move |_| Self::grown_in(None, old, new));
        entries.chain((0..8).flat_map(move |level: u8| {
            let height = u32::from(level) * u32::from(TILE_HEIGHT);
            Self::grown_in(Some(level), old >> height, new >> height)
        }))
    }

    fn grown_in(level: Option<u8>, old: u64, new: u64) -> impl Iterator<Item = Self> {
        let (first, end) = if old < new { (old / TILE_WIDTH, new.div_ceil(TILE_WIDTH)) } else { (0, 0) };
        (first..end).map(move |index| Self { level, index, width: width_at(index, new) })
    }

    /// The same tile when it is full.
    #[must_use]
    pub fn full(self) -> Self {
        Self { width: 256, ..self }
    }

    /// Whether it holds all that a tile can.
    pub fn is_full(self) -> bool {
        self.width == 256
    }

    /// The bytes of a tile of hashes, out of the subtrees of its log.
    ///
    /// # Errors
    /// A hash cannot be had.
    pub fn bytes<S: Subtrees>(self, source: &S) -> Result<Vec<u8>, S::Error> {
        let height = self.level.unwrap_or(0).saturating_mul(TILE_HEIGHT);
        let mut bytes = Vec::with_capacity(usize::from(self.width) * 32);
        for place in 0..u64::from(self.width) {
            let hash = source.subtree(height, self.index.saturating_mul(TILE_WIDTH).saturating_add(place))?;
            bytes.extend_from_slice(hash.as_bytes());
        }
        Ok(bytes)
    }
}

/// The path below the log's prefix, such as `tile/0/x001/234` or `tile/entries/000.p/7`.
impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "tile/{level}/")?,
            None => write!(f, "tile/entries/")?,
        }
        let digits = self.index.to_string();
        let digits = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
        let mut groups =
            digits.as_bytes().chunks(3).filter_map(|group| std::str::from_utf8(group).ok()).peekable();
        while let Some(group) = groups.next() {
            let is_last = groups.peek().is_none();
            if is_last { write!(f, "{group}")? } else { write!(f, "x{group}/")? }
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// How many hashes of a tile exist when its level has so many.
pub(crate) fn width_at(index: u64, level_size: u64) -> u16 {
    let left = level_size.saturating_sub(index.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH);
    u16::try_from(left).unwrap_or(256)
}

/// The hashes of a tile.
pub(crate) fn hashes(bytes: &[u8]) -> impl Iterator<Item = Digest> {
    bytes.as_chunks::<32>().0.iter().map(|hash| Digest::new(*hash))
}

/// The root over `2^height` neighbouring hashes.
pub(crate) fn fold(hashes: &[Digest]) -> Option<Digest> {
    match hashes {
        [] => None,
        [one] => Some(*one),
        several => {
            let (left, right) = several.split_at(several.len() / 2);
            Some(node_hash(&fold(left)?, &fold(right)?))
        }
    }
}

#[cfg(test)]
mod tests;
