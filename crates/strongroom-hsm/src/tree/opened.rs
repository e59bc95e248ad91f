//! The paths of a batch of records, opened, read, written and sealed again.

use crate::tree::{
    Malformed, Root, TreeContext,
    branch::{Branch, Entry},
    inner::Child,
    sealing::Plaintext,
    supply::Supply,
};
use std::{fmt, mem, sync::Arc};
use strongroom_crypto::{Secret, SecretBytes};
use strongroom_protocol::{
    ids::{LogIndex, RecordId},
    pipe::{NodeVersion, TreeNode},
};

/// Holds the opened nodes on the paths of a batch of records.
///
/// Holding it proves that what it reads is what the root's tree holds: fresh,
/// unmixed and unforged. It does not prove that the root is the newest.
pub struct OpenedPaths {
    context: TreeContext,
    top: Branch,
    newest: LogIndex,
    brought: Vec<TreeNode>,
}

/// Not all of the paths could be opened.
///
/// What was opened is kept: see [`Unopened::open_more`].
#[derive(thiserror::Error)]
#[error("{} tree nodes are missing, stale or rotten, and {} are malformed", missing.len(), malformed.len())]
pub struct Unopened {
    /// What was not given, or given in another version only, or does not open; a
    /// copy from another host may. More may turn out to be missing below these.
    pub missing: Vec<NodeVersion>,
    /// What opens but cannot be what a member sealed. No other copy helps: the root
    /// itself came from a broken peer.
    pub malformed: Vec<Malformed>,
    records: Vec<RecordId>,
    paths: Box<OpenedPaths>,
}

/// The path of a record was not among those opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path of record {0} is not opened")]
pub struct NotOpened(pub RecordId);

/// A record cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Its path was not among those opened.
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

impl OpenedPaths {
    /// Opens the nodes on the paths of `records`, down from the root; whatever else is
    /// among `nodes` is ignored.
    ///
    /// # Errors
    /// [`Unopened`] names the nodes that are missing, stale or rotten.
    pub fn open(
        context: &TreeContext,
        root: &Root,
        records: &[RecordId],
        nodes: Vec<TreeNode>,
    ) -> Result<Self, Unopened> {
        let top = root.reference().map_or(Branch::Empty, |top| Branch::ShutInner(top.duplicate()));
        let paths = Self { context: *context, top, newest: root.version(), brought: Vec::new() };
        let nothing = Unopened {
            missing: Vec::new(),
            malformed: Vec::new(),
            records: records.to_vec(),
            paths: Box::new(paths),
        };
        let mut opened = nothing.open_more(nodes);
        match &mut opened {
            Ok(paths) => paths.brought.clear(),
            Err(unopened) => unopened.paths.brought.clear(),
        }
        opened
    }

    /// Gives the leaf of a record, as it was written last; `None` where there is no such record.
    ///
    /// # Errors
    /// The record's path was not opened.
    pub fn read(&self, record: &RecordId) -> Result<Option<&[u8]>, NotOpened> {
        self.top.read(record)
    }

    /// Writes the leaf of a record, new or not, as the entry with that index and seed does.
    ///
    /// # Errors
    /// Nothing is changed where the path was not opened, the entry is not newer
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
        self.top.plant(*record, plaintext, &Arc::new(Entry { version, seed: seed.duplicate() }))?;
        self.newest = version;
        Ok(())
    }

    /// Takes the nodes that [`Unopened::open_more`] brought, those that open and no others,
    /// children before their parents: what the own host should store to be whole again.
    #[must_use]
    pub fn take_brought(&mut self) -> Vec<TreeNode> {
        let mut brought = mem::take(&mut self.brought);
        brought.reverse();
        brought
    }

    /// Seals what was touched, each node once, children before their parents, and
    /// gives the new root; the old one and no node where nothing was written.
    #[must_use]
    pub fn seal(self) -> (Root, Vec<TreeNode>) {
        let mut sealed = Vec::new();
        let root = match self.top.seal(&self.context, &mut sealed) {
            Child::Inner(reference) => Root::of(reference),
            Child::Empty | Child::Leaf(..) => Root::empty(),
        };
        (root, sealed)
    }
}

impl Unopened {
    /// Goes on with further nodes, from wherever they come.
    ///
    /// # Errors
    /// [`Unopened`] names what is still missing.
    pub fn open_more(self, nodes: Vec<TreeNode>) -> Result<OpenedPaths, Self> {
        let Self { records, mut paths, .. } = self;
        let mut supply = Supply::new(paths.context, nodes);
        for record in &records {
            paths.top.open(record, &mut supply);
        }
        paths.brought.append(&mut supply.take_opened());
        let (missing, malformed) = supply.lacking();
        if missing.is_empty() && malformed.is_empty() {
            return Ok(*paths);
        }
        Err(Self { missing, malformed, records, paths })
    }
}

impl fmt::Debug for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unopened")
            .field("missing", &self.missing)
            .field("malformed", &self.malformed)
            .finish_non_exhaustive()
    }
}
