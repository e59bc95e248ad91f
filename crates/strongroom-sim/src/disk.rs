//! What a host keeps on disk, and what of it would be there after a power loss.
//!
//! The order of the real store is kept: entries appended since the last commit, the cut before them and the head table
//! reach the disk in one piece; tree nodes are written at once; a commit or a flush makes all of it durable. Until
//! then a power loss keeps some of the pieces, from the oldest on.

mod content;

pub use content::Content;

use std::rc::Rc;
use strongroom_protocol::pipe::{NodeName, StoredEntry, TreeNode};

/// Entries that are kept after they were cut off.
const CUT_OFF_MAX: usize = 64;

/// What takes one change back.
enum Undo {
    Entry(u64, Option<Rc<StoredEntry>>),
    Heads(Rc<Vec<u8>>, Rc<Vec<u8>>),
    Node((NodeName, u64), Option<Rc<TreeNode>>),
}

/// Changes that reach the disk together.
type Piece = Vec<Undo>;

/// One host's disk.
#[derive(Default)]
pub struct Disk {
    content: Content,
    /// Pieces that are written and not durable yet, oldest first.
    unsynced: Vec<Piece>,
    /// How many pieces were ever written.
    written: u64,
    /// Appended since the last commit.
    appending: Piece,
    /// Entries that were cut off the log once: whoever owns the disk has kept them.
    cut_off: Vec<Rc<StoredEntry>>,
}

impl Disk {
    /// A disk with this content, all of it durable.
    pub fn holding(content: Content) -> Self {
        Self { content, ..Self::default() }
    }

    /// What the host reads from it.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// What would be left if the power failed now and nothing of what is not durable had reached the disk.
    pub fn durable(&self) -> Content {
        let mut content = self.content.clone();
        let pieces = self.unsynced.iter().chain(std::iter::once(&self.appending));
        pieces.rev().flat_map(|piece| piece.iter().rev()).for_each(|undo| take_back(&mut content, undo));
        content
    }

    /// Entries that were cut off the log once.
    pub(crate) fn cut_off(&self) -> &[Rc<StoredEntry>] {
        &self.cut_off
    }

    /// Whether all of it is durable.
    pub fn is_synced(&self) -> bool {
        self.unsynced.is_empty() && self.appending.is_empty()
    }

    /// Appends entries, after cutting the log.
    pub(crate) fn append(&mut self, cut: u64, entries: Vec<StoredEntry>) {
        if cut != 0 {
            for (index, old) in self.content.log.split_off(&cut) {
                if self.cut_off.len() < CUT_OFF_MAX {
                    self.cut_off.push(old.clone());
                }
                self.appending.push(Undo::Entry(index, Some(old)));
            }
        }
        for entry in entries {
            let index = entry.index.0;
            let old = self.content.log.insert(index, Rc::new(entry));
            self.appending.push(Undo::Entry(index, old));
        }
    }

    /// Closes a piece with a head table. Gives its number, for [`Self::sync`].
    pub(crate) fn commit(&mut self, head: Vec<u8>) -> u64 {
        let old = std::mem::replace(&mut self.content.head, Rc::new(head));
        let before = std::mem::replace(&mut self.content.head_before, old.clone());
        self.appending.push(Undo::Heads(old, before));
        self.close_piece()
    }

    /// Closes a piece without a head table.
    pub(crate) fn close_piece(&mut self) -> u64 {
        if !self.appending.is_empty() {
            self.unsynced.push(std::mem::take(&mut self.appending));
            self.written += 1;
        }
        self.written
    }

    /// Forgets the piece that is being put together: a write that is lost.
    pub(crate) fn lose_piece(&mut self) {
        let piece = std::mem::take(&mut self.appending);
        piece.iter().rev().for_each(|undo| take_back(&mut self.content, undo));
    }

    /// Writes tree nodes.
    pub(crate) fn write_tree(&mut self, nodes: Vec<TreeNode>) {
        let mut piece = Piece::new();
        for node in nodes {
            let key = (node.name, node.version.0);
            let old = self.content.tree.insert(key, Rc::new(node));
            piece.push(Undo::Node(key, old));
        }
        self.unsynced.push(piece);
        self.written += 1;
    }

    /// Makes every piece up to a number durable.
    pub(crate) fn sync(&mut self, through: u64) {
        let durable = self.written.saturating_sub(self.unsynced.len() as u64);
        let count = usize::try_from(through.saturating_sub(durable)).unwrap_or(0).min(self.unsynced.len());
        self.unsynced.drain(..count);
    }

    /// The power fails: so many of the pieces that are not durable are lost, the newest first.
    pub(crate) fn lose_power(&mut self, pieces: usize) {
        self.lose_piece();
        for _ in 0..pieces.min(self.unsynced.len()) {
            let piece = self.unsynced.pop().unwrap_or_default();
            piece.iter().rev().for_each(|undo| take_back(&mut self.content, undo));
        }
        self.unsynced.clear();
    }

    /// Pieces that are not durable.
    pub(crate) fn unsynced(&self) -> usize {
        self.unsynced.len()
    }

    /// Drops what is not needed any more.
    pub(crate) fn drop_below(&mut self, log: u64, tree: u64) {
        self.content.drop_below(log, tree);
    }

    /// Somebody changes what is on the disk behind everybody's back.
    pub(crate) fn tamper(&mut self) -> &mut Content {
        &mut self.content
    }

    /// Somebody puts another content in place of it all.
    pub(crate) fn replace(&mut self, content: Content) {
        self.content = content;
        self.unsynced.clear();
        self.appending.clear();
    }
}

fn take_back(content: &mut Content, undo: &Undo) {
    match undo {
        Undo::Entry(index, Some(old)) => {
            content.log.insert(*index, old.clone());
        }
        Undo::Entry(index, None) => {
            content.log.remove(index);
        }
        Undo::Heads(head, before) => {
            content.head = head.clone();
            content.head_before = before.clone();
        }
        Undo::Node(key, Some(old)) => {
            content.tree.insert(*key, old.clone());
        }
        Undo::Node(key, None) => {
            content.tree.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_protocol::{
        bytes::Bytes,
        ids::{LogIndex, Term},
        pipe::Prefix,
    };

    fn entry(index: u64, byte: u8) -> StoredEntry {
        StoredEntry { index: LogIndex(index), term: Term(1), kind: 0, data: Bytes::new(vec![byte]).unwrap() }
    }

    fn node(version: u64) -> TreeNode {
        let name = NodeName::Inner(Prefix::ROOT);
        TreeNode { name, version: LogIndex(version), ciphertext: Bytes::new(vec![1]).unwrap() }
    }

    #[test]
    fn what_was_not_synced_is_taken_back_to_the_byte() {
        let mut disk = Disk::default();
        disk.append(0, vec![entry(1, 1), entry(2, 1)]);
        let piece = disk.commit(vec![1]);
        disk.sync(piece);
        let before = disk.durable();
        disk.write_tree(vec![node(2)]);
        disk.append(2, vec![entry(2, 2), entry(3, 2)]);
        disk.commit(vec![2]);
        disk.append(3, vec![entry(3, 9)]);
        assert_eq!(disk.durable(), before);
        assert_ne!(*disk.content(), before);
        disk.lose_power(2);
        assert_eq!(*disk.content(), before);
    }

    #[test]
    fn a_piece_is_kept_whole_or_not_at_all() {
        let mut disk = Disk::default();
        disk.write_tree(vec![node(1)]);
        disk.append(0, vec![entry(1, 1)]);
        disk.commit(vec![7]);
        disk.lose_power(1);
        assert!(disk.content().log.is_empty() && disk.content().head.is_empty());
        assert_eq!(disk.content().tree.len(), 1);
    }
}
