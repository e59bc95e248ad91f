//! The root of a log that is read from its first leaf to its last, in little memory.

use super::{EMPTY_ROOT, node_hash};
use strongroom_protocol::ids::Digest;

/// The full subtrees along the right edge of a tree: at most one of each height.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Option<Digest>>,
}

impl Frontier {
    /// Appends a leaf's hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut carried = leaf;
        for subtree in &mut self.subtrees {
            match subtree.take() {
                Some(left) => carried = node_hash(&left, &carried),
                None => {
                    *subtree = Some(carried);
                    self.size = self.size.saturating_add(1);
                    return;
                }
            }
        }
        self.subtrees.push(Some(carried));
        self.size = self.size.saturating_add(1);
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all of them.
    pub fn root(&self) -> Digest {
        let full = self.subtrees.iter().flatten();
        full.copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
    }
}
