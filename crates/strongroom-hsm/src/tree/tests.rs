//! A host's store, entries and batches, as the tests of the tree share them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cost;
mod format;
mod model;
mod opening;
mod secrecy;
mod walking;

use crate::tree::{OpenTree, Root, TreeContext, Unopened};
use std::collections::BTreeMap;
use strongroom_crypto::{ChaChaRng, Rng, Secret, SecretBytes};
use strongroom_protocol::{
    ids::{FleetId, LogIndex, Partition, RecordId},
    pipe::{NodeName, NodeVersion, Prefix, TreeNode},
};

const CONTEXT: TreeContext = TreeContext { fleet: FleetId::new([0xf1; 32]), partition: Partition(0) };

/// An entry that writes one record.
#[derive(Clone)]
struct Write {
    index: LogIndex,
    record: RecordId,
    leaf: Vec<u8>,
    seed: [u8; 32],
}

/// What a host keeps: every version it was given.
#[derive(Clone, Default)]
struct Host {
    nodes: BTreeMap<NodeName, BTreeMap<LogIndex, TreeNode>>,
}

impl Host {
    fn put(&mut self, nodes: Vec<TreeNode>) {
        for node in nodes {
            self.nodes.entry(node.name).or_default().insert(node.version, node);
        }
    }

    /// The newest versions, no newer than `index`, of all nodes on a record's path.
    fn path(&self, record: &RecordId, index: LogIndex) -> Vec<TreeNode> {
        let inner = (0..64).map(|depth| NodeName::Inner(Prefix::of(record, depth)));
        inner
            .chain([NodeName::Leaf(*record)])
            .filter_map(|name| self.nodes.get(&name)?.range(..=index).next_back())
            .map(|(_, node)| node.clone())
            .collect()
    }

    fn paths<'a>(&self, records: impl IntoIterator<Item = &'a RecordId>, index: LogIndex) -> Vec<TreeNode> {
        records.into_iter().flat_map(|record| self.path(record, index)).collect()
    }

    fn exactly(&self, wanted: &[NodeVersion]) -> Vec<TreeNode> {
        wanted.iter().filter_map(|name| self.nodes.get(&name.name)?.get(&name.version)).cloned().collect()
    }

    /// The newest version of every node.
    fn newest(&self) -> Vec<&TreeNode> {
        self.nodes.values().filter_map(|versions| versions.values().next_back()).collect()
    }

    fn every_version(&self) -> impl Iterator<Item = &TreeNode> {
        self.nodes.values().flat_map(BTreeMap::values)
    }
}

/// Opens the paths of records in the tree of a root.
fn opened(root: &Root, records: &[RecordId], nodes: Vec<TreeNode>) -> Result<OpenTree, Unopened> {
    let mut tree = OpenTree::at(&CONTEXT, root);
    tree.open(records, nodes).map(|_| tree)
}

/// Opens, writes and seals one batch, and stores it.
fn apply(host: &mut Host, root: &Root, batch: &[Write]) -> Root {
    let records: Vec<_> = batch.iter().map(|write| write.record).collect();
    let nodes = host.paths(&records, root.version());
    let mut tree = opened(root, &records, nodes).unwrap_or_else(|error| panic!("{error}"));
    for Write { index, record, leaf, seed } in batch {
        tree.write(record, SecretBytes::new(leaf.clone()), &Secret::new(*seed), *index).unwrap();
    }
    let (root, sealed) = tree.seal();
    host.put(sealed);
    root
}

/// Reads every record from one store alone, and nothing that was never written.
fn assert_reads(host: &Host, root: &Root, model: &BTreeMap<RecordId, Vec<u8>>) {
    for (record, leaf) in model {
        let nodes = host.path(record, root.version());
        let tree = opened(root, &[*record], nodes).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(tree.read(record).unwrap(), Some(leaf.as_slice()));
    }
    let absent = RecordId::new([0x5a; 32]);
    let tree = opened(root, &[absent], host.path(&absent, root.version()))
        .unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(tree.read(&absent).unwrap(), None);
}

/// Draws small numbers and bytes for tests.
struct Dice(ChaChaRng);

impl Dice {
    fn new(seed: u8) -> Self {
        Self(ChaChaRng::from_seed([seed; 32]))
    }

    fn below(&mut self, bound: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes) as usize % bound
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }

    /// Record ids, every other one in a crowd that shares a long prefix.
    fn records(&mut self, count: usize) -> Vec<RecordId> {
        let crowd = self.bytes::<32>();
        (0..count)
            .map(|at| {
                let mut bytes = self.bytes::<32>();
                if at % 2 == 1 {
                    let shared = [1, 2, 3, 9][at / 2 % 4];
                    bytes[..shared].copy_from_slice(&crowd[..shared]);
                }
                RecordId::new(bytes)
            })
            .collect()
    }

    /// Writes to random ones of the records, at rising indices with gaps.
    fn writes(&mut self, records: &[RecordId], count: usize, after: LogIndex) -> Vec<Write> {
        let mut index = after;
        (0..count)
            .map(|_| {
                index.0 += 1 + self.below(3) as u64;
                let length = self.below(40);
                Write {
                    index,
                    record: records[self.below(records.len())],
                    leaf: self.bytes::<40>()[..length].to_vec(),
                    seed: self.bytes(),
                }
            })
            .collect()
    }
}

fn model_of(writes: &[Write]) -> BTreeMap<RecordId, Vec<u8>> {
    writes.iter().map(|write| (write.record, write.leaf.clone())).collect()
}
