//! The newest versions of the tree nodes used last, in memory.
//!
//! Two generations: what is used moves to the young one; when that is full it
//! becomes the old one, and the old one is forgotten. Exact order of use is
//! not worth its bookkeeping.

use std::{collections::HashMap, mem};
use strongroom_protocol::{ids::LogIndex, pipe::NodeName};

/// A node's newest version and its ciphertext.
#[derive(Clone)]
pub(super) struct Newest {
    pub(super) version: LogIndex,
    pub(super) ciphertext: fjall::Slice,
}

pub(super) struct NodeCache {
    young: HashMap<NodeName, Newest>,
    young_bytes: usize,
    old: HashMap<NodeName, Newest>,
    generation_bytes_max: usize,
}

impl NodeCache {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            young: HashMap::new(),
            young_bytes: 0,
            old: HashMap::new(),
            generation_bytes_max: bytes_max / 2,
        }
    }

    pub(super) fn find(&mut self, name: &NodeName) -> Option<Newest> {
        if let Some(found) = self.young.get(name) {
            return Some(found.clone());
        }
        let found = self.old.remove(name)?;
        self.put(*name, found.clone());
        Some(found)
    }

    pub(super) fn put(&mut self, name: NodeName, newest: Newest) {
        self.young_bytes += weight(&newest);
        if let Some(before) = self.young.insert(name, newest) {
            self.young_bytes = self.young_bytes.saturating_sub(weight(&before));
        }
        self.old.remove(&name);
        if self.young_bytes > self.generation_bytes_max {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

/// Bytes of a node in memory, its place in the table included.
fn weight(newest: &Newest) -> usize {
    newest.ciphertext.len() + 128
}
