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
    merkle::prove_consistency,
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
    /// It did not, and this shows it to anybody.
    Forked(Box<EquivocationProof>),
    /// Nothing: the tiles cannot be had, or are not the log's.
    Unknown,
    /// Another tile is needed first.
    Wants(String),
}

/// A tile is not at hand.
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

    /// Compares a remembered checkpoint with one that was met just now.
    pub(super) fn compare(&self, policy: &Policy, old: &Checkpoint, met: &WitnessedCheckpoint) -> Compared {
        self.wanted.replace(None);
        let (old_text, met_text) = (old.note.as_str().as_bytes(), met.note().as_str().as_bytes());
        let (old_size, met_size) = (old.body.size, met.body().size);
        let is_behind = met_size < old_size;
        let (smaller, larger) = if is_behind { (met_text, old_text) } else { (old_text, met_text) };
        let (from, to) = if is_behind { (met_size, old_size) } else { (old_size, met_size) };
        let tree = TileTree::new(self, to);
        let gossip = compare_with_tree(policy, smaller, (larger, &tree));
        if let Some(path) = self.wanted.take() {
            return Compared::Wants(path);
        }
        match gossip {
            Ok(Gossip::Consistent) => match prove_consistency(&tree, from, to) {
                Ok(proof) => Compared::Grown(proof),
                Err(_) => Compared::Unknown,
            },
            Ok(Gossip::Equivocation(proof)) => Compared::Forked(Box::new(proof)),
            Ok(Gossip::Undecided) | Err(_) => Compared::Unknown,
        }
    }
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
