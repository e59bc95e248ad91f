//! Makes roots and proofs out of the hashes of full subtrees. RFC 6962, sections 2.1.1 and 2.1.2.

use super::{EMPTY_ROOT, leaf_hash, node_hash};
use strongroom_protocol::ids::Digest;

/// Knows the hashes of a log's full subtrees.
pub trait Subtrees {
    /// Why a hash cannot be had.
    type Error;

    /// The hash over the `2^level` leaves from `index × 2^level` on.
    ///
    /// # Errors
    /// It cannot be had.
    fn subtree(&self, level: u8, index: u64) -> Result<Digest, Self::Error>;
}

/// The hashes of a log in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    levels: Vec<Vec<Digest>>,
}

/// A tree in memory does not reach so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log does not reach so far")]
pub struct MissingNode;

impl MemoryTree {
    /// Appends a leaf.
    pub fn push(&mut self, leaf: &[u8]) {
        self.push_hash(leaf_hash(leaf));
    }

    /// Appends a leaf's hash.
    pub fn push_hash(&mut self, hash: Digest) {
        let mut hash = hash;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(nodes) = self.levels.get_mut(level) else { return };
            nodes.push(hash);
            let [.., left, right] = nodes.as_slice() else { return };
            if nodes.len() % 2 == 1 {
                return;
            }
            hash = node_hash(left, right);
        }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }
}

impl Subtrees for MemoryTree {
    type Error = MissingNode;

    fn subtree(&self, level: u8, index: u64) -> Result<Digest, MissingNode> {
        let nodes = self.levels.get(usize::from(level)).ok_or(MissingNode)?;
        nodes.get(usize::try_from(index).map_err(|_| MissingNode)?).copied().ok_or(MissingNode)
    }
}

/// The root of the tree of the first leaves.
///
/// # Errors
/// A hash cannot be had.
pub fn root_of<S: Subtrees>(source: &S, size: u64) -> Result<Digest, S::Error> {
    if size == 0 { Ok(EMPTY_ROOT) } else { range(source, 0, size) }
}

/// Proves that the leaf of an index stands in the tree of the first leaves.
///
/// # Errors
/// A hash cannot be had; there is none for an index beyond the size.
pub fn prove_inclusion<S: Subtrees>(source: &S, index: u64, size: u64) -> Result<Vec<Digest>, S::Error> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range(source, middle, end)?);
            end = middle;
        } else {
            path.push(range(source, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Proves that the tree of more leaves grew out of that of fewer.
///
/// # Errors
/// A hash cannot be had.
pub fn prove_consistency<S: Subtrees>(source: &S, old: u64, new: u64) -> Result<Vec<Digest>, S::Error> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut proof = Vec::new();
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range(source, middle, end)?);
            end = middle;
        } else {
            proof.push(range(source, start, middle)?);
            start = middle;
        }
    }
    if start != 0 {
        proof.push(range(source, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The hash over leaves from a start that the tree splits at to an end.
fn range<S: Subtrees>(source: &S, start: u64, end: u64) -> Result<Digest, S::Error> {
    let count = end - start;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return source.subtree(u8::try_from(level).unwrap_or(u8::MAX), start >> level);
    }
    let middle = start + split(count);
    Ok(node_hash(&range(source, start, middle)?, &range(source, middle, end)?))
}

/// The largest power of two below a number from two on.
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}
