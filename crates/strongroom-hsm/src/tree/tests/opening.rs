//! What a host may hand in, and what it gets for it.

use super::{CONTEXT, Dice, Host, Write, apply, model_of, opened};
use crate::tree::{
    LEAF_BYTES_MAX, NodeReference, NotOpened, OpenTree, Root, Unopened, WriteError, sealing::Plaintext,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_crypto::{Secret, SecretBytes};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{LogIndex, RecordId},
    pipe::{NodeName, NodeVersion, Prefix, TreeNode},
};

fn grown(seed: u8) -> (Host, Root, Vec<RecordId>, Vec<Write>) {
    let mut dice = Dice::new(seed);
    let records = dice.records(24);
    let writes = dice.writes(&records, 120, LogIndex(1));
    let mut host = Host::default();
    let root = writes.chunks(10).fold(Root::empty(), |root, batch| apply(&mut host, &root, batch));
    (host, root, model_of(&writes).into_keys().collect(), writes)
}

fn named(node: &TreeNode) -> NodeVersion {
    NodeVersion { name: node.name, version: node.version }
}

fn refused(outcome: Result<OpenTree, Unopened>) -> Unopened {
    outcome.err().expect("it does not open")
}

/// The nodes of the newest tree on the record's path, which is what opening it takes.
fn needed(host: &Host, root: &Root, record: &RecordId) -> Vec<TreeNode> {
    let all = host.path(record, root.version());
    let without = |left_out: &TreeNode| all.iter().filter(|node| *node != left_out).cloned().collect();
    all.iter().filter(|node| opened(root, &[*record], without(node)).is_err()).cloned().collect()
}

#[test]
fn a_missing_stale_or_rotten_node_is_named_and_a_good_copy_mends_it() {
    let (host, root, records, _) = grown(31);
    for record in &records {
        let needed = needed(&host, &root, record);
        assert!(needed.len() >= 2);
        for bad in &needed {
            let others = || needed.iter().filter(|node| *node != bad).cloned();
            let older = host.nodes[&bad.name].range(..bad.version).next_back().map(|(_, node)| node.clone());
            let mut replayed = older.clone();
            if let Some(replayed) = &mut replayed {
                replayed.version = bad.version;
            }
            let mut rotten = bad.clone();
            let mut bytes = rotten.ciphertext.into_vec();
            bytes[3] ^= 1;
            rotten.ciphertext = Bytes::new(bytes).unwrap();
            let empty = TreeNode { ciphertext: Bytes::default(), ..bad.clone() };
            for instead in [None, older, replayed, Some(rotten), Some(empty)] {
                let nodes = others().chain(instead).collect();
                let mut tree = OpenTree::at(&CONTEXT, &root);
                let unopened = tree.open(&[*record], nodes).expect_err("it does not open");
                assert_eq!((unopened.missing.as_slice(), unopened.malformed.len()), (&[named(bad)][..], 0));
                assert!(!tree.is_open(record));
                let above = needed.iter().position(|node| node == bad).unwrap();
                assert_eq!(unopened.opened, needed[..above]);
                // What lies below the missing node was not kept; the host hands it in again.
                let brought = tree.open(&[*record], needed.clone()).unwrap_or_else(|error| panic!("{error}"));
                assert!(tree.read(record).unwrap().is_some());
                assert_eq!(brought, needed[above..]);
            }
        }
    }
}

#[test]
fn a_rotten_copy_beside_a_good_one_does_no_harm() {
    let (host, root, records, _) = grown(32);
    let good = host.paths(&records, root.version());
    let rotten =
        good.iter().map(|node| TreeNode { ciphertext: Bytes::new(vec![7; 50]).unwrap(), ..node.clone() });
    let both = || rotten.clone().chain(good.iter().cloned()).collect();
    // Of what is handed in, only what opens is given back, and nothing twice.
    let mut tree = OpenTree::at(&CONTEXT, &root);
    assert_eq!(tree.open(&records, Vec::new()).expect_err("nothing came").opened, []);
    let brought = tree.open(&records, both()).unwrap_or_else(|error| panic!("{error}"));
    let names: BTreeSet<_> = brought.iter().map(named).collect();
    assert_eq!(names.len(), brought.len());
    let mut host_again = Host::default();
    host_again.put(brought);
    for node in host_again.every_version() {
        assert_eq!(host.nodes[&node.name][&node.version], *node);
    }
    assert!(opened(&root, &records, host_again.paths(&records, root.version())).is_ok());
}

#[test]
fn many_rounds_of_one_node_each_open_a_path() {
    let (host, root, records, _) = grown(33);
    let record = records[5];
    let mut tree = OpenTree::at(&CONTEXT, &root);
    let mut rounds = 0;
    let mut more = Vec::new();
    while let Err(unopened) = tree.open(&[record], more) {
        rounds += 1;
        assert_eq!(unopened.missing.len(), 1);
        more = host.exactly(&unopened.missing);
    }
    assert_eq!(rounds, needed(&host, &root, &record).len());
    assert!(tree.read(&record).unwrap().is_some());
}

#[test]
fn a_record_that_was_not_opened_is_neither_read_nor_written() {
    let (host, root, records, _) = grown(34);
    let (known, other) = (records[0], records[records.len() - 1]);
    let nodes = host.path(&known, root.version());
    let mut tree = opened(&root, &[known], nodes).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(tree.read(&other), Err(NotOpened(other)));
    let leaf = || SecretBytes::new(vec![1]);
    let newer = LogIndex(root.version().0 + 1);
    let outcome = tree.write(&other, leaf(), &Secret::new([1; 32]), newer);
    assert_eq!(outcome, Err(WriteError::NotOpened(NotOpened(other))));
    assert!(tree.seal().1.is_empty());
}

#[test]
fn an_entry_that_is_no_newer_than_the_last_writes_nothing() {
    let (host, root, records, _) = grown(35);
    let record = records[0];
    let nodes = host.path(&record, root.version());
    let mut tree = opened(&root, &[record], nodes).unwrap_or_else(|e| panic!("{e}"));
    let mut write =
        |index| tree.write(&record, SecretBytes::new(vec![1]), &Secret::new([1; 32]), LogIndex(index));
    let newest = root.version();
    assert_eq!(write(newest.0), Err(WriteError::NotNewer { version: newest, newest }));
    let next = newest.0 + 1;
    assert_eq!(write(next), Ok(()));
    assert_eq!(write(next), Err(WriteError::NotNewer { version: LogIndex(next), newest: LogIndex(next) }));
    assert_eq!(write(next + 1), Ok(()));
}

#[test]
fn the_longest_leaf_is_sealed_and_a_longer_one_refused() {
    let record = RecordId::new([1; 32]);
    let open = || opened(&Root::empty(), &[record], Vec::new()).unwrap_or_else(|e| panic!("{e}"));
    let longest = vec![0xaa; LEAF_BYTES_MAX];
    let mut tree = open();
    tree.write(&record, SecretBytes::new(longest.clone()), &Secret::new([1; 32]), LogIndex(2)).unwrap();
    let (root, sealed) = tree.seal();
    let tree = opened(&root, &[record], sealed).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(tree.read(&record).unwrap(), Some(longest.as_slice()));

    let longer = SecretBytes::new(vec![0xaa; LEAF_BYTES_MAX + 1]);
    assert_eq!(
        open().write(&record, longer, &Secret::new([1; 32]), LogIndex(2)),
        Err(WriteError::TooLong(LEAF_BYTES_MAX + 1))
    );
}

#[test]
fn a_malformed_node_under_a_broken_peer_s_root_is_told_apart_from_a_missing_one() {
    let plaintext = Plaintext::of_inner(vec![0xff; 20]);
    let top = NodeName::Inner(Prefix::ROOT);
    let (reference, node) = CONTEXT.seal(top, LogIndex(9), &Secret::new([1; 32]), &plaintext);
    let root = Root::of(reference);
    let unopened = refused(opened(&root, &[RecordId::new([1; 32])], vec![node]));
    assert!(unopened.missing.is_empty());
    assert_eq!(unopened.malformed[0].node, NodeVersion { name: top, version: LogIndex(9) });
    assert_eq!(
        format!("{}", unopened.malformed[0]).split(", but ").last(),
        Some("an age is wider than eight bytes")
    );
}

#[test]
fn nodes_handed_in_at_random_never_panic() {
    let (host, root, records, _) = grown(36);
    let mut dice = Dice::new(37);
    let all: Vec<_> = host.every_version().cloned().collect();
    for _ in 0..400 {
        let nodes: Vec<_> = (0..dice.below(40))
            .map(|_| {
                let mut node = all[dice.below(all.len())].clone();
                match dice.below(4) {
                    0 => node.version.0 = node.version.0.wrapping_add(dice.below(3) as u64),
                    1 => node.name = all[dice.below(all.len())].name,
                    2 => node.ciphertext = all[dice.below(all.len())].ciphertext.clone(),
                    _ => {}
                }
                node
            })
            .collect();
        if let Err(unopened) = opened(&root, &records, nodes) {
            assert!(unopened.malformed.is_empty());
        }
    }
}

#[test]
fn what_an_error_prints_holds_no_secret() {
    let key = [0x77; 32];
    let root = Root::of(NodeReference { version: LogIndex(5), key: Secret::new(key) });
    let unopened = refused(opened(&root, &[RecordId::new([1; 32])], Vec::new()));
    assert_eq!(format!("{unopened}"), "1 tree nodes are missing, stale or rotten, and 0 are malformed");
    let zeros = "0, ".repeat(31);
    assert_eq!(
        format!("{unopened:?}"),
        format!(
            "Unopened {{ missing: [NodeVersion {{ name: Inner(Prefix {{ nibbles: 0, bytes: [{zeros}0] }}), \
             version: LogIndex(5) }}], malformed: [], .. }}"
        )
    );
}

#[test]
fn a_tree_of_one_record_is_mended_from_nothing() {
    let record = RecordId::new([1; 32]);
    let mut host = Host::default();
    let write = Write { index: LogIndex(2), record, leaf: vec![1], seed: [2; 32] };
    let root = apply(&mut host, &Root::empty(), &[write]);
    let model = BTreeMap::from([(record, vec![1])]);
    super::assert_reads(&host, &root, &model);
    host.nodes.clear();
    let unopened = refused(opened(&root, &[record], host.path(&record, LogIndex(2))));
    assert_eq!(unopened.missing, [NodeVersion { name: NodeName::Inner(Prefix::ROOT), version: LogIndex(2) }]);
}
