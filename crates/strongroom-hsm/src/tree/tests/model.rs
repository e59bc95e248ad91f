//! The tree against a plain map, on members that batch differently.

use super::{CONTEXT, Dice, Host, Write, apply, assert_reads, model_of, opened};
use crate::tree::{OpenTree, Root, TreeContext};
use std::collections::BTreeMap;
use strongroom_crypto::{Secret, kdf::derive, labels};
use strongroom_protocol::{
    encode,
    ids::{LogIndex, RecordId},
    pipe::{NodeName, TreeNode},
};

/// Applies the writes in batches of random sizes up to `batch_max`.
fn apply_in_batches(
    host: &mut Host,
    root: Root,
    writes: &[Write],
    batch_max: usize,
    dice: &mut Dice,
) -> Root {
    let mut rest = writes;
    let mut root = root;
    while !rest.is_empty() {
        let (batch, after) = rest.split_at((1 + dice.below(batch_max)).min(rest.len()));
        root = apply(host, &root, batch);
        rest = after;
    }
    root
}

#[test]
fn every_batching_gives_the_same_bytes_and_reads_like_a_map() {
    for seed in 0..5 {
        let mut dice = Dice::new(seed);
        let records = dice.records(40);
        let writes = dice.writes(&records, 240, LogIndex(1));
        let mut members = [1, 7, 60].map(|batch_max| (batch_max, Host::default(), Root::empty()));
        let mut done = 0;
        for stretch in writes.chunks(80) {
            done += stretch.len();
            for (batch_max, host, root) in &mut members {
                *root = apply_in_batches(host, root.duplicate(), stretch, *batch_max, &mut dice);
                assert_reads(host, root, &model_of(&writes[..done]));
            }
            let [first, others @ ..] = &members;
            for other in others {
                assert_eq!(first.2.encode().expose(), other.2.encode().expose());
                assert_eq!(first.2.hash(), other.2.hash());
                assert_eq!(first.1.newest(), other.1.newest());
            }
        }
    }
}

/// Applies the writes to one tree that stays open, shutting parts of it now and then; seals it at the end.
fn apply_in_one_tree(host: &mut Host, root: &Root, writes: &[Write], dice: &mut Dice) -> Root {
    let mut tree = OpenTree::at(&CONTEXT, root);
    for Write { index, record, leaf, seed } in writes {
        if !tree.is_open(record) {
            tree.open(&[*record], host.path(record, LogIndex(index.0 - 1))).unwrap_or_else(|e| panic!("{e}"));
        }
        let leaf = strongroom_crypto::SecretBytes::new(leaf.clone());
        tree.write(record, leaf, &Secret::new(*seed), *index).unwrap();
        let (counted, held) = tree.held();
        assert_eq!(counted, held);
        if dice.below(4) == 0 {
            let shuttings = tree.shuttings();
            host.put(tree.make_room(20_000));
            let (counted, now_held) = tree.held();
            assert_eq!(counted, now_held);
            assert!(now_held <= 20_000, "{now_held}");
            assert_eq!(shuttings != tree.shuttings(), held > 20_000);
        }
    }
    let (root, sealed) = tree.seal();
    assert_eq!(tree.held(), (0, 0));
    host.put(sealed);
    root
}

#[test]
fn a_tree_that_stays_open_seals_what_single_batches_seal() {
    for seed in 40..45 {
        let mut dice = Dice::new(seed);
        let records = dice.records(40);
        let writes = dice.writes(&records, 240, LogIndex(1));
        let (mut single, mut lazy) = (Host::default(), Host::default());
        let (mut root, mut lazy_root) = (Root::empty(), Root::empty());
        for stretch in writes.chunks(80) {
            root = apply_in_batches(&mut single, root, stretch, 1, &mut dice);
            lazy_root = apply_in_one_tree(&mut lazy, &lazy_root, stretch, &mut dice);
            assert_eq!(root.encode().expose(), lazy_root.encode().expose());
            assert_eq!(single.newest(), lazy.newest());
        }
        assert!(lazy.every_version().count() * 2 < single.every_version().count());
    }
}

#[test]
fn a_version_that_two_members_sealed_has_the_same_bytes_at_both() {
    let mut dice = Dice::new(21);
    let records = dice.records(30);
    let writes = dice.writes(&records, 200, LogIndex(1));
    let mut hosts = [Host::default(), Host::default()];
    apply_in_batches(&mut hosts[0], Root::empty(), &writes, 1, &mut dice);
    apply_in_batches(&mut hosts[1], Root::empty(), &writes, 9, &mut dice);
    let [all, some] = &hosts;
    assert!(some.every_version().count() < all.every_version().count());
    for node in some.every_version() {
        assert_eq!(all.nodes[&node.name][&node.version], *node);
    }
}

#[test]
fn no_key_seals_two_plaintexts() {
    let mut dice = Dice::new(22);
    let records = dice.records(30);
    let writes = dice.writes(&records, 200, LogIndex(1));
    let seeds: BTreeMap<LogIndex, [u8; 32]> = writes.iter().map(|write| (write.index, write.seed)).collect();
    let mut sealed: BTreeMap<[u8; 32], (TreeNode, Vec<u8>)> = BTreeMap::new();
    for batch_max in [1, 4, 50] {
        let mut host = Host::default();
        apply_in_batches(&mut host, Root::empty(), &writes, batch_max, &mut dice);
        for node in host.every_version() {
            let key = derive::<32>(&seeds[&node.version], labels::TREE_NODE_KEY, &[&encode(&node.name)]);
            let reference = crate::tree::NodeReference { version: node.version, key: key.duplicate() };
            let plaintext = CONTEXT.open(node.name, &reference, node.ciphertext.as_slice()).unwrap();
            let (first, at_first) =
                sealed.entry(*key.expose()).or_insert_with(|| (node.clone(), plaintext.expose().to_vec()));
            assert_eq!((&*first, at_first.as_slice()), (node, plaintext.expose()));
        }
    }
    assert!(sealed.len() > 600);
}

#[test]
fn an_inner_node_stands_exactly_where_two_records_begin_alike() {
    let mut dice = Dice::new(23);
    let records = dice.records(24);
    let mut host = Host::default();
    let writes = dice.writes(&records, 150, LogIndex(1));
    apply_in_batches(&mut host, Root::empty(), &writes, 10, &mut dice);
    let written = model_of(&writes);
    for name in host.nodes.keys() {
        let NodeName::Inner(prefix) = name else { continue };
        let begin_so =
            |record: &&RecordId| strongroom_protocol::pipe::Prefix::of(record, prefix.nibbles()) == *prefix;
        assert!(prefix.nibbles() == 0 || written.keys().filter(begin_so).count() > 1, "{prefix:?}");
    }
    let inner = host.nodes.keys().filter(|name| matches!(name, NodeName::Inner(_))).count();
    let mut expected: Vec<_> = (0..64)
        .flat_map(|depth| {
            written.keys().map(move |record| strongroom_protocol::pipe::Prefix::of(record, depth))
        })
        .collect();
    expected.sort();
    let crowded = expected.chunk_by(|a, b| a == b).filter(|chunk| chunk.len() > 1).count();
    assert_eq!(inner, crowded);
}

#[test]
fn only_the_written_record_s_path_is_sealed_again() {
    let mut host = Host::default();
    let at = |first: u8| RecordId::new([first; 32]);
    let write =
        |index, record| Write { index: LogIndex(index), record, leaf: vec![1], seed: [index as u8; 32] };
    let root = apply(&mut host, &Root::empty(), &[write(2, at(0x11))]);
    assert_eq!(host.every_version().count(), 2);
    // A neighbour shares one half-byte: the first record's leaf moves below a new inner node, unsealed.
    let root = apply(&mut host, &root, &[write(3, at(0x12))]);
    assert_eq!(host.every_version().count(), 2 + 3);
    assert_eq!(host.nodes[&NodeName::Leaf(at(0x11))].len(), 1);
    // A record far from both touches the root and its own leaf.
    let root = apply(&mut host, &root, &[write(4, at(0x91))]);
    assert_eq!(host.every_version().count(), 5 + 2);
    assert_eq!(root.version(), LogIndex(4));
}

#[test]
fn records_that_share_all_but_the_last_half_byte_live_side_by_side() {
    let records: Vec<_> = (0..16)
        .map(|last| {
            let mut bytes = [0xab; 32];
            bytes[31] = 0xc0 | last;
            RecordId::new(bytes)
        })
        .collect();
    let mut dice = Dice::new(24);
    let writes = dice.writes(&records, 64, LogIndex(1));
    let mut host = Host::default();
    let root = apply_in_batches(&mut host, Root::empty(), &writes, 5, &mut dice);
    assert_reads(&host, &root, &model_of(&writes));
    assert_eq!(host.nodes.keys().filter(|name| matches!(name, NodeName::Inner(_))).count(), 64);
}

#[test]
fn a_batch_reads_what_it_wrote_and_a_batch_without_writes_changes_nothing() {
    let mut host = Host::default();
    let record = RecordId::new([3; 32]);
    let write = Write { index: LogIndex(2), record, leaf: b"first".to_vec(), seed: [2; 32] };
    let root = apply(&mut host, &Root::empty(), &[write]);

    let mut tree =
        opened(&root, &[record], host.path(&record, LogIndex(2))).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(tree.read(&record).unwrap(), Some(&b"first"[..]));
    let leaf = strongroom_crypto::SecretBytes::new(b"second".to_vec());
    tree.write(&record, leaf, &Secret::new([3; 32]), LogIndex(3)).unwrap();
    assert_eq!(tree.read(&record).unwrap(), Some(&b"second"[..]));

    let mut tree =
        opened(&root, &[record], host.path(&record, LogIndex(2))).unwrap_or_else(|e| panic!("{e}"));
    let (same, sealed) = tree.seal();
    assert_eq!(same.encode().expose(), root.encode().expose());
    assert!(sealed.is_empty());
    let (empty, sealed) =
        opened(&Root::empty(), &[record], Vec::new()).unwrap_or_else(|e| panic!("{e}")).seal();
    assert_eq!((empty.encode().expose(), sealed.len()), (&[0][..], 0));
}

#[test]
fn another_fleet_s_or_partition_s_node_does_not_open() {
    let mut host = Host::default();
    let record = RecordId::new([3; 32]);
    let write = Write { index: LogIndex(2), record, leaf: vec![1], seed: [2; 32] };
    let root = apply(&mut host, &Root::empty(), &[write]);
    let open = |context: &TreeContext| {
        OpenTree::at(context, &root).open(&[record], host.path(&record, LogIndex(2))).is_ok()
    };
    assert!(open(&CONTEXT));
    assert!(!open(&TreeContext { fleet: strongroom_protocol::ids::FleetId::new([0xf2; 32]), ..CONTEXT }));
    assert!(!open(&TreeContext { partition: strongroom_protocol::ids::Partition(1), ..CONTEXT }));
}
