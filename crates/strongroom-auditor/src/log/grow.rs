//! Writes the tiles that a log gets when it grows.
//!
//! A file that is there already holds the same bytes, left by a call that was stopped, or nothing is written:
//! what was shown once is never shown otherwise.

use super::{Batch, LogError, LogKeeper};
use crate::{limits::TILE_LEVELS, storage::public};
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    merkle::{Frontier, leaf_hash},
    tile::{TILE_BYTES_MAX, TILE_WIDTH, TileId, write_entries},
};

/// The last tile of a level, which is not full.
struct Edge {
    level: u8,
    index: u64,
    hashes: Vec<Digest>,
    is_changed: bool,
}

impl LogKeeper {
    /// Writes the tiles of hashes; they tell nothing of the leaves.
    pub(super) fn write_hashes(&self, batch: &Batch) -> Result<(), LogError> {
        let mut edges: Vec<Edge> =
            (0..TILE_LEVELS).map(|level| self.read_edge(level, batch.start())).collect::<Result<_, _>>()?;
        for leaf in batch.leaves() {
            self.push(&mut edges, leaf_hash(leaf))?;
        }
        edges.iter().filter(|edge| edge.is_changed).try_for_each(|edge| self.write_edge(edge))
    }

    /// Writes the leaves themselves.
    pub(super) fn write_entries(&self, batch: &Batch) -> Result<(), LogError> {
        let mut index = batch.start() / TILE_WIDTH;
        let mut entries = self.entries(index, batch.start())?;
        for leaf in batch.leaves() {
            entries.push(leaf.clone());
            if entries.len() as u64 == TILE_WIDTH {
                self.write_bundle(index, &entries)?;
                entries.clear();
                index = index.saturating_add(1);
            }
        }
        if entries.is_empty() { Ok(()) } else { self.write_bundle(index, &entries) }
    }

    /// Takes away the partial tiles and bundles that lie in full ones now.
    pub(super) fn prune(&self, batch: &Batch) -> Result<(), LogError> {
        let grown = TileId::grown(batch.start(), batch.end());
        for id in grown.filter(|id| id.is_full()) {
            self.storage.remove(&format!("{}.p", public(&id.to_string())))?;
        }
        Ok(())
    }

    fn read_edge(&self, level: u8, size: u64) -> Result<Edge, LogError> {
        let in_level = size >> (u32::from(level) * 8);
        let (index, width) = (in_level / TILE_WIDTH, in_level % TILE_WIDTH);
        let mut edge = Edge { level, index, hashes: Vec::new(), is_changed: false };
        if width > 0 {
            let id = TileId { level: Some(level), index, width: u16::try_from(width).unwrap_or(256) };
            let path = public(&id.to_string());
            let bytes = self.storage.read(&path, TILE_BYTES_MAX)?;
            let bytes = bytes.ok_or_else(|| LogError::Missing(path.clone()))?;
            edge.hashes = bytes.as_chunks::<32>().0.iter().map(|hash| Digest::new(*hash)).collect();
            if edge.hashes.len() as u64 != width {
                return Err(LogError::Broken(path));
            }
        }
        Ok(edge)
    }

    /// Appends a hash, and the root of each tile that it fills to the level above.
    fn push(&self, edges: &mut [Edge], hash: Digest) -> Result<(), LogError> {
        let mut carried = hash;
        for edge in edges {
            edge.hashes.push(carried);
            edge.is_changed = true;
            if (edge.hashes.len() as u64) < TILE_WIDTH {
                return Ok(());
            }
            self.write_edge(edge)?;
            let mut tile = Frontier::default();
            edge.hashes.iter().for_each(|hash| tile.push(*hash));
            carried = tile.root();
            edge.hashes.clear();
            edge.index = edge.index.saturating_add(1);
            edge.is_changed = false;
        }
        Ok(())
    }

    fn write_edge(&self, edge: &Edge) -> Result<(), LogError> {
        let width = u16::try_from(edge.hashes.len()).unwrap_or(256);
        let id = TileId { level: Some(edge.level), index: edge.index, width };
        let bytes: Vec<u8> = edge.hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        self.write_once(&id, &bytes)
    }

    fn write_bundle(&self, index: u64, entries: &[Vec<u8>]) -> Result<(), LogError> {
        let id = TileId { level: None, index, width: u16::try_from(entries.len()).unwrap_or(256) };
        let bytes = write_entries(entries).map_err(|_| LogError::Broken(id.to_string()))?;
        self.write_once(&id, &bytes)
    }

    fn write_once(&self, id: &TileId, bytes: &[u8]) -> Result<(), LogError> {
        let path = public(&id.to_string());
        match self.storage.read(&path, bytes.len()) {
            Ok(Some(written)) if written == bytes => Ok(()),
            Ok(None) => Ok(self.storage.replace(&path, bytes)?),
            Ok(Some(_)) | Err(crate::storage::StorageError::TooLong { .. }) => Err(LogError::Broken(path)),
            Err(error) => Err(error.into()),
        }
    }
}
