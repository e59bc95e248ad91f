//! The key tree: every record sealed on the host's disk, one key in the HSM.
//!
//! Pages: `docs/spec/tree.md` for the bytes, `docs/design/tree.md` for the reasons.
//!
//! A 16-ary radix tree over the record id, its leaves path-compressed. Each node
//! is sealed under a key of its own; an inner node holds the versions and keys
//! of its children, and the [`Root`] holds those of the node at the empty prefix.
//! Who forgets an older root can open nothing that was overwritten since,
//! whatever the host's disk remembers.
//!
//! Invariants:
//!
//! - An inner node stands at a prefix if and only if more than one record begins
//!   with it; the node at the empty prefix stands as soon as there is one record.
//! - A node's version is the index of the last entry that wrote a record below it,
//!   and its key is derived from that entry's seed and its name. So every member
//!   makes the same bytes, however it batches, and no key seals two plaintexts.
//! - Children are handed out before their parents: a node that the host holds
//!   under its exact version stands for everything below it.
//!
//! Absent on purpose: removing a record (a tombstone is a leaf like any other),
//! I/O, and what a leaf means, which the record module knows.

mod branch;
mod inner;
mod open_tree;
mod reference;
mod sealing;
mod supply;
mod walk;

#[cfg(test)]
mod tests;

pub use inner::Malformed;
pub use open_tree::{NotOpened, OpenTree, Unopened, WriteError};
pub use reference::{NodeReference, Root};
pub use sealing::{LEAF_BYTES_MAX, TreeContext};
pub use walk::{Source, Unfound, Walk, WalkStep};
