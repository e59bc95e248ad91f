//! Measures the store, and another engine under the same load: `docs/design/store.md`.
//!
//! `cargo run --release -p strongroom-host --example store_figures -- FOLDER [VAULTS]`
//!
//! FOLDER should be on the disk that matters; it is made and removed again.

#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to report to")]

use redb::{Database, Durability, ReadableDatabase, TableDefinition};
use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
    time::Instant,
};
use strongroom_host::{process, store::Store};
use strongroom_protocol::{
    bytes::Bytes,
    encode,
    ids::{LogIndex, RecordId, Term},
    pipe::{NodeName, Prefix, StoredEntry, TreeNode},
};

/// Numbers that look random and are the same in every run.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length.div_ceil(8)).flat_map(|_| self.next().to_be_bytes()).take(length).collect()
    }
}

trait Engine {
    fn write_tree(&mut self, nodes: Vec<TreeNode>);
    fn commit(&mut self, entries: Vec<StoredEntry>, head_table: Vec<u8>);
    fn path(&mut self, index: u64, record: RecordId) -> usize;
}

impl Engine for Store {
    fn write_tree(&mut self, nodes: Vec<TreeNode>) {
        Store::write_tree(self, nodes).unwrap();
    }

    fn commit(&mut self, entries: Vec<StoredEntry>, head_table: Vec<u8>) {
        self.append(LogIndex(0), entries).unwrap();
        Store::commit(self, head_table).unwrap();
    }

    fn path(&mut self, index: u64, record: RecordId) -> usize {
        Store::path(self, LogIndex(index), &[record]).unwrap().len()
    }
}

const LOG: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("log");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const TREE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("tree");
const WRITTEN: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("written");

/// The same in redb: tree writes without a sync, commits with one.
struct Redb(Database);

fn redb_key(name: &NodeName, version: u64) -> Vec<u8> {
    let mut key = encode(name);
    key.extend_from_slice(&version.to_be_bytes());
    key
}

impl Redb {
    fn open(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let database = redb::Builder::new().set_cache_size(64 << 20).create(folder.join("redb")).unwrap();
        let write = database.begin_write().unwrap();
        write.open_table(LOG).unwrap();
        write.open_table(META).unwrap();
        write.open_table(TREE).unwrap();
        write.open_table(WRITTEN).unwrap();
        write.commit().unwrap();
        Self(database)
    }
}

impl Engine for Redb {
    fn write_tree(&mut self, nodes: Vec<TreeNode>) {
        let mut write = self.0.begin_write().unwrap();
        write.set_durability(Durability::None).unwrap();
        {
            let mut tree = write.open_table(TREE).unwrap();
            let mut written = write.open_table(WRITTEN).unwrap();
            for node in nodes {
                let key = redb_key(&node.name, node.version.0);
                let mut by_version = node.version.0.to_be_bytes().to_vec();
                by_version.extend_from_slice(&key);
                written.insert(by_version.as_slice(), &[][..]).unwrap();
                tree.insert(key.as_slice(), node.ciphertext.as_slice()).unwrap();
            }
        }
        write.commit().unwrap();
    }

    fn commit(&mut self, entries: Vec<StoredEntry>, head_table: Vec<u8>) {
        let write = self.0.begin_write().unwrap();
        {
            let mut log = write.open_table(LOG).unwrap();
            for entry in entries {
                log.insert(entry.index.0, encode(&entry).as_slice()).unwrap();
            }
            write.open_table(META).unwrap().insert("head", head_table.as_slice()).unwrap();
        }
        write.commit().unwrap();
    }

    fn path(&mut self, index: u64, record: RecordId) -> usize {
        let read = self.0.begin_read().unwrap();
        let tree = read.open_table(TREE).unwrap();
        let is_there = |name: NodeName| {
            let (from, to) = (redb_key(&name, 0), redb_key(&name, index));
            let mut range = tree.range(from.as_slice()..=to.as_slice()).unwrap();
            range.next_back().is_some_and(|item| !item.unwrap().1.value().to_vec().is_empty())
        };
        let inner =
            (0..=64).take_while(|nibbles| is_there(NodeName::Inner(Prefix::of(&record, *nibbles)))).count();
        inner + usize::from(is_there(NodeName::Leaf(record)))
    }
}

fn record(number: u64) -> RecordId {
    let mut draw = Draw(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    draw.bytes(24);
    RecordId::new(draw.bytes(32).try_into().unwrap())
}

fn names(record: &RecordId, depth: u8) -> Vec<NodeName> {
    let inner = (0..depth).map(|nibbles| NodeName::Inner(Prefix::of(record, nibbles)));
    inner.chain([NodeName::Leaf(*record)]).collect()
}

fn node(name: NodeName, version: u64, length: usize, draw: &mut Draw) -> TreeNode {
    TreeNode { name, version: LogIndex(version), ciphertext: Bytes::new(draw.bytes(length)).unwrap() }
}

/// Milliseconds of one kind of call.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn time<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = act();
        self.0.push(begun.elapsed().as_secs_f64() * 1e3);
        result
    }

    fn line(mut self) -> String {
        self.0.sort_by(f64::total_cmp);
        let at = |share: f64| {
            self.0.get(((self.0.len() - 1) as f64 * share) as usize).copied().unwrap_or_default()
        };
        format!("p50 {:.2} p95 {:.2} p99 {:.2} max {:.1} ms", at(0.5), at(0.95), at(0.99), at(1.0))
    }
}

fn load(engine: &mut dyn Engine, vaults: u64, depth: u8, draw: &mut Draw) {
    let (mut seen, mut nodes) = (HashSet::new(), Vec::new());
    for number in 0..vaults {
        let fresh = names(&record(number), depth).into_iter().filter(|name| seen.insert(*name));
        nodes.extend(fresh.map(|name| node(name, 1, 700, draw)));
        if nodes.len() > 2000 {
            engine.write_tree(std::mem::take(&mut nodes));
        }
    }
    engine.write_tree(nodes);
}

fn run(engine: &mut dyn Engine, vaults: u64) {
    let depth = if vaults > 200_000 { 6 } else { 5 };
    let mut draw = Draw(88_172_645_463_325_252);
    load(engine, vaults, depth, &mut draw);
    let mut index = 1;
    for (per_commit, rounds) in [(64, 400), (1, 2000)] {
        let (mut commits, mut paths, mut trees) = (Times::default(), Times::default(), Times::default());
        let (begun, cpu) = (Instant::now(), process::facts_of(std::process::id()).cpu_us);
        let mut count = 0;
        for _ in 0..rounds {
            let records: Vec<_> = (0..per_commit).map(|_| record(draw.next() % vaults)).collect();
            let entries: Vec<_> = (1..=per_commit)
                .map(|at| StoredEntry {
                    index: LogIndex(index + at),
                    term: Term(1),
                    kind: 0,
                    data: Bytes::new(draw.bytes(400)).unwrap(),
                })
                .collect();
            index += per_commit;
            let head_table = draw.bytes(600);
            commits.time(|| engine.commit(entries, head_table));
            paths.time(|| records.iter().for_each(|record| assert!(engine.path(index, *record) > 1)));
            let touched: BTreeMap<_, _> =
                records.iter().flat_map(|record| names(record, depth)).map(|name| (name, ())).collect();
            let nodes: Vec<_> = touched.into_keys().map(|name| node(name, index, 700, &mut draw)).collect();
            count += nodes.len();
            trees.time(|| engine.write_tree(nodes));
        }
        let entries = (per_commit * rounds) as f64;
        let cpu = process::facts_of(std::process::id()).cpu_us - cpu;
        println!(
            "  {per_commit:>2} entries a commit: {:.0} entries/s, {:.0} commits/s, {:.0} us cpu and {:.1} nodes an entry",
            entries / begun.elapsed().as_secs_f64(),
            rounds as f64 / begun.elapsed().as_secs_f64(),
            cpu as f64 / entries,
            count as f64 / entries,
        );
        println!(
            "     commit {}\n     paths  {}\n     tree   {}",
            commits.line(),
            paths.line(),
            trees.line()
        );
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap());
    let vaults = arguments.next().map_or(10_000, |vaults| vaults.parse().unwrap());
    for name in ["fjall", "redb"] {
        let place = folder.join(name);
        println!("{name}, {vaults} vaults");
        match name {
            "fjall" => run(&mut Store::open(&place).unwrap(), vaults),
            _ => run(&mut Redb::open(&place), vaults),
        }
        std::fs::remove_dir_all(place).unwrap();
    }
    let facts = process::facts_of(std::process::id());
    println!("most memory: {} MB", facts.rss_max_kb / 1024);
}
