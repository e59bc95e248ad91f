//! Tree nodes as a host or another fleet member's host brings them.
//!
//! A small tree is known. Nodes are withheld, twisted, mixed up and repeated as the tape says: what
//! opens is the truth, a walk stores nothing but the tree's own nodes, and it does not end before all are there.

use crate::{tape::Tape, twist::twist};
use std::{collections::BTreeMap, sync::LazyLock};
use strongroom_crypto::{Secret, SecretBytes};
use strongroom_hsm::tree::{OpenTree, Root, Source, TreeContext, Walk, WalkStep};
use strongroom_protocol::{
    decode, encode,
    ids::{FleetId, LogIndex, Partition, RecordId},
    pipe::{NodeVersion, TreeNode},
};

const CONTEXT: TreeContext = TreeContext { fleet: FleetId::new([1; 32]), partition: Partition(0) };
const STEPS_MAX: usize = 200;

struct Known {
    root: Root,
    older: Root,
    records: Vec<(RecordId, Vec<u8>)>,
    /// Every version of every node that was ever sealed.
    nodes: Vec<TreeNode>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known =
        Known { root: Root::empty(), older: Root::empty(), records: Vec::new(), nodes: Vec::new() };
    // Some share their beginnings, so that the tree has several levels.
    for (at, first) in [0x10, 0x11, 0x12, 0x1f, 0x20, 0x90, 0x91, 0xff].into_iter().enumerate() {
        let mut id = [0x77; 32];
        id[0] = first;
        let index = LogIndex(u64::try_from(at).expect("small") + 2);
        known.older = known.root.duplicate();
        known.plant(RecordId::new(id), vec![first; 20], index);
        id[31] = 1;
        known.plant(RecordId::new(id), vec![!first; 30], LogIndex(index.0 + 20));
    }
    known
});

impl Known {
    fn holds(&self, node: &TreeNode) -> bool {
        self.nodes.iter().any(|known| known.version == node.version && known == node)
    }

    fn plant(&mut self, record: RecordId, leaf: Vec<u8>, index: LogIndex) {
        let index = LogIndex(self.root.version().0.max(index.0) + 1);
        let mut paths = OpenTree::at(&CONTEXT, &self.root);
        paths.open(&[record], self.nodes.clone()).expect("a path");
        let seed = Secret::new([u8::try_from(index.0).expect("small"); 32]);
        paths.write(&record, SecretBytes::new(leaf.clone()), &seed, index).expect("a write");
        let (root, sealed) = paths.seal();
        self.root = root;
        self.nodes.extend(sealed);
        self.records.push((record, leaf));
    }
}

/// Checks one input.
pub fn run(bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let known = &*KNOWN;
    if tape.byte().is_multiple_of(2) { open(known, &mut tape) } else { walk(known, &mut tape) }
}

/// Some of the nodes, some of them changed.
fn brought(known: &Known, tape: &mut Tape<'_>) -> Vec<TreeNode> {
    let mut nodes = if tape.byte().is_multiple_of(2) { known.nodes.clone() } else { Vec::new() };
    for _ in 0..tape.byte() % 16 {
        let at = tape.place(known.nodes.len());
        match tape.byte() % 4 {
            0 if !nodes.is_empty() => {
                nodes.remove(at % nodes.len());
            }
            1 => nodes.push(known.nodes[at].clone()),
            2 => {
                let mut bytes = encode(&known.nodes[at]);
                twist(&mut bytes, tape);
                nodes.extend(decode::<TreeNode>(&bytes));
            }
            _ => {
                let other = tape.place(known.nodes.len());
                let mut node = known.nodes[at].clone();
                node.ciphertext = known.nodes[other].ciphertext.clone();
                nodes.insert(0, node);
            }
        }
    }
    nodes
}

fn open(known: &Known, tape: &mut Tape<'_>) {
    let wanted: Vec<usize> = (0..tape.byte() % 4).map(|_| tape.place(known.records.len())).collect();
    let records: Vec<RecordId> = wanted.iter().map(|at| known.records[*at].0).collect();
    let root = if tape.byte() == 255 { &known.older } else { &known.root };
    let mut paths = OpenTree::at(&CONTEXT, root);
    for _ in 0..3 {
        let opened = match paths.open(&records, brought(known, tape)) {
            Ok(opened) => opened,
            Err(unopened) => {
                assert!(unopened.malformed.is_empty(), "the tree's own nodes are well formed");
                unopened.opened
            }
        };
        assert!(opened.iter().all(|node| known.holds(node)), "rot is handed out to be stored");
        let _ = paths.make_room(usize::from(tape.byte()) * 16);
    }
    for (record, leaf) in wanted.iter().map(|at| &known.records[*at]) {
        let Ok(read) = paths.read(record) else { continue };
        let is_older = core::ptr::eq(root, &known.older);
        assert!(read == Some(leaf.as_slice()) || (is_older && read.is_none()), "a leaf that was not written");
    }
}

fn walk(known: &Known, tape: &mut Tape<'_>) {
    let have = LogIndex(u64::from(tape.byte() % 2) * u64::from(tape.byte()));
    let mut walk = Walk::begin(&CONTEXT, &known.older, have);
    walk.retarget(&known.root);
    let mut stored = BTreeMap::new();
    for _ in 0..STEPS_MAX {
        let (source, names) = match walk.next() {
            WalkStep::Store(nodes) => {
                for node in nodes {
                    assert!(known.holds(&node), "a walk stores what is not the tree's");
                    stored.insert(NodeVersion { name: node.name, version: node.version }, node);
                }
                continue;
            }
            WalkStep::AskOwn(names) => (Source::Own, names),
            WalkStep::AskElsewhere(names) => (Source::Elsewhere, names),
            WalkStep::Done => return assert_whole(known, have, &stored),
        };
        assert!(walk.done_per_mille() <= 1000);
        let honest = known
            .nodes
            .iter()
            .filter(|node| names.contains(&NodeVersion { name: node.name, version: node.version }));
        let lies = !tape.is_empty() && tape.byte().is_multiple_of(2);
        let mut nodes = match (lies, source) {
            (true, _) => brought(known, tape),
            (false, Source::Own) => Vec::new(),
            (false, Source::Elsewhere) => honest.cloned().collect(),
        };
        if source == Source::Own {
            // A good node of the own store stands for everything below it, so this store has rot alone.
            nodes.retain(|node| !known.holds(node));
        }
        walk.found(source, nodes, true).expect("the tree's own nodes are well formed");
    }
}

/// Every record of the tree can be read from what the store holds by now.
fn assert_whole(known: &Known, have: LogIndex, stored: &BTreeMap<NodeVersion, TreeNode>) {
    let older = known.nodes.iter().filter(|node| node.version <= have);
    let own: Vec<TreeNode> = stored.values().chain(older).cloned().collect();
    let records: Vec<RecordId> = known.records.iter().map(|(record, _)| *record).collect();
    let whole = OpenTree::at(&CONTEXT, &known.root).open(&records, own);
    assert!(whole.is_ok(), "a walk ended too early");
}
