use super::*;
use std::collections::BTreeSet;

/// The eight leaves of the test vectors that Certificate Transparency's programs share.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

fn tree(size: u64) -> MemoryTree {
    let mut tree = MemoryTree::default();
    (0..size).for_each(|leaf| tree.push(&leaf.to_be_bytes()));
    tree
}

#[test]
fn roots_are_the_published_ones() {
    let mut tree = MemoryTree::default();
    let mut frontier = Frontier::default();
    assert_eq!(root_of(&tree, 0), Ok(frontier.root()));
    let mut roots = Vec::new();
    for leaf in LEAVES {
        tree.push(leaf);
        frontier.push(leaf_hash(leaf));
        assert_eq!((frontier.size(), frontier.root()), (tree.size(), root_of(&tree, tree.size()).unwrap()));
        roots.push(frontier.root().to_hex());
    }
    assert_eq!(roots[0], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    assert_eq!(roots[1], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
    assert_eq!(roots[2], "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    assert_eq!(roots[7], "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

#[test]
fn every_change_to_a_proof_of_inclusion_is_refused() {
    for size in 1..=33 {
        let tree = tree(size);
        let root = root_of(&tree, size).unwrap();
        for index in 0..size {
            let leaf = tree.subtree(0, index).unwrap();
            let path = prove_inclusion(&tree, index, size).unwrap();
            let check = |index, leaf: &Digest, size, path: &[Digest]| {
                verify_inclusion(index, leaf, size, &root, path).is_ok()
            };
            assert!(check(index, &leaf, size, &path));
            assert!(!check(index, &EMPTY_ROOT, size, &path));
            assert!((0..size + 3).all(|other| other == index || !check(other, &leaf, size, &path)));
            assert!(!check(index, &leaf, index, &path), "beyond the end");
            assert!(!check(index, &leaf, size, &[path.as_slice(), &[root]].concat()));
            for place in 0..path.len() {
                let mut changed = path.clone();
                changed[place] = EMPTY_ROOT;
                assert!(!check(index, &leaf, size, &changed));
                changed.remove(place);
                assert!(!check(index, &leaf, size, &changed));
            }
        }
    }
}

#[test]
fn every_change_to_a_proof_of_consistency_is_refused() {
    for new in 1..=33u64 {
        let tree = tree(new);
        let new_root = root_of(&tree, new).unwrap();
        for old in 1..=new {
            let old_root = root_of(&tree, old).unwrap();
            let proof = prove_consistency(&tree, old, new).unwrap();
            let check = |old, old_root: &Digest, new, proof: &[Digest]| {
                verify_consistency(old, old_root, new, &new_root, proof).is_ok()
            };
            assert!(check(old, &old_root, new, &proof), "{old} to {new}");
            assert!(!check(old, &EMPTY_ROOT, new, &proof));
            assert!(!check(old, &old_root, new, &[proof.as_slice(), &[new_root]].concat()));
            for other in 1..=new + 1 {
                let other_root = if other <= new { root_of(&tree, other).unwrap() } else { EMPTY_ROOT };
                assert!(other == old || !check(other, &old_root, new, &proof), "{other} for {old} to {new}");
                let swapped = verify_consistency(new, &new_root, other, &other_root, &proof).is_ok();
                assert!(!swapped || other == new, "a larger log before a smaller one");
            }
            for place in 0..proof.len() {
                let mut changed = proof.clone();
                changed[place] = EMPTY_ROOT;
                assert!(!check(old, &old_root, new, &changed));
                changed.remove(place);
                assert!(!check(old, &old_root, new, &changed));
            }
        }
        assert_eq!(verify_consistency(0, &EMPTY_ROOT, new, &new_root, &[]), Ok(()));
        assert!(verify_consistency(0, &new_root, new, &new_root, &[]).is_err());
        assert!(verify_consistency(0, &EMPTY_ROOT, new, &new_root, &[new_root]).is_err());
    }
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 0, &EMPTY_ROOT, &[]), Ok(()));
}

#[test]
fn leaves_and_nodes_never_share_a_hash() {
    let node = node_hash(&EMPTY_ROOT, &EMPTY_ROOT);
    let joined = [EMPTY_ROOT.as_bytes().as_slice(), EMPTY_ROOT.as_bytes()].concat();
    let all: BTreeSet<Digest> = [node, leaf_hash(&joined), leaf_hash(b"")].into();
    assert_eq!(all.len(), 3);
}
