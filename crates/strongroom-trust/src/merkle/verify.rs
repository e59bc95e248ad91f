//! Verifies proofs. RFC 9162, sections 2.1.3.2 and 2.1.4.2, which hold for the same tree.

use super::{EMPTY_ROOT, ProofError, node_hash};
use strongroom_protocol::ids::Digest;

/// Verifies that a leaf stands at an index of a tree.
///
/// # Errors
/// The proof does not lead to the root.
pub fn verify_inclusion(
    index: u64,
    leaf: &Digest,
    size: u64,
    root: &Digest,
    path: &[Digest],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError);
    }
    let mut place = Place { own: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in path {
        if place.last == 0 {
            return Err(ProofError);
        }
        if place.is_right() {
            hash = node_hash(sibling, &hash);
            place.skip_lone();
        } else {
            hash = node_hash(&hash, sibling);
        }
        place.rise();
    }
    if place.last == 0 && hash == *root { Ok(()) } else { Err(ProofError) }
}

/// Verifies that a tree grew out of a smaller one.
///
/// # Errors
/// The proof does not lead to both roots.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Digest,
    new_size: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if old_size == 0 {
        return holds(proof.is_empty() && *old_root == EMPTY_ROOT && (new_size > 0 || old_root == new_root));
    }
    if old_size == new_size {
        return holds(proof.is_empty() && old_root == new_root);
    }
    if old_size > new_size {
        return Err(ProofError);
    }
    let (seed, rest) =
        if old_size.is_power_of_two() { (old_root, proof) } else { proof.split_first().ok_or(ProofError)? };
    let mut place = Place { own: old_size - 1, last: new_size - 1 };
    while place.own & 1 == 1 {
        place.rise();
    }
    let (mut old, mut new) = (*seed, *seed);
    for hash in rest {
        if place.last == 0 {
            return Err(ProofError);
        }
        if place.is_right() {
            old = node_hash(hash, &old);
            new = node_hash(hash, &new);
            place.skip_lone();
        } else {
            new = node_hash(&new, hash);
        }
        place.rise();
    }
    holds(place.last == 0 && old == *old_root && new == *new_root)
}

/// A node's index in its level, and that of the level's last node.
struct Place {
    own: u64,
    last: u64,
}

impl Place {
    /// Whether the next hash of a proof stands to the left of this node.
    fn is_right(&self) -> bool {
        self.own & 1 == 1 || self.own == self.last
    }

    /// Passes the levels in which the node is the last one and has no sibling.
    fn skip_lone(&mut self) {
        while self.own & 1 == 0 && self.own != 0 {
            self.rise();
        }
    }

    fn rise(&mut self) {
        self.own >>= 1;
        self.last >>= 1;
    }
}

fn holds(it_does: bool) -> Result<(), ProofError> {
    if it_does { Ok(()) } else { Err(ProofError) }
}
