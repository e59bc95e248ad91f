//! The tree of a log: leaves, inner nodes, and proofs about them. RFC 6962, section 2.1.
//!
//! Absent on purpose: where hashes are kept; provers ask a [`Subtrees`].

mod frontier;
mod prove;
mod verify;

pub use frontier::Frontier;
pub use prove::{MemoryTree, MissingNode, Subtrees, prove_consistency, prove_inclusion, root_of};
pub use verify::{verify_consistency, verify_inclusion};

use sha2::{Digest as _, Sha256};
use strongroom_protocol::ids::Digest;

/// The root of a log without leaves: the hash of nothing.
pub const EMPTY_ROOT: Digest = Digest::new([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A proof leads to another root than the checkpoint's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not lead to the root")]
pub struct ProofError;

/// The hash of a leaf.
pub fn leaf_hash(leaf: &[u8]) -> Digest {
    hash(0, leaf, &[])
}

/// The hash of an inner node.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    hash(1, left.as_bytes(), right.as_bytes())
}

fn hash(prefix: u8, first: &[u8], second: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([prefix]);
    hasher.update(first);
    hasher.update(second);
    Digest::new(hasher.finalize().into())
}

#[cfg(test)]
mod tests;
