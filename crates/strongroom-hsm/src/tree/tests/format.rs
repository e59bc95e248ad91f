//! Golden bytes, and the refusal of every other encoding.

use super::{CONTEXT, Host, Write, apply};
use crate::tree::{
    NodeReference, Root,
    inner::{decode, encode},
};
use strongroom_crypto::Secret;
use strongroom_protocol::{
    ids::{LogIndex, RecordId, hex},
    pipe::{NodeName, Prefix, TreeNode},
};

/// Two records that share one half-byte, written by entries 2 and 3, and one far away by entry 300.
fn sample() -> (Host, Root, [RecordId; 3]) {
    let records = [[0x11; 32], [0x12; 32], [0x91; 32]].map(RecordId::new);
    let mut host = Host::default();
    let write = |index: u64, record: RecordId, seed| Write {
        index: LogIndex(index),
        record,
        leaf: format!("leaf {index}").into_bytes(),
        seed: [seed; 32],
    };
    let mut root = Root::empty();
    for batch in [write(2, records[0], 0xa2), write(3, records[1], 0xa3), write(300, records[2], 0xa4)] {
        root = apply(&mut host, &root, &[batch]);
    }
    (host, root, records)
}

fn opened(host: &Host, name: NodeName, reference: &NodeReference) -> Vec<u8> {
    let TreeNode { ciphertext, .. } = &host.nodes[&name][&reference.version];
    CONTEXT.open(name, reference, ciphertext.as_slice()).unwrap().expose().to_vec()
}

fn sample_plaintexts() -> [(Prefix, LogIndex, Vec<u8>); 2] {
    let (host, root, records) = sample();
    let top = root.reference().unwrap();
    let at_top = opened(&host, NodeName::Inner(Prefix::ROOT), top);
    let below = Prefix::of(&records[0], 1);
    let children = decode(&Prefix::ROOT, top.version, &at_top).unwrap();
    let at_below = opened(&host, NodeName::Inner(below), children[1].reference().unwrap());
    [(Prefix::ROOT, LogIndex(300), at_top), (below, LogIndex(3), at_below)]
}

#[test]
fn golden_root() {
    let (_, root, _) = sample();
    assert_eq!(
        hex(root.encode().expose()),
        "01000000000000012ca7a049fe887837c992720793252c56739f9db727f97c63bca5b97d489f632729"
    );
    assert_eq!(root.hash().to_hex(), "fff226aa8a4dc57dc70abb8455d9a11ac0e99f41f6e535f6838dfd7bd9618860");
    assert_eq!(Root::empty().encode().expose(), [0]);
    assert_eq!(
        Root::empty().hash().to_hex(),
        "e4596b2dec153f6d1e9ea7fb578c5abec8149bc0dd68685ff82378b3e5aa23d5"
    );
}

#[test]
fn golden_inner_nodes() {
    let [(_, _, top), (_, _, below)] = sample_plaintexts();
    assert_eq!(
        hex(&top),
        "10002000020129ab3047fd416c783b113347cf12d7ac39609f5868511257044ae66171d758a4959191919191919191919191919191919191919191919191919191919191919191000076ecf5466935d07394bf23b6c5433ef066c15dc462d863179a6e919805b8bc64"
    );
    assert_eq!(
        hex(&below),
        "280000000111111111111111111111111111111111111111111111111111111111111111110146ec6dbf0328bc4fdaee3632ddd5485cfb1a5530b29d294f35971d1b82444fd41212121212121212121212121212121212121212121212121212121212121212002193ad9536123af5c75df0b685142a2933b670615e8e75efdaa4d8e618fcb6de"
    );
}

#[test]
fn golden_sealed_nodes() {
    let (host, _, records) = sample();
    let sealed = |name, version| hex(host.nodes[&name][&LogIndex(version)].ciphertext.as_slice());
    assert_eq!(sealed(NodeName::Leaf(records[0]), 2), "ef177318250f577cc065912c87f76280c0f3e2ccec6a");
    assert_eq!(
        sealed(NodeName::Inner(Prefix::of(&records[0], 1)), 3),
        "37081da2503d4ae45bdef6c5ba1c70b7c57e76451a55c4e6cbf2e087570b03e89b37873dcd5e18569807476f69ab57de6b9322d341218bd457270e26ae0a92668d5ddd80ca8ca18e26997dcd9ca82d526777bb322a1c7a9c15a1f2ce96a2b897fc2262402e37c26cced7d5e585c1a9125ba4c876fb3c419fdb8eb88303dc071e0d531e2ed688778b2dcdf0a5fc4cdd28b115b820cefa3e"
    );
}

#[test]
fn a_root_goes_there_and_back() {
    let (_, root, _) = sample();
    for root in [root, Root::empty()] {
        let bytes = root.encode();
        let again = Root::decode(bytes.expose()).unwrap();
        assert_eq!(again.encode().expose(), bytes.expose());
        assert_eq!((again.version(), again.hash()), (root.version(), root.hash()));
    }
}

#[test]
fn any_other_encoding_of_a_root_is_refused() {
    let (_, root, _) = sample();
    let bytes = root.encode().expose().to_vec();
    let refused = |bytes: &[u8]| Root::decode(bytes).err().map(|error| error.to_string());
    for end in 1..bytes.len() {
        assert!(refused(&bytes[..end]).is_some());
    }
    assert_eq!(refused(&[]).as_deref(), Some("Root: truncated"));
    assert_eq!(refused(&[&bytes[..], &[0]].concat()).as_deref(), Some("Root: the key is not 32 bytes long"));
    assert_eq!(refused(&[0, 0]).as_deref(), Some("Root: bytes after the end"));
    assert_eq!(refused(&[2]).as_deref(), Some("Root: neither empty nor a reference"));
    let unborn = [&[1][..], &[0; 8], &[7; 32]].concat();
    assert_eq!(refused(&unborn).as_deref(), Some("Root: version zero"));
}

#[test]
fn an_inner_node_has_one_encoding_and_any_change_is_refused_or_another_node() {
    for (prefix, version, bytes) in sample_plaintexts() {
        let again = |bytes: &[u8]| {
            decode(&prefix, version, bytes).ok().map(|children| encode(&children, version).expose().to_vec())
        };
        assert_eq!(again(&bytes), Some(bytes.clone()));
        for end in 0..bytes.len() {
            assert_eq!(again(&bytes[..end]), None);
        }
        assert_eq!(again(&[&bytes[..], &[0]].concat()), None);
        for at in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(again(&changed).is_none_or(|encoded| encoded == changed));
        }
    }
}

fn rule(prefix: &Prefix, version: u64, bytes: &[&[u8]]) -> &'static str {
    decode(prefix, LogIndex(version), &bytes.concat()).err().expect("it is malformed").rule
}

#[test]
fn each_rule_of_the_inner_node_is_named() {
    let (key, low, high) = ([7_u8; 32], [0x01; 32], [0xf1; 32]);
    let root = Prefix::ROOT;
    let deep = Prefix::of(&RecordId::new(low), 63);
    let below = Prefix::of(&RecordId::new(low), 1);
    // One leaf child at zero.
    let one: &[u8] = &[0x80, 0, 0, 0];
    // Leaf children at zero and fifteen.
    let two: &[u8] = &[0x80, 0, 0, 2];
    assert!(decode(&root, LogIndex(5), &[one, &[0], &low, &key].concat()).is_ok());
    assert!(decode(&root, LogIndex(5), &[two, &[1], &low, &[0], &key, &high, &[4], &key].concat()).is_ok());

    assert_eq!(rule(&root, 5, &[&[0xc0, 0, 0, 0], &[0]]), "a child is of no known kind");
    assert_eq!(rule(&root, 5, &[one, &[9], &low, &[0; 9], &key]), "an age is wider than eight bytes");
    assert_eq!(rule(&root, 5, &[one, &[1], &low, &[0], &key]), "its ages are written wider than they are");
    assert_eq!(rule(&root, 5, &[one, &[0], &high, &key]), "a leaf stands where its record id does not lead");
    assert_eq!(rule(&root, 5, &[one, &[1], &low, &[5], &key]), "a child is older than the log");
    assert_eq!(rule(&root, 5, &[one, &[1], &low, &[6], &key]), "a child is older than the log");
    assert_eq!(rule(&root, 5, &[one, &[1], &low, &[1], &key]), "not exactly one child was touched with it");
    assert_eq!(
        rule(&root, 5, &[two, &[0], &low, &key, &high, &key]),
        "not exactly one child was touched with it"
    );
    assert_eq!(rule(&root, 5, &[&[0; 5]]), "fewer than two records begin with its prefix");
    assert_eq!(
        rule(&below, 5, &[&[0x20, 0, 0, 0], &[0], &low, &key]),
        "fewer than two records begin with its prefix"
    );
    assert_eq!(
        rule(&deep, 5, &[&[0x40, 0, 0, 0], &[0], &key]),
        "an inner child stands where a record id ends"
    );
    assert_eq!(rule(&root, 5, &[one, &[0], &low, &key, &[0]]), "bytes follow its end");
    assert_eq!(rule(&root, 5, &[one, &[0], &low]), "it is truncated");
    assert_eq!(rule(&root, 5, &[]), "it is truncated");
}

#[test]
fn the_oldest_and_the_youngest_child_stand_side_by_side() {
    let (key, low, high) = ([7_u8; 32], [0x01; 32], [0xf1; 32]);
    let bytes = [&[0x80, 0, 0, 2, 8][..], &low, &[0; 8], &key, &high, &[0xff; 7], &[0xfe], &key].concat();
    let children = decode(&Prefix::ROOT, LogIndex(u64::MAX), &bytes).unwrap();
    assert_eq!(children[15].reference().unwrap().version, LogIndex(1));
    assert_eq!(encode(&children, LogIndex(u64::MAX)).expose(), bytes);
    assert!(Secret::new(key).matches(&children[0].reference().unwrap().key));
}
