//! Compares the tiles of a log with what its leaves give.

use super::LogError;
use crate::{
    limits::LOG_SIZE_MAX,
    merkle::{Frontier, leaf_hash},
    tile::{LogFiles, TILE_BYTES_MAX, TILE_WIDTH, TileId, fold, hashes},
};
use strongroom_protocol::ids::Digest;

/// Takes leaves one after the other; a full tile is compared as soon as it is full.
#[derive(Default)]
pub(super) struct TileChecker {
    frontier: Frontier,
    /// For each level the hashes of its last tile, and that tile's index.
    levels: Vec<(u64, Vec<Digest>)>,
}

impl TileChecker {
    pub(super) fn push<F: LogFiles>(&mut self, files: &F, leaf: &[u8]) -> Result<(), LogError<F::Error>> {
        let mut hash = leaf_hash(leaf);
        self.frontier.push(hash);
        for level in 0..8u8 {
            if self.levels.len() == usize::from(level) {
                self.levels.push((0, Vec::new()));
            }
            let Some((index, tile)) = self.levels.get_mut(usize::from(level)) else { return Ok(()) };
            tile.push(hash);
            if (tile.len() as u64) < TILE_WIDTH {
                return Ok(());
            }
            compare(files, level, *index, tile)?;
            let Some(root) = fold(tile) else { return Ok(()) };
            hash = root;
            tile.clear();
            *index = index.saturating_add(1).min(LOG_SIZE_MAX);
        }
        Ok(())
    }

    /// Compares the tiles that are not full.
    pub(super) fn end<F: LogFiles>(&self, files: &F) -> Result<(), LogError<F::Error>> {
        for ((index, tile), level) in self.levels.iter().zip(0u8..) {
            if !tile.is_empty() {
                compare(files, level, *index, tile)?;
            }
        }
        Ok(())
    }

    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(super) fn root(&self) -> Digest {
        self.frontier.root()
    }
}

fn compare<F: LogFiles>(
    files: &F,
    level: u8,
    index: u64,
    expected: &[Digest],
) -> Result<(), LogError<F::Error>> {
    let width = u16::try_from(expected.len()).unwrap_or(256);
    let tile = TileId { level: Some(level), index, width };
    let read = files.read_tile(tile, TILE_BYTES_MAX);
    let bytes = read.map_err(|cause| LogError::Read { path: tile.to_string(), cause })?;
    let is_same =
        bytes.len() == expected.len().saturating_mul(32) && hashes(&bytes).eq(expected.iter().copied());
    if is_same { Ok(()) } else { Err(LogError::Tile(tile.to_string())) }
}
