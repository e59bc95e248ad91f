//! Whether a log grew out of a checkpoint that was seen before, by tiles that are fetched one after the other.
//!
//! Whoever serves the tiles is not trusted. What a tree begins with is proved by the root that its checkpoint
//! names: tiles that do not give it prove nothing, and a fork is one by the log's own signatures.

use core::cell::RefCell;
use std::collections::BTreeMap;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    Policy, WitnessedCheckpoint,
    gossip::{EquivocationProof, Gossip, compare_with_tree},
    merkle::{prove_consistency, root_of, verify_consistency},
    tile::{LogFiles, TileTree},
};

use super::state::Checkpoint;

/// The tiles that were fetched so far.
#[derive(Default)]
pub(super) struct Tiles {
    fetched: BTreeMap<String, Option<Vec<u8>>>,
    wanted: RefCell<Option<String>>,
}

/// What the tiles say of two checkpoints of one log.
pub(super) enum Compared {
    /// The larger one grew out of the smaller; this is the proof.
    Grown(Vec<Digest>),
    /// It did not. The proof shows it to anybody; there is none where the one was signed by a key of which no trust
    /// root is at hand any more.
    Forked(Option<Box<EquivocationProof>>),
    /// Nothing: the tiles cannot be had, or are not the log's.
    Unknown,
    /// Another tile is needed first.
    Wants(String),
}

/// A tile is not at hand.
#[derive(Debug, thiserror::Error)]
#[error("it is not at hand")]
pub(super) struct NotAtHand;

impl Tiles {
    /// Takes what was answered for a tile; nothing where it does not exist.
    pub(super) fn put(&mut self, path: String, bytes: Option<Vec<u8>>) {
        self.fetched.insert(path, bytes);
    }

    /// How many were asked for.
    pub(super) fn count(&self) -> usize {
        self.fetched.len()
    }

    /// Compares a remembered checkpoint with one that was met just now. The policy is for the proof alone: what is
    /// remembered was verified when it was met.
    pub(super) fn compare(&self, policy: &Policy, old: &Checkpoint, met: &WitnessedCheckpoint) -> Compared {
        self.wanted.replace(None);
        let remembered = (old.note.as_str().as_bytes(), &old.body);
        let met = (met.note().as_str().as_bytes(), met.body());
        let is_behind = met.1.size < remembered.1.size;
        let (smaller, larger) = if is_behind { (met, remembered) } else { (remembered, met) };
        let tree = TileTree::new(self, larger.1.size);
        let beginning = begin(&tree, smaller.1.size, larger.1.size);
        if let Some(path) = self.wanted.take() {
            return Compared::Wants(path);
        }
        let Some((root, proof)) = beginning else { return Compared::Unknown };
        if verify_consistency(smaller.1.size, &root, larger.1.size, &larger.1.root, &proof).is_err() {
            return Compared::Unknown;
        }
        if root == smaller.1.root {
            return Compared::Grown(proof);
        }
        match compare_with_tree(policy, smaller.0, (larger.0, &tree)) {
            Ok(Gossip::Equivocation(proof)) => Compared::Forked(Some(Box::new(proof))),
            _ => Compared::Forked(None),
        }
    }
}

/// The root of a tree's first leaves, and the proof that the tree grew out of them.
fn begin(tree: &TileTree<&Tiles>, from: u64, to: u64) -> Option<(Digest, Vec<Digest>)> {
    Some((root_of(tree, from).ok()?, prove_consistency(tree, from, to).ok()?))
}

impl LogFiles for Tiles {
    type Error = NotAtHand;

    fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, NotAtHand> {
        match self.fetched.get(path) {
            Some(Some(bytes)) if bytes.len() <= bytes_max => Ok(bytes.clone()),
            Some(_) => Err(NotAtHand),
            None => {
                self.wanted.borrow_mut().get_or_insert_with(|| path.into());
                Err(NotAtHand)
            }
        }
    }
}
