//! What a host keeps on disk, and what of it would be there after a power loss.
//!
//! Entries appended since the last commit, the cut before them and the head table reach the disk in one piece, and a
//! commit makes that durable; tree nodes are written at once, and a flush makes them durable. A host may keep the two in
//! different places, so neither does the other's work. Until then a power loss keeps some of the pieces, from the oldest
//! on.

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

/// The parts of a disk that are made durable each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The log and the head tables.
    Log,
    /// The tree.
    Tree,
}

/// What takes back what reaches the disk together.
type Undone = Vec<Undo>;

/// Changes that reach the disk together.
struct Piece {
    part: Part,
    number: u64,
    undo: Undone,
}

/// One host's disk.
#[derive(Default)]
pub struct Disk {
    content: Content,
    /// Pieces that are written and not durable yet, oldest first.
    unsynced: Vec<Piece>,
    /// How many pieces were ever written.
    written: u64,
    /// Appended since the last commit.
    appending: Undone,
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
        let pieces = self.unsynced.iter().map(|piece| &piece.undo).chain(std::iter::once(&self.appending));
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
        let undo = std::mem::take(&mut self.appending);
        self.close(Part::Log, undo)
    }

    fn close(&mut self, part: Part, undo: Undone) -> u64 {
        self.written += 1;
        self.unsynced.push(Piece { part, number: self.written, undo });
        self.written
    }

    /// The number of the newest piece.
    pub(crate) fn newest(&self) -> u64 {
        self.written
    }

    /// Forgets the piece that is being put together: a write that is lost.
    pub(crate) fn lose_piece(&mut self) {
        let piece = std::mem::take(&mut self.appending);
        piece.iter().rev().for_each(|undo| take_back(&mut self.content, undo));
    }

    /// Writes tree nodes.
    pub(crate) fn write_tree(&mut self, nodes: Vec<TreeNode>) {
        let mut piece = Undone::new();
        for node in nodes {
            let key = (node.name, node.version.0);
            let old = self.content.tree.insert(key, Rc::new(node));
            piece.push(Undo::Node(key, old));
        }
        self.close(Part::Tree, piece);
    }

    /// Makes every piece of a part durable, up to a number.
    pub(crate) fn sync(&mut self, part: Part, through: u64) {
        self.unsynced.retain(|piece| piece.part != part || piece.number > through);
    }

    /// The power fails: so many of the pieces that are not durable are lost, the newest first.
    pub(crate) fn lose_power(&mut self, pieces: usize) {
        self.lose_piece();
        for _ in 0..pieces.min(self.unsynced.len()) {
            let Some(piece) = self.unsynced.pop() else { return };
            piece.undo.iter().rev().for_each(|undo| take_back(&mut self.content, undo));
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
        disk.sync(Part::Log, piece);
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
    fn a_commit_does_nothing_for_the_tree_and_a_flush_nothing_for_the_log() {
        let mut disk = Disk::default();
        disk.write_tree(vec![node(1)]);
        disk.append(0, vec![entry(1, 1)]);
        let piece = disk.commit(vec![7]);
        disk.sync(Part::Log, piece);
        assert!(disk.durable().tree.is_empty() && disk.durable().log.len() == 1);
        disk.append(0, vec![entry(2, 1)]);
        disk.commit(vec![8]);
        disk.sync(Part::Tree, disk.newest());
        assert!(disk.durable().tree.len() == 1 && disk.durable().log.len() == 1);
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
