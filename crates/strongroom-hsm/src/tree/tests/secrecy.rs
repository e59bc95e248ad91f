//! What falls out of a root and every ciphertext that was ever written.

use super::{CONTEXT, Dice, Host, Write, apply, model_of};
use crate::tree::{NodeReference, Root, inner::decode};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_crypto::Secret;
use strongroom_protocol::{
    ids::{LogIndex, RecordId},
    pipe::NodeName,
};

/// Opens all that opens, every key on every ciphertext, to a fixpoint, and gives the leaves.
fn closure(root: &Root, host: &Host) -> BTreeSet<(RecordId, LogIndex, Vec<u8>)> {
    let mut keys: BTreeSet<[u8; 32]> = root.reference().map(|top| *top.key.expose()).into_iter().collect();
    let mut fresh: Vec<[u8; 32]> = keys.iter().copied().collect();
    let mut leaves = BTreeSet::new();
    while let Some(key) = fresh.pop() {
        for node in host.every_version() {
            let reference = NodeReference { version: node.version, key: Secret::new(key) };
            let Ok(opened) = CONTEXT.open(node.name, &reference, node.ciphertext.as_slice()) else {
                continue;
            };
            match &node.name {
                NodeName::Leaf(record) => {
                    leaves.insert((*record, node.version, opened.expose().to_vec()));
                }
                NodeName::Inner(prefix) => {
                    for child in decode(prefix, node.version, opened.expose()).unwrap() {
                        let found = child.reference().map(|reference| *reference.key.expose());
                        fresh.extend(found.filter(|key| keys.insert(*key)));
                    }
                }
            }
        }
    }
    leaves
}

/// Record ids of which many share one to three half-bytes.
fn crowded(dice: &mut Dice, count: usize) -> Vec<RecordId> {
    let mut draw = || {
        let mut bytes = dice.bytes::<32>();
        bytes[0] &= 0x11;
        RecordId::new(bytes)
    };
    (0..count).map(|_| draw()).collect()
}

/// The leaves as a plain map has them after the writes.
fn newest_leaves(writes: &[Write]) -> BTreeSet<(RecordId, LogIndex, Vec<u8>)> {
    let newest: BTreeMap<_, _> = writes.iter().map(|write| (write.record, write)).collect();
    newest.into_values().map(|write| (write.record, write.index, write.leaf.clone())).collect()
}

#[test]
fn a_root_opens_the_leaves_of_its_time_and_no_older_or_newer_ones() {
    let mut dice = Dice::new(41);
    let records = crowded(&mut dice, 12);
    let writes = dice.writes(&records, 48, LogIndex(1));
    let mut host = Host::default();
    let mut roots = vec![(0, Root::empty())];
    for (at, write) in writes.iter().enumerate() {
        let root = apply(&mut host, &roots[at].1, std::slice::from_ref(write));
        roots.push((at + 1, root));
    }
    for (done, root) in roots.iter().step_by(8) {
        assert_eq!(closure(root, &host), newest_leaves(&writes[..*done]), "after {done} writes");
    }
}

#[test]
fn an_overwritten_leaf_opens_under_the_older_root_and_not_under_the_newer() {
    let record = RecordId::new([9; 32]);
    let neighbour = RecordId::new([8; 32]);
    let write = |index: u64, record, leaf: &[u8]| Write {
        index: LogIndex(index),
        record,
        leaf: leaf.to_vec(),
        seed: [index as u8; 32],
    };
    let before = [write(2, neighbour, b"other"), write(3, record, b"slot")];
    let mut host = Host::default();
    let older = apply(&mut host, &Root::empty(), &before);
    let newer = apply(&mut host, &older, &[write(4, record, b"tombstone")]);
    let has = |root: &Root, leaf: &[u8]| closure(root, &host).iter().any(|(_, _, bytes)| bytes == leaf);
    assert!(has(&older, b"slot") && !has(&older, b"tombstone"));
    assert!(has(&newer, b"tombstone") && !has(&newer, b"slot"));
    assert!(has(&older, b"other") && has(&newer, b"other"));
}

#[test]
fn a_leaf_that_a_split_moved_is_not_sealed_again() {
    let mut dice = Dice::new(42);
    let records = dice.records(20);
    let mut host = Host::default();
    let mut root = Root::empty();
    let mut writes = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let write = Write {
            index: LogIndex(2 + at as u64),
            record: *record,
            leaf: vec![at as u8],
            seed: dice.bytes(),
        };
        root = apply(&mut host, &root, std::slice::from_ref(&write));
        writes.push(write);
    }
    for (record, leaf) in model_of(&writes) {
        let versions = &host.nodes[&NodeName::Leaf(record)];
        assert_eq!(versions.keys().copied().collect::<Vec<_>>(), [LogIndex(2 + u64::from(leaf[0]))]);
    }
}
