use super::*;
use crate::fake_hsm::entry;
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::{
    bytes::Bytes,
    ids::RecordId,
    pipe::{DropBelow, NodeName, NodeVersion, Prefix, TreeNode},
};
use tempfile::TempDir;

fn open() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn record(bytes: &[u8]) -> RecordId {
    let mut whole = [0; 32];
    whole[..bytes.len()].copy_from_slice(bytes);
    RecordId::new(whole)
}

fn inner(record: &RecordId, nibbles: u8) -> NodeName {
    NodeName::Inner(Prefix::of(record, nibbles))
}

fn node(name: NodeName, version: u64, text: &str) -> TreeNode {
    TreeNode { name, version: LogIndex(version), ciphertext: Bytes::new(text.into()).unwrap() }
}

fn texts(nodes: Vec<TreeNode>) -> BTreeSet<String> {
    nodes.into_iter().map(|node| String::from_utf8(node.ciphertext.into_vec()).unwrap()).collect()
}

fn set(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn drop_all(store: &Store, log: u64, tree: u64) {
    store.drop_below(DropBelow { log: LogIndex(log), tree: LogIndex(tree) });
    while store.drop_slice().unwrap() {}
}

fn indices(store: &Store, first: u64, last: u64) -> Vec<u64> {
    store.log(LogIndex(first), LogIndex(last)).unwrap().iter().map(|entry| entry.index.0).collect()
}

#[test]
fn a_path_holds_the_newest_versions_not_newer_than_asked() {
    let (_folder, store) = open();
    let (one, two) = (record(&[0x12]), record(&[0x13]));
    store
        .write_tree(vec![
            node(inner(&one, 0), 1, "root 1"),
            node(inner(&one, 1), 1, "inner 1"),
            node(NodeName::Leaf(one), 1, "one 1"),
        ])
        .unwrap();
    store.write_tree(vec![node(inner(&one, 0), 5, "root 5"), node(NodeName::Leaf(two), 5, "two 5")]).unwrap();
    let path = |index, records: &[RecordId]| texts(store.path(LogIndex(index), records).unwrap());
    assert_eq!(path(5, &[one]), set(&["root 5", "inner 1", "one 1"]));
    assert_eq!(path(4, &[one, two]), set(&["root 1", "inner 1", "one 1"]));
    assert_eq!(path(9, &[one, two]), set(&["root 5", "inner 1", "one 1", "two 5"]));
    assert_eq!(store.path(LogIndex(9), &[one, two, one]).unwrap().len(), 4);
    assert_eq!(path(0, &[one]), set(&[]));
}

#[test]
fn a_path_ends_where_no_inner_node_is() {
    let (_folder, store) = open();
    let one = record(&[0x12, 0x34]);
    store.write_tree(vec![node(inner(&one, 0), 1, "root"), node(inner(&one, 2), 1, "beyond a gap")]).unwrap();
    assert_eq!(texts(store.path(LogIndex(1), &[one]).unwrap()), set(&["root"]));
}

#[test]
fn a_path_without_its_root_goes_on_below_it() {
    let (_folder, store) = open();
    let one = record(&[0x12, 0x34]);
    store.write_tree(vec![node(inner(&one, 1), 1, "inner 1"), node(NodeName::Leaf(one), 1, "one 1")]).unwrap();
    assert_eq!(texts(store.path(LogIndex(1), &[one]).unwrap()), set(&["inner 1", "one 1"]));
}

#[test]
fn a_version_is_found_by_its_exact_name_and_can_be_replaced() {
    let (_folder, store) = open();
    let name = NodeName::Leaf(record(&[1]));
    store.write_tree(vec![node(name, 3, "three")]).unwrap();
    store.write_tree(vec![node(name, 3, "three again")]).unwrap();
    let exact = |version| store.exact(&NodeVersion { name, version: LogIndex(version) }).unwrap();
    assert_eq!(exact(3), Some(node(name, 3, "three again")));
    assert_eq!(exact(2), None);
    assert_eq!(texts(store.path(LogIndex(3), &[record(&[1])]).unwrap()), set(&["three again"]));
}

#[test]
fn the_log_is_cut_before_it_is_appended_to() {
    let (_folder, store) = open();
    store.append(LogIndex(0), (1..=5).map(|index| entry(index, 1)).collect()).unwrap();
    store.commit(b"head 1".to_vec()).unwrap();
    store.append(LogIndex(4), vec![entry(4, 2)]).unwrap();
    assert_eq!(store.bounds(), Bounds { first: LogIndex(1), last: LogIndex(4) });
    assert_eq!(indices(&store, 1, 9), [1, 2, 3, 4]);
    assert_eq!(store.log(LogIndex(4), LogIndex(4)).unwrap(), [entry(4, 2)]);
    store.append(LogIndex(3), vec![entry(3, 3)]).unwrap();
    store.append(LogIndex(3), vec![entry(3, 4), entry(4, 4)]).unwrap();
    store.commit(b"head 2".to_vec()).unwrap();
    assert_eq!(store.log(LogIndex(3), LogIndex(9)).unwrap(), [entry(3, 4), entry(4, 4)]);
    assert_eq!(store.head_tables().unwrap()[0], b"head 2");
    store.append(LogIndex(1), Vec::new()).unwrap();
    assert_eq!(store.bounds(), Bounds::default());
    assert_eq!(indices(&store, 0, u64::MAX), [0; 0]);
}

#[test]
fn a_long_range_of_the_log_comes_in_pieces() {
    let (_folder, store) = open();
    store.append(LogIndex(0), (1..=5000).map(|index| entry(index, 1)).collect()).unwrap();
    let (mut next, mut pieces) = (1, 0);
    while next <= 5000 {
        next = indices(&store, next, 5000).last().unwrap() + 1;
        pieces += 1;
    }
    assert_eq!((next, pieces), (5001, 3));
}

#[test]
fn dropping_keeps_what_is_still_asked_for() {
    let (_folder, store) = open();
    let one = record(&[1]);
    for version in [2, 4, 6, 8] {
        store.write_tree(vec![node(inner(&one, 0), version, &format!("root {version}"))]).unwrap();
    }
    store.write_tree(vec![node(NodeName::Leaf(one), 2, "leaf 2")]).unwrap();
    store.append(LogIndex(0), (1..=3000).map(|index| entry(index, 1)).collect()).unwrap();
    drop_all(&store, 2500, 6);
    assert_eq!(store.bounds(), Bounds { first: LogIndex(2500), last: LogIndex(3000) });
    assert_eq!(indices(&store, 0, 2501), [2500, 2501]);
    let path = |index| texts(store.path(LogIndex(index), &[one]).unwrap());
    assert_eq!(path(5), set(&["leaf 2"]));
    assert_eq!(path(7), set(&["root 6", "leaf 2"]));
    assert_eq!(path(8), set(&["root 8", "leaf 2"]));
    assert_eq!(store.superseded.iter().count(), 1);
    drop_all(&store, 9999, 100);
    assert_eq!(store.bounds(), Bounds::default());
    assert_eq!((store.nodes.iter().count(), store.superseded.iter().count()), (2, 0));
}

/// A model: every version of every node, and what dropping leaves of them.
#[derive(Default)]
struct Model(BTreeMap<(NodeName, u64), String>);

impl Model {
    fn drop_below(&mut self, tree: u64) {
        let newer: BTreeSet<_> = self.0.keys().filter(|(_, version)| *version <= tree).copied().collect();
        self.0.retain(|(name, version), _| {
            !newer.iter().any(|(other, newer)| other == name && newer > version)
        });
    }

    fn at(&self, name: NodeName, index: u64) -> Option<String> {
        self.0.range((name, 0)..=(name, index)).next_back().map(|(_, text)| text.clone())
    }
}

#[test]
fn any_order_of_writes_and_drops_leaves_what_the_model_says() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for _ in 0..20 {
        let (_folder, store) = open();
        let mut model = Model::default();
        let mut below = 0;
        for step in 0..60 {
            let nodes: Vec<_> = (0..draw(5))
                .map(|_| {
                    let name = NodeName::Leaf(record(&[draw(3) as u8]));
                    let version = 1 + step / 2 + draw(6);
                    node(name, version, &format!("{step} {version}"))
                })
                .collect();
            for node in &nodes {
                let text = String::from_utf8(node.ciphertext.as_slice().to_vec()).unwrap();
                model.0.insert((node.name, node.version.0), text);
            }
            store.write_tree(nodes).unwrap();
            if draw(4) == 0 {
                below = below.max(draw(step + 1));
                drop_all(&store, 0, below);
                model.drop_below(below);
            }
        }
        drop_all(&store, 0, 61);
        model.drop_below(61);
        for leaf in 0..3 {
            let record = record(&[leaf]);
            for index in 0..70 {
                let expected: BTreeSet<_> = model.at(NodeName::Leaf(record), index).into_iter().collect();
                assert_eq!(texts(store.path(LogIndex(index), &[record]).unwrap()), expected);
            }
        }
        assert_eq!(store.nodes.iter().count(), model.0.len());
    }
}

#[test]
fn all_of_it_is_there_after_opening_again() {
    let (folder, store) = open();
    let one = record(&[1]);
    store.append(LogIndex(0), vec![entry(7, 1), entry(8, 1)]).unwrap();
    store.write_tree(vec![node(inner(&one, 0), 8, "root")]).unwrap();
    store.commit(b"head".to_vec()).unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.bounds(), Bounds { first: LogIndex(7), last: LogIndex(8) });
    assert_eq!(store.head_tables().unwrap()[0], b"head");
    assert_eq!(texts(store.path(LogIndex(8), &[one]).unwrap()), set(&["root"]));
}

const CHILD_FOLDER: &str = "STRONGROOM_TEST_STORE_CHILD";

/// Not a test of its own: the process that the next test kills.
#[test]
fn child_that_is_killed() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let store = Store::open(Path::new(&folder)).unwrap();
    store.append(LogIndex(0), vec![entry(1, 1), entry(2, 1)]).unwrap();
    store.write_tree(vec![node(inner(&record(&[1]), 0), 2, "root")]).unwrap();
    store.commit(b"committed".to_vec()).unwrap();
    store.append(LogIndex(2), vec![entry(2, 9), entry(3, 9)]).unwrap();
    std::process::abort();
}

#[test]
fn a_killed_process_leaves_all_that_was_committed_and_no_half_of_the_rest() {
    let folder = TempDir::new().unwrap();
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::child_that_is_killed", "--nocapture"])
        .env(CHILD_FOLDER, folder.path())
        .output()
        .unwrap()
        .status;
    assert!(!status.success());
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.log(LogIndex(1), LogIndex(9)).unwrap(), [entry(1, 1), entry(2, 1)]);
    assert_eq!(store.head_tables().unwrap()[0], b"committed");
    assert_eq!(store.path(LogIndex(9), &[record(&[1])]).unwrap().len(), 1);
}

#[test]
fn a_store_that_another_has_open_says_so() {
    let (folder, _store) = open();
    assert!(matches!(Store::open(folder.path()), Err(StoreError::Locked { .. })));
}

#[test]
fn a_store_of_another_format_is_not_touched() {
    let (folder, store) = open();
    store.meta.insert(keys::FORMAT, 9_u32.to_be_bytes()).unwrap();
    drop(store);
    let refused = Store::open(folder.path()).err().unwrap();
    assert!(matches!(refused, StoreError::Format { found: 9, known: 1, .. }), "{refused}");
}

#[test]
fn a_folder_that_cannot_be_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    let refused = Store::open(&file).err().unwrap();
    assert!(matches!(refused, StoreError::ReadOnly { .. }), "{refused}");
    assert!(refused.to_string().contains("file cannot be written"));
}

#[test]
fn a_damaged_store_says_so() {
    let (folder, store) = open();
    store.append(LogIndex(0), vec![entry(1, 1)]).unwrap();
    store.commit(Vec::new()).unwrap();
    store.entries.insert(keys::entry(LogIndex(1)), b"no entry").unwrap();
    assert!(matches!(store.log(LogIndex(1), LogIndex(1)), Err(StoreError::Damaged { .. })));
    drop(store);
    for file in walk(folder.path()) {
        std::fs::write(&file, [0x5a; 64]).unwrap();
    }
    let refused = Store::open(folder.path()).err().unwrap();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn the_kinds_of_disk_failure_are_told_apart() {
    let of = |kind| StoreError::of(Path::new("/x"), fjall::Error::Io(std::io::Error::from(kind)));
    assert!(matches!(of(std::io::ErrorKind::StorageFull), StoreError::Full { .. }));
    assert!(matches!(of(std::io::ErrorKind::ReadOnlyFilesystem), StoreError::ReadOnly { .. }));
    assert!(matches!(of(std::io::ErrorKind::TimedOut), StoreError::Disk { .. }));
    assert!(of(std::io::ErrorKind::StorageFull).to_string().starts_with("the disk is full: /x."));
}
