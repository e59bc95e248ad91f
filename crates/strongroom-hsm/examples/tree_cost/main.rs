//! Counts what the key tree costs per operation, and times it; or tells what memory it takes.
//!
//! `cargo run --release -p strongroom-hsm --example tree_cost -- [memory] [RECORDS]…`
//!
//! Lays down as many records as asked (10,000, 100,000 and 1,000,000 by default), then writes
//! random ones of them and prints averages: one a batch and 64 a batch, each batch sealed. With `memory`, the
//! tree stays open as it does in an HSM, in a process of its own, and its resident memory is printed.

mod host;
mod memory;

use host::Host;
use std::time::Instant;
use strongroom_crypto::{ChaChaRng, Rng, Secret, SecretBytes};
use strongroom_hsm::tree::{OpenTree, Root, TreeContext};
use strongroom_protocol::ids::{FleetId, LogIndex, Partition, RecordId};

const CONTEXT: TreeContext = TreeContext { fleet: FleetId::new([1; 32]), partition: Partition(0) };
const LEAF_BYTES: usize = 700;
const OPERATIONS: usize = 20_000;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<usize> = arguments.iter().filter_map(|count| count.parse().ok()).collect();
    let counts = if asked.is_empty() { vec![10_000, 100_000, 1_000_000] } else { asked };
    match arguments.first().map(String::as_str) {
        Some(memory::INSIDE) => memory::inside(counts),
        Some("memory") => memory::outside(counts),
        _ => {
            cost(counts);
            Ok(())
        }
    }
}

fn cost(counts: Vec<usize>) {
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
        let nodes = records.iter().flat_map(|record| self.host.path(record)).collect();
        let begun = Instant::now();
        let mut tree = OpenTree::at(&CONTEXT, &self.root);
        if tree.open(records, nodes).is_err() {
            return eprintln!("the host's store is incomplete");
        }
        spent.open += begun.elapsed().as_secs_f64();

        let writes: Vec<_> =
            records.iter().map(|record| (*record, Secret::<32>::random(&mut self.rng))).collect();
        let begun = Instant::now();
        for (record, seed) in writes {
            self.index.0 += 1;
            let leaf = SecretBytes::new(vec![7; LEAF_BYTES]);
            if let Err(error) = tree.write(&record, leaf, &seed, self.index) {
                return eprintln!("{error}");
            }
        }
        spent.write += begun.elapsed().as_secs_f64();

        let begun = Instant::now();
        let (root, sealed) = tree.seal();
        spent.seal += begun.elapsed().as_secs_f64();
        spent.nodes += sealed.len();
        spent.bytes += sealed.iter().map(|node| node.ciphertext.len()).sum::<usize>();
        self.root = root;
        sealed.iter().for_each(|node| self.host.put(node));
    }
}

fn bytes<const N: usize>(rng: &mut ChaChaRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
