//! Sealed nodes from an untrusted hand, matched against the references that name them.

use crate::tree::{
    Malformed, NodeReference, TreeContext,
    inner::{Children, decode},
    sealing::Plaintext,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};
use strongroom_crypto::SecretBytes;
use strongroom_protocol::{
    bytes::Bytes,
    ids::RecordId,
    limits::TREE_NODE_BYTES_MAX,
    pipe::{NodeName, NodeVersion, Prefix, TreeNode},
};

/// Holds the nodes that were given, and notes what was asked of it in vain.
pub(super) struct Supply {
    context: TreeContext,
    given: BTreeMap<NodeVersion, Vec<Bytes<TREE_NODE_BYTES_MAX>>>,
    opened: Vec<TreeNode>,
    missing: BTreeSet<NodeVersion>,
    malformed: BTreeMap<NodeVersion, Malformed>,
}

impl Supply {
    pub(super) fn new(context: TreeContext, nodes: Vec<TreeNode>) -> Self {
        let mut given: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for TreeNode { name, version, ciphertext } in nodes {
            given.entry(NodeVersion { name, version }).or_default().push(ciphertext);
        }
        Self { context, given, opened: Vec::new(), missing: BTreeSet::new(), malformed: BTreeMap::new() }
    }

    /// Opens the inner node at a prefix.
    pub(super) fn inner(&mut self, prefix: &Prefix, reference: &NodeReference) -> Option<Children> {
        let plaintext = self.node(NodeName::Inner(*prefix), reference)?;
        match decode(prefix, reference.version, plaintext.expose()) {
            Ok(children) => Some(children),
            Err(malformed) => {
                self.malformed.insert(malformed.node, malformed);
                None
            }
        }
    }

    /// Opens the leaf of a record.
    pub(super) fn leaf(&mut self, record: &RecordId, reference: &NodeReference) -> Option<Plaintext> {
        self.node(NodeName::Leaf(*record), reference).and_then(Plaintext::new)
    }

    fn node(&mut self, name: NodeName, reference: &NodeReference) -> Option<SecretBytes> {
        let wanted = NodeVersion { name, version: reference.version };
        // Each copy is tried once: it is taken out whether it opens or not.
        for ciphertext in self.given.remove(&wanted).unwrap_or_default() {
            if let Ok(plaintext) = self.context.open(name, reference, ciphertext.as_slice()) {
                self.opened.push(TreeNode { name, version: reference.version, ciphertext });
                return Some(plaintext);
            }
        }
        self.missing.insert(wanted);
        None
    }

    /// Takes the copies that opened, parents before their children.
    pub(super) fn take_opened(&mut self) -> Vec<TreeNode> {
        mem::take(&mut self.opened)
    }

    /// Gives what was asked for in vain: missing, stale or rotten, and malformed.
    pub(super) fn lacking(self) -> (Vec<NodeVersion>, Vec<Malformed>) {
        (self.missing.into_iter().collect(), self.malformed.into_values().collect())
    }
}
