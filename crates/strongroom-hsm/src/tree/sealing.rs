//! How a tree node is sealed and opened. Page: `docs/spec/tree.md`, "Sealing".

use crate::tree::NodeReference;
use strongroom_crypto::{
    Secret, SecretBytes,
    kdf::derive,
    labels,
    seal::{OpenError, SEAL_ONCE_OVERHEAD, open_once, seal_once},
};
use strongroom_protocol::{
    bytes::Bytes,
    encode,
    ids::{FleetId, LogIndex, Partition},
    limits::TREE_NODE_BYTES_MAX,
    pipe::{NodeName, TreeNode},
};

/// Bytes of a record's leaf at most, before it is sealed.
pub const LEAF_BYTES_MAX: usize = TREE_NODE_BYTES_MAX - SEAL_ONCE_OVERHEAD;

/// Says whose tree it is; bound into every sealed node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeContext {
    /// The fleet.
    pub fleet: FleetId,
    /// The partition of the record ids.
    pub partition: Partition,
}

/// A node's plaintext that is short enough to be sealed.
pub(super) struct Plaintext(SecretBytes);

impl Plaintext {
    pub(super) fn new(bytes: SecretBytes) -> Option<Self> {
        (bytes.expose().len() <= LEAF_BYTES_MAX).then_some(Self(bytes))
    }

    /// Takes the encoding of an inner node, which is never longer than sixteen leaf references.
    pub(super) fn of_inner(bytes: Vec<u8>) -> Self {
        Self(SecretBytes::new(bytes))
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl TreeContext {
    /// Seals the one plaintext that a node has at a version, under the key that the
    /// seed of that version's entry gives for it.
    pub(super) fn seal(
        &self,
        name: NodeName,
        version: LogIndex,
        seed: &Secret<32>,
        plaintext: &Plaintext,
    ) -> (NodeReference, TreeNode) {
        let encoded_name = encode(&name);
        let key = derive::<32>(seed.expose(), labels::TREE_NODE_KEY, &[&encoded_name]);
        let sealed = self.bound(&encoded_name, version, |associated| {
            seal_once(&key, labels::TREE_NODE_SEAL, associated, plaintext.expose())
        });
        // A plaintext of this type fits; what did not would open nowhere.
        let ciphertext = Bytes::new(sealed).unwrap_or_default();
        (NodeReference { version, key }, TreeNode { name, version, ciphertext })
    }

    /// Opens a ciphertext as the version of the node that a reference names.
    pub(super) fn open(
        &self,
        name: NodeName,
        reference: &NodeReference,
        ciphertext: &[u8],
    ) -> Result<SecretBytes, OpenError> {
        self.bound(&encode(&name), reference.version, |associated| {
            open_once(&reference.key, labels::TREE_NODE_SEAL, associated, ciphertext)
        })
    }

    fn bound<T>(&self, encoded_name: &[u8], version: LogIndex, act: impl FnOnce(&[&[u8]]) -> T) -> T {
        act(&[self.fleet.as_bytes(), &self.partition.0.to_be_bytes(), encoded_name, &version.0.to_be_bytes()])
    }
}
