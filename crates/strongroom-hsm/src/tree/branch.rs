//! The part of the tree that is open, as it lies in memory.

use crate::tree::{
    NodeReference, NotOpened, TreeContext,
    inner::{Child, Children, encode, nibble},
    sealing::Plaintext,
    supply::Supply,
};
use std::{mem, sync::Arc};
use strongroom_crypto::Secret;
use strongroom_protocol::{
    ids::{LogIndex, RecordId},
    pipe::{NodeName, Prefix, TreeNode},
};

/// Bytes that a key takes, which lies in a place of its own on the heap.
const KEY_BYTES: usize = 32 + 16;

/// Bytes that an open inner node takes at most: itself, its own key or seed, and those of sixteen shut children.
const INNER_BYTES: usize = size_of::<OpenInner>() + 17 * KEY_BYTES;

/// Bytes that an open leaf takes, its plaintext apart: itself, and its key or seed.
const LEAF_BYTES: usize = size_of::<OpenLeaf>() + size_of::<Entry>() + KEY_BYTES;

/// The entry that touched a node last.
pub(super) struct Entry {
    pub(super) version: LogIndex,
    pub(super) seed: Secret<32>,
}

/// One place of the tree.
#[derive(Default)]
pub(super) enum Branch {
    #[default]
    Empty,
    ShutInner(NodeReference),
    ShutLeaf(RecordId, NodeReference),
    Inner(Box<OpenInner>),
    Leaf(Box<OpenLeaf>),
}

pub(super) struct OpenInner {
    prefix: Prefix,
    branches: [Branch; 16],
    standing: Standing,
}

pub(super) struct OpenLeaf {
    record: RecordId,
    plaintext: Plaintext,
    standing: Standing,
}

/// Whether a node is as the host holds it.
enum Standing {
    /// It is, under this reference.
    Sealed(NodeReference),
    /// It was touched since, last by this entry.
    Touched(Arc<Entry>),
}

impl Branch {
    /// Opens what lies on the path of a record from here downward, as far as the supply goes.
    pub(super) fn open(&mut self, record: &RecordId, supply: &mut Supply, held: &mut usize) {
        let mut branch = self;
        let mut place = Prefix::ROOT;
        loop {
            if !branch.unshut(record, &place, supply, held) {
                return;
            }
            let Self::Inner(node) = branch else { return };
            let Some(next) = node.toward_mut(record) else { return };
            place = Prefix::of(record, place.nibbles().saturating_add(1));
            branch = next;
        }
    }

    /// Opens the one node that stands here, if it is on the record's path; tells whether
    /// nothing shut is left in the way.
    fn unshut(&mut self, record: &RecordId, place: &Prefix, supply: &mut Supply, held: &mut usize) -> bool {
        match self {
            Self::ShutInner(reference) => {
                let Some(children) = supply.inner(place, reference) else { return false };
                let standing = Standing::Sealed(reference.duplicate());
                let branches = children.map(Self::from);
                *self = Self::Inner(Box::new(OpenInner { prefix: *place, branches, standing }));
                *held = held.saturating_add(INNER_BYTES);
            }
            Self::ShutLeaf(own, reference) if own == record => {
                let Some(plaintext) = supply.leaf(record, reference) else { return false };
                let standing = Standing::Sealed(reference.duplicate());
                *self = Self::Leaf(Box::new(OpenLeaf { record: *record, plaintext, standing }));
                *held = held.saturating_add(self.own_bytes());
            }
            Self::Empty | Self::ShutLeaf(..) | Self::Inner(_) | Self::Leaf(_) => {}
        }
        true
    }

    pub(super) fn read(&self, record: &RecordId) -> Result<Option<&[u8]>, NotOpened> {
        let mut branch = self;
        loop {
            match branch {
                Self::Inner(node) => branch = node.toward(record).ok_or(NotOpened(*record))?,
                Self::Leaf(leaf) if leaf.record == *record => return Ok(Some(leaf.plaintext.expose())),
                Self::ShutLeaf(other, _) if other != record => return Ok(None),
                Self::Empty | Self::Leaf(_) => return Ok(None),
                Self::ShutInner(_) | Self::ShutLeaf(..) => return Err(NotOpened(*record)),
            }
        }
    }

    /// Puts a record's leaf in its place, below this root, and touches every inner node above it.
    pub(super) fn plant(
        &mut self,
        record: RecordId,
        plaintext: Plaintext,
        entry: &Arc<Entry>,
        held: &mut usize,
    ) -> Result<(), NotOpened> {
        if matches!(self, Self::Empty) {
            *self = Self::Inner(Box::new(OpenInner::new(Prefix::ROOT, entry)));
            *held = held.saturating_add(INNER_BYTES);
        }
        let mut branch = self;
        let mut place = Prefix::ROOT;
        loop {
            branch.make_way(&record, &place, entry, held);
            match branch {
                Self::Inner(node) => {
                    node.standing = Standing::Touched(entry.clone());
                    branch = node.toward_mut(&record).ok_or(NotOpened(record))?;
                    place = Prefix::of(&record, place.nibbles().saturating_add(1));
                }
                Self::ShutInner(_) => return Err(NotOpened(record)),
                Self::Empty | Self::Leaf(_) | Self::ShutLeaf(..) => {
                    let standing = Standing::Touched(entry.clone());
                    *held = held.saturating_sub(branch.own_bytes());
                    *branch = Self::Leaf(Box::new(OpenLeaf { record, plaintext, standing }));
                    *held = held.saturating_add(branch.own_bytes());
                    return Ok(());
                }
            }
        }
    }

    /// Where the leaf of another record stands in the way, puts an inner node in its place and
    /// moves the leaf below it, as it is.
    fn make_way(&mut self, record: &RecordId, place: &Prefix, entry: &Arc<Entry>, held: &mut usize) {
        let other = match self {
            Self::ShutLeaf(other, _) => *other,
            Self::Leaf(leaf) => leaf.record,
            Self::Empty | Self::ShutInner(_) | Self::Inner(_) => return,
        };
        if other == *record {
            return;
        }
        let mut node = OpenInner::new(*place, entry);
        if let Some(below) = node.toward_mut(&other) {
            *below = mem::take(self);
            *self = Self::Inner(Box::new(node));
            *held = held.saturating_add(INNER_BYTES);
        }
    }

    /// Seals what was touched from here downward, children first, and keeps of it what opens it again.
    pub(super) fn shut(&mut self, context: &TreeContext, sealed: &mut Vec<TreeNode>) {
        *self = mem::take(self).seal(context, sealed).into();
    }

    /// The branch of the inner node that stands open here.
    pub(super) fn child_mut(&mut self, at: usize) -> Option<&mut Self> {
        match self {
            Self::Inner(node) => node.branches.get_mut(at),
            Self::Empty | Self::ShutInner(_) | Self::ShutLeaf(..) | Self::Leaf(_) => None,
        }
    }

    /// The bytes that the open nodes from here downward take.
    pub(super) fn held(&self) -> usize {
        let below = match self {
            Self::Inner(node) => node.branches.iter().map(Self::held).sum(),
            Self::Empty | Self::ShutInner(_) | Self::ShutLeaf(..) | Self::Leaf(_) => 0,
        };
        self.own_bytes().saturating_add(below)
    }

    /// The bytes that the node that stands open here takes.
    fn own_bytes(&self) -> usize {
        match self {
            Self::Inner(_) => INNER_BYTES,
            Self::Leaf(leaf) => LEAF_BYTES.saturating_add(leaf.plaintext.expose().len()),
            Self::Empty | Self::ShutInner(_) | Self::ShutLeaf(..) => 0,
        }
    }

    fn seal(self, context: &TreeContext, sealed: &mut Vec<TreeNode>) -> Child {
        match self {
            Self::Empty => Child::Empty,
            Self::ShutInner(reference) => Child::Inner(reference),
            Self::ShutLeaf(record, reference) => Child::Leaf(record, reference),
            Self::Inner(node) => Child::Inner(node.seal(context, sealed)),
            Self::Leaf(leaf) => Child::Leaf(leaf.record, leaf.seal(context, sealed)),
        }
    }
}

impl From<Child> for Branch {
    fn from(child: Child) -> Self {
        match child {
            Child::Empty => Self::Empty,
            Child::Inner(reference) => Self::ShutInner(reference),
            Child::Leaf(record, reference) => Self::ShutLeaf(record, reference),
        }
    }
}

impl OpenInner {
    fn new(prefix: Prefix, entry: &Arc<Entry>) -> Self {
        Self { prefix, branches: Default::default(), standing: Standing::Touched(entry.clone()) }
    }

    /// The branch that a record's path takes; there is always one.
    fn toward(&self, record: &RecordId) -> Option<&Branch> {
        self.branches.get(usize::from(nibble(record, self.prefix.nibbles())))
    }

    fn toward_mut(&mut self, record: &RecordId) -> Option<&mut Branch> {
        self.branches.get_mut(usize::from(nibble(record, self.prefix.nibbles())))
    }

    fn seal(self, context: &TreeContext, sealed: &mut Vec<TreeNode>) -> NodeReference {
        let entry = match self.standing {
            // Nothing below a node is touched without it.
            Standing::Sealed(reference) => return reference,
            Standing::Touched(entry) => entry,
        };
        let children: Children = self.branches.map(|branch| branch.seal(context, sealed));
        let plaintext = encode(&children, entry.version);
        let name = NodeName::Inner(self.prefix);
        let (reference, node) = context.seal(name, entry.version, &entry.seed, &plaintext);
        sealed.push(node);
        reference
    }
}

impl OpenLeaf {
    fn seal(self, context: &TreeContext, sealed: &mut Vec<TreeNode>) -> NodeReference {
        let entry = match self.standing {
            Standing::Sealed(reference) => return reference,
            Standing::Touched(entry) => entry,
        };
        let name = NodeName::Leaf(self.record);
        let (reference, node) = context.seal(name, entry.version, &entry.seed, &self.plaintext);
        sealed.push(node);
        reference
    }
}

#[cfg(any(test, strongroom_sim))]
impl Branch {
    /// Every key that is held from here downward: of shut nodes, and the seeds that give the keys of touched ones.
    pub(super) fn held_keys(&self, keys: &mut Vec<[u8; 32]>) {
        match self {
            Self::Empty => {}
            Self::ShutInner(reference) | Self::ShutLeaf(_, reference) => keys.push(*reference.key.expose()),
            Self::Inner(node) => {
                node.standing.held_keys(keys);
                node.branches.iter().for_each(|branch| branch.held_keys(keys));
            }
            Self::Leaf(leaf) => leaf.standing.held_keys(keys),
        }
    }
}

#[cfg(any(test, strongroom_sim))]
impl Standing {
    fn held_keys(&self, keys: &mut Vec<[u8; 32]>) {
        keys.push(match self {
            Self::Sealed(reference) => *reference.key.expose(),
            Self::Touched(entry) => *entry.seed.expose(),
        });
    }
}
