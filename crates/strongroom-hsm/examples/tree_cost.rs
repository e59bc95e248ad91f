//! Counts what the key tree costs per operation, and times it.
//!
//! `cargo run --release -p strongroom-hsm --example tree_cost [RECORDS]…`
//!
//! Lays down as many records as asked (10,000, 100,000 and 1,000,000 by default), then writes
//! random ones of them, one a batch and 64 a batch, and prints averages.

use std::{collections::HashMap, time::Instant};
use strongroom_crypto::{ChaChaRng, Rng, Secret, SecretBytes};
use strongroom_hsm::tree::{OpenedPaths, Root, TreeContext};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{FleetId, LogIndex, Partition, RecordId},
    pipe::{NodeName, Prefix, TreeNode},
};

const CONTEXT: TreeContext = TreeContext { fleet: FleetId::new([1; 32]), partition: Partition(0) };
const LEAF_BYTES: usize = 700;
const OPERATIONS: usize = 20_000;

fn main() {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|count| count.parse().ok()).collect();
    let counts = if asked.is_empty() { vec![10_000, 100_000, 1_000_000] } else { asked };
    println!("| records | a batch | nodes per op | bytes per op | open | write | seal | µs per op |");
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|");
    for count in counts {
        let mut vaults = Vaults::laid_down(count);
        for batch in [1, 64] {
            vaults.measure(batch);
        }
    }
}

/// A host with the newest version of every node, and an HSM with the root.
struct Vaults {
    host: Host,
    root: Root,
    records: Vec<RecordId>,
    rng: ChaChaRng,
    index: LogIndex,
}

#[derive(Default)]
struct Spent {
    nodes: usize,
    bytes: usize,
    open: f64,
    write: f64,
    seal: f64,
}

impl Vaults {
    fn laid_down(count: usize) -> Self {
        let mut rng = ChaChaRng::from_seed([2; 32]);
        let records = (0..count).map(|_| RecordId::new(bytes(&mut rng))).collect();
        let mut vaults =
            Self { host: Host::default(), root: Root::empty(), records, rng, index: LogIndex(1) };
        let all = vaults.records.clone();
        let mut spent = Spent::default();
        for batch in all.chunks(4096) {
            vaults.apply(batch, &mut spent);
        }
        vaults
    }

    fn measure(&mut self, batch: usize) {
        let mut spent = Spent::default();
        let mut done = 0;
        while done < OPERATIONS {
            let chosen: Vec<_> = (0..batch)
                .filter_map(|_| {
                    let at = u64::from_le_bytes(bytes(&mut self.rng)) % self.records.len() as u64;
                    self.records.get(at as usize).copied()
                })
                .collect();
            self.apply(&chosen, &mut spent);
            done += chosen.len();
        }
        let each = |sum: f64| sum / done as f64;
        let micros = |seconds: f64| each(seconds) * 1e6;
        println!(
            "| {} | {batch} | {:.2} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} |",
            self.records.len(),
            each(spent.nodes as f64),
            each(spent.bytes as f64),
            micros(spent.open),
            micros(spent.write),
            micros(spent.seal),
            micros(spent.open + spent.write + spent.seal),
        );
    }

    fn apply(&mut self, records: &[RecordId], spent: &mut Spent) {
        let nodes = records.iter().flat_map(|record| self.path(record)).collect();
        let begun = Instant::now();
        let Ok(mut paths) = OpenedPaths::open(&CONTEXT, &self.root, records, nodes) else {
            return eprintln!("the host's store is incomplete");
        };
        spent.open += begun.elapsed().as_secs_f64();

        let writes: Vec<_> =
            records.iter().map(|record| (*record, Secret::<32>::random(&mut self.rng))).collect();
        let begun = Instant::now();
        for (record, seed) in writes {
            self.index.0 += 1;
            let leaf = SecretBytes::new(vec![7; LEAF_BYTES]);
            if let Err(error) = paths.write(&record, leaf, &seed, self.index) {
                return eprintln!("{error}");
            }
        }
        spent.write += begun.elapsed().as_secs_f64();

        let begun = Instant::now();
        let (root, sealed) = paths.seal();
        spent.seal += begun.elapsed().as_secs_f64();
        spent.nodes += sealed.len();
        spent.bytes += sealed.iter().map(|node| node.ciphertext.len()).sum::<usize>();
        self.root = root;
        sealed.iter().for_each(|node| self.host.put(node));
    }

    fn path(&self, record: &RecordId) -> Vec<TreeNode> {
        let inner = (0..64).map(|depth| NodeName::Inner(Prefix::of(record, depth)));
        let inner = inner.map_while(|name| self.host.get(name));
        inner.chain(self.host.get(NodeName::Leaf(*record))).collect()
    }
}

/// Keeps ciphertexts in large blocks, apart from the heap that the tree is timed on: a real host is another
/// process.
#[derive(Default)]
struct Host {
    places: HashMap<NodeName, (LogIndex, usize, usize)>,
    blocks: Vec<Vec<u8>>,
}

/// Bytes of the largest node: an inner node with sixteen leaves, or a leaf.
const SLOT_BYTES: usize = 1280;
const SLOTS_A_BLOCK: usize = 4096;

impl Host {
    fn put(&mut self, node: &TreeNode) {
        let next = self.places.len();
        let (version, slot, length) = self.places.entry(node.name).or_insert((node.version, next, 0));
        (*version, *length) = (node.version, node.ciphertext.len());
        let slot = *slot;
        if slot / SLOTS_A_BLOCK >= self.blocks.len() {
            self.blocks.push(vec![0; SLOT_BYTES * SLOTS_A_BLOCK]);
        }
        let place = self.blocks.get_mut(slot / SLOTS_A_BLOCK).into_iter().flatten();
        let place = place.skip(slot % SLOTS_A_BLOCK * SLOT_BYTES);
        place.zip(node.ciphertext.as_slice()).for_each(|(to, from)| *to = *from);
    }

    fn get(&self, name: NodeName) -> Option<TreeNode> {
        let (version, slot, length) = *self.places.get(&name)?;
        let start = slot % SLOTS_A_BLOCK * SLOT_BYTES;
        let sealed = self.blocks.get(slot / SLOTS_A_BLOCK)?.get(start..start + length)?;
        Some(TreeNode { name, version, ciphertext: Bytes::new(sealed.to_vec())? })
    }
}

fn bytes<const N: usize>(rng: &mut ChaChaRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
