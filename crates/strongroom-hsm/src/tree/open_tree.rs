//! The tree as far as it lies open in memory: read, written, and sealed when it must be.

use crate::tree::{
    Malformed, Root, TreeContext,
    branch::{Branch, Entry},
    sealing::Plaintext,
    supply::Supply,
};
use std::{fmt, sync::Arc};
use strongroom_crypto::{Secret, SecretBytes};
use strongroom_protocol::{
    ids::{LogIndex, RecordId},
    pipe::{NodeVersion, TreeNode},
};

/// Holds the opened nodes of a tree, and of the others what opens them.
///
/// What it reads is what the root's tree holds, fresh, unmixed and unforged, with everything
/// that was written since. It does not prove that the root was the newest.
///
/// What is written is sealed when the tree is asked to, and not before: a record that is written
/// twice between two seals is sealed once. Since a node's key and version come from the
/// last entry that touched it, the bytes do not depend on when that is.
pub struct OpenTree {
    context: TreeContext,
    top: Branch,
    newest: LogIndex,
    /// Bytes that the open nodes take.
    held: usize,
    /// Which branch of the top is shut next, to make room.
    shut_next: usize,
    shuttings: u64,
}

/// Not all of the paths could be opened. What could be is open nevertheless.
#[derive(thiserror::Error)]
#[error("{} tree nodes are missing, stale or rotten, and {} are malformed", missing.len(), malformed.len())]
pub struct Unopened {
    /// What was not given, or given in another version only, or does not open; a
    /// copy from another host may. More may turn out to be missing below these.
    pub missing: Vec<NodeVersion>,
    /// What opens but cannot be what a member sealed. No other copy helps: the root
    /// itself came from a broken peer.
    pub malformed: Vec<Malformed>,
    /// The copies that opened, parents before their children.
    pub opened: Vec<TreeNode>,
}

/// The path of a record is not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path of record {0} is not opened")]
pub struct NotOpened(pub RecordId);

/// A record cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Its path is not open.
    #[error(transparent)]
    NotOpened(#[from] NotOpened),
    /// The entry is no newer than the last one that wrote; its keys may have
    /// sealed other plaintexts already.
    #[error("entry {version} is not newer than entry {newest}, which wrote last")]
    NotNewer {
        /// The entry that would write.
        version: LogIndex,
        /// The entry that wrote last.
        newest: LogIndex,
    },
    /// The leaf is longer than [`super::LEAF_BYTES_MAX`].
    #[error("a leaf of {0} bytes is too long")]
    TooLong(usize),
}

impl OpenTree {
    /// The tree of a root, with nothing open.
    #[must_use]
    pub fn at(context: &TreeContext, root: &Root) -> Self {
        let top = root.reference().map_or(Branch::Empty, |top| Branch::ShutInner(top.duplicate()));
        Self { context: *context, top, newest: root.version(), held: 0, shut_next: 0, shuttings: 0 }
    }

    /// Opens the nodes on the paths of `records`, down from the root, as far as they are not open; whatever
    /// else is among `nodes` is ignored. Gives the copies that opened, parents before their children.
    ///
    /// # Errors
    /// [`Unopened`] names the nodes that are missing, stale or rotten.
    pub fn open(&mut self, records: &[RecordId], nodes: Vec<TreeNode>) -> Result<Vec<TreeNode>, Unopened> {
        let mut supply = Supply::new(self.context, nodes);
        for record in records {
            self.top.open(record, &mut supply, &mut self.held);
        }
        let opened = supply.take_opened();
        let (missing, malformed) = supply.lacking();
        if missing.is_empty() && malformed.is_empty() {
            return Ok(opened);
        }
        Err(Unopened { missing, malformed, opened })
    }

    /// Whether a record can be read and written as things stand.
    #[must_use]
    pub fn is_open(&self, record: &RecordId) -> bool {
        self.top.read(record).is_ok()
    }

    /// Gives the leaf of a record, as it was written last; `None` where there is no such record.
    ///
    /// # Errors
    /// The record's path is not open.
    pub fn read(&self, record: &RecordId) -> Result<Option<&[u8]>, NotOpened> {
        self.top.read(record)
    }

    /// Writes the leaf of a record, new or not, as the entry with that index and seed does.
    ///
    /// # Errors
    /// Nothing is changed where the path is not open, the entry is not newer
    /// than the last one that wrote, or the leaf is too long.
    pub fn write(
        &mut self,
        record: &RecordId,
        leaf: SecretBytes,
        seed: &Secret<32>,
        version: LogIndex,
    ) -> Result<(), WriteError> {
        let length = leaf.expose().len();
        let plaintext = Plaintext::new(leaf).ok_or(WriteError::TooLong(length))?;
        if version <= self.newest {
            return Err(WriteError::NotNewer { version, newest: self.newest });
        }
        self.read(record)?;
        let entry = Arc::new(Entry { version, seed: seed.duplicate() });
        self.top.plant(*record, plaintext, &entry, &mut self.held)?;
        self.newest = version;
        Ok(())
    }

    /// Seals what was written, each node once, children before their parents, shuts everything and
    /// gives the root; no node where nothing was written.
    #[must_use]
    pub fn seal(&mut self) -> (Root, Vec<TreeNode>) {
        let mut sealed = Vec::new();
        self.top.shut(&self.context, &mut sealed);
        self.held = 0;
        self.shuttings = self.shuttings.wrapping_add(1);
        let root = match &self.top {
            Branch::ShutInner(reference) => Root::of(reference.duplicate()),
            _ => Root::empty(),
        };
        (root, sealed)
    }

    /// Seals and shuts parts of the tree until what is open takes at most `bytes_max`, or nothing
    /// below the top is open any more. Gives the sealed nodes, children before their parents.
    ///
    /// A part is one of the top's sixteen branches, each in its turn, so that room for thousands of records
    /// is not made all at once.
    #[must_use]
    pub fn make_room(&mut self, bytes_max: usize) -> Vec<TreeNode> {
        let mut sealed = Vec::new();
        for _ in 0..BRANCHES {
            if self.held <= bytes_max {
                break;
            }
            let Some(branch) = self.top.child_mut(self.shut_next) else { break };
            self.held = self.held.saturating_sub(branch.held());
            branch.shut(&self.context, &mut sealed);
            self.shut_next = self.shut_next.wrapping_add(1) % BRANCHES;
            self.shuttings = self.shuttings.wrapping_add(1);
        }
        sealed
    }

    /// Changes whenever something that was open is shut.
    #[must_use]
    pub fn shuttings(&self) -> u64 {
        self.shuttings
    }

    /// Every key that what is open holds.
    #[cfg(any(test, strongroom_sim))]
    pub(crate) fn held_keys(&self) -> Vec<[u8; 32]> {
        let mut keys = Vec::new();
        self.top.held_keys(&mut keys);
        keys
    }

    /// The bytes that the open nodes are counted with.
    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.held, self.top.held())
    }
}

/// Branches of an inner node.
const BRANCHES: usize = 16;

impl fmt::Debug for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unopened")
            .field("missing", &self.missing)
            .field("malformed", &self.malformed)
            .finish_non_exhaustive()
    }
}
