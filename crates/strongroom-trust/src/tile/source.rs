//! Reads a log from wherever it lies.

use super::{TILE_BYTES_MAX, TILE_HEIGHT, TILE_WIDTH, TileId, fold, hashes, width_at};
use crate::merkle::Subtrees;
use std::cell::RefCell;
use strongroom_protocol::ids::Digest;

/// The files of a log: a folder, or what a web server answers.
pub trait LogFiles {
    /// Why a file cannot be had.
    type Error;

    /// Reads the file at a path such as `checkpoint` or `tile/0/000.p/7`, of at most so many bytes.
    ///
    /// # Errors
    /// It cannot be had, or is longer.
    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, Self::Error>;

    /// Reads a tile or a bundle of entries; a partial one that is gone is cut out of the full one.
    ///
    /// # Errors
    /// It cannot be had.
    fn read_tile(&self, tile: TileId, bytes_max: usize) -> Result<Vec<u8>, Self::Error> {
        match self.read(&tile.to_string(), bytes_max) {
            Err(_) if !tile.is_full() && tile.level.is_some() => {
                let mut bytes = self.read(&tile.full().to_string(), bytes_max)?;
                bytes.truncate(usize::from(tile.width) * 32);
                Ok(bytes)
            }
            read => read,
        }
    }
}

impl<F: LogFiles + ?Sized> LogFiles for &F {
    type Error = F::Error;

    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, F::Error> {
        (**self).read(path, bytes_max)
    }
}

/// The subtrees of a log whose tiles are read when they are needed.
///
/// What it gives is as true as the tiles: whoever makes a proof of it verifies the proof.
pub struct TileTree<F> {
    files: F,
    size: u64,
    last: RefCell<Option<(TileId, Vec<Digest>)>>,
}

/// A hash of a log cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TileTreeError<E> {
    /// A tile cannot be read.
    #[error("{path}: {cause}")]
    Read {
        /// Which.
        path: String,
        /// Why not.
        cause: E,
    },
    /// The log does not reach so far, or a tile is shorter than its width.
    #[error("the log does not reach so far")]
    Missing,
}

impl<F: LogFiles> TileTree<F> {
    /// Takes a log of this size.
    pub fn new(files: F, size: u64) -> Self {
        Self { files, size, last: RefCell::new(None) }
    }

    fn tile(&self, level: u8, index: u64) -> Result<Vec<Digest>, TileTreeError<F::Error>> {
        let height = u32::from(level) * u32::from(TILE_HEIGHT);
        let level_size = self.size.checked_shr(height).unwrap_or(0);
        let tile = TileId { level: Some(level), index, width: width_at(index, level_size) };
        if tile.width == 0 {
            return Err(TileTreeError::Missing);
        }
        if let Some((_, hashes)) = self.last.borrow().as_ref().filter(|(last, _)| *last == tile) {
            return Ok(hashes.clone());
        }
        let read = self.files.read_tile(tile, TILE_BYTES_MAX);
        let bytes = read.map_err(|cause| TileTreeError::Read { path: tile.to_string(), cause })?;
        let hashes: Vec<Digest> = hashes(&bytes).collect();
        if hashes.len() != usize::from(tile.width) {
            return Err(TileTreeError::Missing);
        }
        *self.last.borrow_mut() = Some((tile, hashes.clone()));
        Ok(hashes)
    }
}

impl<F: LogFiles> TileTree<F> {
    /// The root over full tiles of the level below: a partial tile is kept only for sizes that a
    /// checkpoint was made for.
    fn fold_below(&self, level: u8, first: u64, count: u64) -> Result<Digest, TileTreeError<F::Error>> {
        let tiles = first..first.saturating_add(count);
        let roots: Vec<Digest> = tiles
            .map(|index| match self.tile(level, index)? {
                hashes if hashes.len() as u64 == TILE_WIDTH => fold(&hashes).ok_or(TileTreeError::Missing),
                _ => Err(TileTreeError::Missing),
            })
            .collect::<Result<_, _>>()?;
        fold(&roots).ok_or(TileTreeError::Missing)
    }
}

impl<F: LogFiles> Subtrees for TileTree<F> {
    type Error = TileTreeError<F::Error>;

    fn subtree(&self, level: u8, index: u64) -> Result<Digest, Self::Error> {
        let (tile_level, height) = (level / TILE_HEIGHT, u32::from(level % TILE_HEIGHT));
        let first = index.checked_shl(height).ok_or(TileTreeError::Missing)?;
        match self.tile(tile_level, first / TILE_WIDTH) {
            Ok(hashes) => {
                let from = usize::try_from(first % TILE_WIDTH).map_err(|_| TileTreeError::Missing)?;
                let to = from.saturating_add(1 << height);
                hashes.get(from..to).and_then(fold).ok_or(TileTreeError::Missing)
            }
            Err(error) if tile_level == 0 => Err(error),
            Err(_) => self.fold_below(tile_level - 1, first, 1 << height),
        }
    }
}
