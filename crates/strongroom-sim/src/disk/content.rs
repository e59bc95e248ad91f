//! The log, the two head tables and the tree, as a host reads them.

use std::{collections::BTreeMap, rc::Rc};
use strongroom_protocol::{
    encode,
    ids::{LogIndex, RecordId},
    pipe::{NodeName, NodeVersion, Prefix, StoredEntry, TreeNode},
};

/// What stands on a disk. A copy shares the entries and nodes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Log entries by index.
    pub log: BTreeMap<u64, Rc<StoredEntry>>,
    /// The head table of the last commit.
    pub head: Rc<Vec<u8>>,
    /// The head table of the commit before.
    pub head_before: Rc<Vec<u8>>,
    /// Every version of every tree node.
    pub tree: BTreeMap<(NodeName, u64), Rc<TreeNode>>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (first, last) = self.bounds();
        write!(f, "log {first} to {last}, {} tree nodes", self.tree.len())
    }
}

impl Content {
    /// The first and the last index of the log; zeros where there is none.
    pub fn bounds(&self) -> (LogIndex, LogIndex) {
        let first = self.log.first_key_value().map_or(0, |(index, _)| *index);
        let last = self.log.last_key_value().map_or(0, |(index, _)| *index);
        (LogIndex(first), LogIndex(last))
    }

    /// The nodes on the path of a record: of each the newest version that is not newer than `index`.
    pub fn path(&self, record: &RecordId, index: u64) -> Vec<TreeNode> {
        let mut nodes = Vec::new();
        for nibbles in 0..=64 {
            match self.newest(NodeName::Inner(Prefix::of(record, nibbles)), index) {
                Some(node) => nodes.push(node.clone()),
                // Before the first checkpoint nodes below the top may be there without it.
                None if nibbles == 0 => {}
                None => break,
            }
        }
        nodes.extend(self.newest(NodeName::Leaf(*record), index).cloned());
        nodes
    }

    /// One version of one node.
    pub fn exact(&self, node: &NodeVersion) -> Option<&TreeNode> {
        self.tree.get(&(node.name, node.version.0)).map(Rc::as_ref)
    }

    /// Every piece of it, encoded, as whoever reads the disk sees it.
    pub fn bytes(&self) -> impl Iterator<Item = Vec<u8>> + '_ {
        let log = self.log.values().map(|entry| encode(entry.as_ref()));
        let heads = [self.head.as_ref().clone(), self.head_before.as_ref().clone()];
        log.chain(heads).chain(self.tree.values().map(|node| encode(node.as_ref())))
    }

    fn newest(&self, name: NodeName, index: u64) -> Option<&TreeNode> {
        self.tree.range((name, 0)..=(name, index)).next_back().map(|(_, node)| node.as_ref())
    }

    pub(super) fn drop_below(&mut self, log: u64, tree: u64) {
        self.log = self.log.split_off(&log);
        let mut next: Option<(NodeName, u64)> = None;
        let mut superseded = Vec::new();
        // From the newest version of a node down: an older one goes where the next newer is old enough.
        for key in self.tree.keys().rev() {
            if next.is_some_and(|newer| newer.0 == key.0 && newer.1 <= tree) {
                superseded.push(*key);
            }
            next = Some(*key);
        }
        for key in superseded {
            self.tree.remove(&key);
        }
    }
}
