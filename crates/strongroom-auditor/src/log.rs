//! The log: a batch of leaves goes in, a checkpoint that witnesses cosigned comes out.
//! Page: `docs/spec/auditor.md`, "Sequencing".
//!
//! In this order, each step durable before the next: the batch stands in a file of its own; the tiles of hashes;
//! the checkpoint with the log's signature, which leaves only now and only to witnesses; enough cosignatures;
//! the entries; the checkpoint, for everybody. Whoever begins again after a stop at any point comes to the same
//! bytes: signatures are deterministic and a batch that was begun is never given up.
//!
//! Invariants:
//!
//! - Of one size the log's key signs one root, and a larger one only if the smaller grew into it.
//! - No leaf, and so no signature in one, can be read by the public before the checkpoint over it is witnessed.

mod append;
mod batch;
mod error;
mod grow;
mod signed;
mod state;

pub use batch::{Batch, BatchError};
pub use error::LogError;
pub use state::LogState;

use crate::{
    key::TextSigner,
    storage::{PublicFiles, Storage},
};
use std::sync::Arc;
use strongroom_trust::{
    CheckpointBody, LogProof, NoteKey, WitnessedCheckpoint,
    merkle::prove_inclusion,
    tile::{TILE_WIDTH, TileId, TileTree, read_entries},
};

/// The keeper of one log. Whoever calls it holds the storage's lock.
#[derive(Clone)]
pub struct LogKeeper {
    storage: Arc<dyn Storage>,
    key: NoteKey,
    signer: Arc<dyn TextSigner>,
    retired: Vec<NoteKey>,
}

impl LogKeeper {
    /// Takes the log of this key, whose name is the log's origin.
    pub fn new(storage: Arc<dyn Storage>, key: NoteKey, signer: Arc<dyn TextSigner>) -> Self {
        Self { storage, key, signer, retired: Vec::new() }
    }

    /// Says which keys signed for this log before. What bears one of them alone is signed anew, the same tree, before
    /// anything else.
    #[must_use]
    pub fn succeeding(mut self, retired: Vec<NoteKey>) -> Self {
        self.retired = retired;
        self
    }

    /// The log's files, as anybody sees them.
    pub fn files(&self) -> PublicFiles {
        PublicFiles::of(self.storage.clone())
    }

    /// Reads the published leaves, in their order.
    ///
    /// # Errors
    /// A file is missing or broken.
    pub fn leaves(&self) -> Result<Vec<Vec<u8>>, LogError> {
        let size = self.state()?.published_size();
        let mut leaves = Vec::new();
        for index in 0..size.div_ceil(TILE_WIDTH) {
            leaves.extend(self.entries(index, size)?);
        }
        Ok(leaves)
    }

    /// Proves that a leaf stands under a published checkpoint.
    ///
    /// # Errors
    /// A tile is missing.
    pub fn prove(&self, index: u64, checkpoint: &WitnessedCheckpoint) -> Result<LogProof, LogError> {
        let size = checkpoint.body().size;
        let path = prove_inclusion(&self.tree(size), index, size).map_err(LogError::tiles)?;
        Ok(LogProof { extra: None, index, path, checkpoint: checkpoint.note().clone() })
    }

    fn tree(&self, size: u64) -> TileTree<PublicFiles> {
        TileTree::new(self.files(), size)
    }

    /// The entries of one bundle that a log of this size has.
    fn entries(&self, index: u64, size: u64) -> Result<Vec<Vec<u8>>, LogError> {
        let left = size.saturating_sub(index.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH);
        let width = u16::try_from(left).unwrap_or(256);
        if width == 0 {
            return Ok(Vec::new());
        }
        let id = TileId { level: None, index, width };
        let path = crate::storage::public(&id.to_string());
        let bytes = self.storage.read(&path, crate::limits::ENTRIES_BYTES_MAX)?;
        let bytes = bytes.ok_or_else(|| LogError::Missing(path.clone()))?;
        let entries = read_entries(&bytes, width).map_err(|_| LogError::Broken(path))?;
        Ok(entries.into_iter().map(Into::into).collect())
    }

    fn origin(&self) -> &str {
        self.key.name().as_str()
    }

    fn body(&self, size: u64) -> Result<CheckpointBody, LogError> {
        let root = strongroom_trust::merkle::root_of(&self.tree(size), size).map_err(LogError::tiles)?;
        Ok(CheckpointBody { origin: self.origin().into(), size, root, extensions: Vec::new() })
    }
}
