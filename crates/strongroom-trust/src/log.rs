//! The whole log: reads every tile and every leaf, and says what happened in it.
//! Page: `docs/spec/audit-log.md`.
//!
//! The root is computed anew from the leaves; tiles are compared with what was computed. Memory has a
//! bound whatever stands in the log: of very many notes the newest are reported, the others counted.

mod error;
mod history;
mod leaf;
mod report;
mod tiles;

pub use error::{LeafError, LogError};
pub use leaf::{LeafKind, VerifiedLeaf, verify_leaf};
pub use report::{EpochReport, FleetChange, LeftOut, LogReport};

use crate::{
    CheckpointBody, RootChain, WitnessedCheckpoint,
    checkpoint::read_checkpoint_note,
    limits::{CHECKPOINT_BYTES_MAX, LEAF_BYTES_MAX},
    tile::{CHECKPOINT_PATH, LogFiles, TILE_WIDTH, TileId, read_entries, width_at},
};
use history::History;
use tiles::TileChecker;

/// Bytes of a full bundle of entries.
const ENTRIES_BYTES_MAX: usize = 256 * (LEAF_BYTES_MAX + 2);

/// Verifies a whole log: its newest checkpoint with witnesses, every tile, every leaf and the rules
/// between leaves; and, where an older checkpoint is given, that the log grew out of it.
///
/// # Errors
/// See [`LogError`].
pub fn verify_log<F: LogFiles>(
    files: &F,
    roots: &RootChain,
    since: Option<&CheckpointBody>,
) -> Result<LogReport, LogError<F::Error>> {
    let checkpoint = read_checkpoint(files, roots)?;
    let log = checkpoint.body().clone();
    check_since(&log, since)?;
    let mut tiles = TileChecker::default();
    let mut history = History::new(roots);
    for index in 0..log.size.div_ceil(TILE_WIDTH) {
        let id = TileId { level: None, index, width: width_at(index, log.size) };
        let bytes = read_bundle(files, id)?;
        let entries = read_entries(&bytes, id.width);
        let entries = entries.map_err(|cause| LogError::Entries { path: id.to_string(), cause })?;
        for entry in entries {
            compare_since(&tiles, since)?;
            let place = tiles.size();
            tiles.push(files, entry)?;
            history.take(place, entry).map_err(|cause| LogError::Leaf { index: place, cause })?;
        }
    }
    compare_since(&tiles, since)?;
    tiles.end(files)?;
    if tiles.root() != log.root {
        return Err(LogError::Root);
    }
    Ok(history.report(checkpoint))
}

fn read_checkpoint<F: LogFiles>(
    files: &F,
    roots: &RootChain,
) -> Result<WitnessedCheckpoint, LogError<F::Error>> {
    let read = files.read(CHECKPOINT_PATH, CHECKPOINT_BYTES_MAX);
    let bytes = read.map_err(|cause| LogError::Read { path: CHECKPOINT_PATH.into(), cause })?;
    let note = read_checkpoint_note(&bytes)?;
    Ok(roots.newest().contents().policy.verify(&note)?)
}

/// A partial bundle that is gone lies in the full one.
fn read_bundle<F: LogFiles>(files: &F, id: TileId) -> Result<Vec<u8>, LogError<F::Error>> {
    let failed = |cause| LogError::Read { path: id.to_string(), cause };
    match files.read(&id.to_string(), ENTRIES_BYTES_MAX) {
        Err(_) if !id.is_full() => {
            let full = files.read(&id.full().to_string(), ENTRIES_BYTES_MAX).map_err(failed)?;
            Ok(cut(full, id.width))
        }
        read => read.map_err(failed),
    }
}

/// The first entries of a bundle.
fn cut(mut bytes: Vec<u8>, count: u16) -> Vec<u8> {
    let mut end = 0usize;
    for _ in 0..count {
        let Some(length) = bytes.get(end..).and_then(<[u8]>::first_chunk) else { break };
        end = end.saturating_add(2).saturating_add(usize::from(u16::from_be_bytes(*length)));
    }
    bytes.truncate(end);
    bytes
}

fn check_since<E>(log: &CheckpointBody, since: Option<&CheckpointBody>) -> Result<(), LogError<E>> {
    match since {
        Some(since) if since.origin != log.origin => Err(LogError::OtherLog),
        Some(since) if since.size > log.size => Err(LogError::Shrunk { since: since.size, met: log.size }),
        _ => Ok(()),
    }
}

/// When as many leaves were read as the older checkpoint counts, the roots have to agree.
fn compare_since<E>(tiles: &TileChecker, since: Option<&CheckpointBody>) -> Result<(), LogError<E>> {
    match since {
        Some(since) if since.size == tiles.size() && since.root != tiles.root() => {
            Err(LogError::Forked(since.size))
        }
        _ => Ok(()),
    }
}
