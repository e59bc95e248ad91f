//! The host's end: the newest version of every node.

use std::collections::HashMap;
use strongroom_protocol::{
    bytes::Bytes,
    ids::{LogIndex, RecordId},
    pipe::{NodeName, Prefix, TreeNode},
};

/// Keeps ciphertexts in large blocks, apart from the heap that the tree is timed on: a real host is another
/// process.
#[derive(Default)]
pub(crate) struct Host {
    places: HashMap<NodeName, (LogIndex, usize, usize)>,
    blocks: Vec<Vec<u8>>,
}

/// Bytes of the largest node: an inner node with sixteen leaves, or a leaf.
const SLOT_BYTES: usize = 1280;
const SLOTS_A_BLOCK: usize = 4096;

impl Host {
    pub(crate) fn put(&mut self, node: &TreeNode) {
        let next = self.places.len();
        let (version, slot, length) = self.places.entry(node.name).or_insert((node.version, next, 0));
        (*version, *length) = (node.version, node.ciphertext.len());
        let slot = *slot;
        if slot / SLOTS_A_BLOCK >= self.blocks.len() {
            self.blocks.push(vec![0; SLOT_BYTES * SLOTS_A_BLOCK]);
        }
        let place = self.blocks.get_mut(slot / SLOTS_A_BLOCK).into_iter().flatten();
        let place = place.skip(slot % SLOTS_A_BLOCK * SLOT_BYTES);
        place.zip(node.ciphertext.as_slice()).for_each(|(to, from)| *to = *from);
    }

    /// The nodes on a record's path.
    pub(crate) fn path(&self, record: &RecordId) -> Vec<TreeNode> {
        let inner = (0..64).map(|depth| NodeName::Inner(Prefix::of(record, depth)));
        // While the tree is young nodes below the top may be there without it.
        let top = self.get(NodeName::Inner(Prefix::ROOT));
        let inner = top.into_iter().chain(inner.skip(1).map_while(|name| self.get(name)));
        inner.chain(self.get(NodeName::Leaf(*record))).collect()
    }

    fn get(&self, name: NodeName) -> Option<TreeNode> {
        let (version, slot, length) = *self.places.get(&name)?;
        let start = slot % SLOTS_A_BLOCK * SLOT_BYTES;
        let sealed = self.blocks.get(slot / SLOTS_A_BLOCK)?.get(start..start + length)?;
        Some(TreeNode { name, version, ciphertext: Bytes::new(sealed.to_vec())? })
    }
}
