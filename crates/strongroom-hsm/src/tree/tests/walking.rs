//! The walk: cut off, turned to a newer root, lied to.

use super::{CONTEXT, Dice, Host, Write, apply, assert_reads, model_of};
use crate::tree::{OpenTree, Root, Source, Unfound, Walk, WalkStep, sealing::Plaintext};
use std::collections::BTreeMap;
use strongroom_crypto::Secret;
use strongroom_protocol::{
    bytes::Bytes,
    ids::{LogIndex, RecordId},
    pipe::{NodeName, NodeVersion, Prefix, TreeNode},
};

/// A fleet's other hosts, with two roots that stood one after the other.
struct Fleet {
    host: Host,
    older: (Root, BTreeMap<RecordId, Vec<u8>>),
    newer: (Root, BTreeMap<RecordId, Vec<u8>>),
    writes: Vec<Write>,
}

fn fleet(seed: u8, records: usize, writes: usize) -> Fleet {
    let mut dice = Dice::new(seed);
    let records = dice.records(records);
    let writes = dice.writes(&records, writes, LogIndex(1));
    let mut host = Host::default();
    let (before, after) = writes.split_at(writes.len() * 2 / 3);
    let older = before.chunks(16).fold(Root::empty(), |root, batch| apply(&mut host, &root, batch));
    let newer = after.chunks(16).fold(older.duplicate(), |root, batch| apply(&mut host, &root, batch));
    let (at_older, at_newer) = (model_of(before), model_of(&writes));
    Fleet { host, older: (older, at_older), newer: (newer, at_newer), writes }
}

/// What a stretch of a walk cost.
#[derive(Debug, Default, PartialEq)]
struct Cost {
    steps: usize,
    asked_elsewhere: usize,
    stored: usize,
    done: bool,
}

/// Takes at most `steps_max` steps and holds the walk to its bounds.
fn go(walk: &mut Walk, own: &mut Host, elsewhere: &Host, steps_max: usize) -> Cost {
    let mut cost = Cost::default();
    while cost.steps < steps_max {
        cost.steps += 1;
        assert!(walk.done_per_mille() <= 1000);
        match walk.next() {
            WalkStep::AskOwn(wanted) => {
                assert!((1..=256).contains(&wanted.len()));
                assert_eq!(walk.found(Source::Own, own.exactly(&wanted), true), Ok(Unfound::default()));
            }
            WalkStep::AskElsewhere(wanted) => {
                assert!((1..=256).contains(&wanted.len()));
                cost.asked_elsewhere += wanted.len();
                let found = elsewhere.exactly(&wanted);
                assert_eq!(walk.found(Source::Elsewhere, found, true), Ok(Unfound::default()));
            }
            WalkStep::Store(nodes) => {
                cost.stored += nodes.len();
                own.put(nodes);
            }
            WalkStep::Done => {
                assert_eq!(walk.done_per_mille(), 1000);
                cost.done = true;
                return cost;
            }
        }
        assert_bounded(walk);
    }
    cost
}

fn assert_bounded(walk: &Walk) {
    let (depth, on_a_level) = walk.holds();
    assert!(depth <= 64 && on_a_level <= 256);
}

fn live(host: &Host, root: &Root) -> usize {
    let mut own = Host::default();
    go(&mut Walk::begin(&CONTEXT, root, LogIndex(0)), &mut own, host, usize::MAX).stored
}

#[test]
fn a_walk_brings_every_record_and_not_a_node_more() {
    let fleet = fleet(51, 300, 900);
    let mut own = Host::default();
    let mut walk = Walk::begin(&CONTEXT, &fleet.newer.0, LogIndex(0));
    let cost = go(&mut walk, &mut own, &fleet.host, usize::MAX);
    assert!(cost.done);
    assert_eq!(cost.stored, fleet.host.newest().len());
    assert_eq!(cost.asked_elsewhere, cost.stored);
    assert_eq!(own.every_version().collect::<Vec<_>>(), fleet.host.newest());
    assert_reads(&own, &fleet.newer.0, &fleet.newer.1);
}

#[test]
fn a_walk_through_thousands_of_records_stays_within_its_bounds() {
    let mut dice = Dice::new(52);
    let records: Vec<_> = (0..6000).map(|_| RecordId::new(dice.bytes())).collect();
    let writes: Vec<_> = (2..)
        .zip(&records)
        .map(|(index, record)| Write {
            index: LogIndex(index),
            record: *record,
            leaf: vec![],
            seed: dice.bytes(),
        })
        .collect();
    let mut host = Host::default();
    let root = writes.chunks(1000).fold(Root::empty(), |root, batch| apply(&mut host, &root, batch));
    let mut own = Host::default();
    assert!(go(&mut Walk::begin(&CONTEXT, &root, LogIndex(0)), &mut own, &host, usize::MAX).done);
    assert_eq!(own.newest(), host.newest());
}

#[test]
fn what_is_no_newer_than_the_own_checkpoint_is_not_asked_for() {
    let fleet = fleet(53, 300, 600);
    let mut own = Host::default();
    go(&mut Walk::begin(&CONTEXT, &fleet.older.0, LogIndex(0)), &mut own, &fleet.host, usize::MAX);
    let have = fleet.older.0.version();
    let newer = fleet.host.newest().iter().filter(|node| node.version > have).count();
    let cost = go(&mut Walk::begin(&CONTEXT, &fleet.newer.0, have), &mut own, &fleet.host, usize::MAX);
    assert_eq!((cost.asked_elsewhere, cost.stored), (newer, newer));
    assert_reads(&own, &fleet.newer.0, &fleet.newer.1);
    let again =
        go(&mut Walk::begin(&CONTEXT, &fleet.newer.0, fleet.newer.0.version()), &mut own, &fleet.host, 9);
    assert_eq!((again.steps, again.done), (1, true));
}

#[test]
fn a_walk_that_is_cut_off_at_any_step_goes_on_from_what_is_there() {
    let fleet = fleet(54, 50, 100);
    let mut steps = 0;
    loop {
        let mut own = Host::default();
        let first = go(&mut Walk::begin(&CONTEXT, &fleet.newer.0, LogIndex(0)), &mut own, &fleet.host, steps);
        let mut again = Walk::begin(&CONTEXT, &fleet.newer.0, LogIndex(0));
        let rest = go(&mut again, &mut own, &fleet.host, usize::MAX);
        assert_eq!(first.stored + rest.stored, fleet.host.newest().len(), "cut off after {steps} steps");
        assert_reads(&own, &fleet.newer.0, &fleet.newer.1);
        if first.done {
            break;
        }
        steps += 1;
    }
    assert!(steps > 20);
}

#[test]
fn a_store_that_lost_its_last_writes_goes_on_from_the_rest() {
    let fleet = fleet(55, 80, 200);
    let mut own = Host::default();
    let mut order = Vec::new();
    let mut walk = Walk::begin(&CONTEXT, &fleet.newer.0, LogIndex(0));
    loop {
        match walk.next() {
            WalkStep::AskOwn(wanted) => walk.found(Source::Own, own.exactly(&wanted), true).unwrap(),
            WalkStep::AskElsewhere(wanted) => {
                walk.found(Source::Elsewhere, fleet.host.exactly(&wanted), true).unwrap()
            }
            WalkStep::Store(nodes) => {
                order.extend(nodes.clone());
                own.put(nodes);
                continue;
            }
            WalkStep::Done => break,
        };
    }
    for kept in (0..order.len()).step_by(17) {
        let mut own = Host::default();
        own.put(order[..kept].to_vec());
        let rest =
            go(&mut Walk::begin(&CONTEXT, &fleet.newer.0, LogIndex(0)), &mut own, &fleet.host, usize::MAX);
        assert_eq!(rest.stored, order.len() - kept);
        assert_reads(&own, &fleet.newer.0, &fleet.newer.1);
    }
}

#[test]
fn a_walk_that_is_turned_to_a_newer_root_at_any_step_keeps_what_still_stands() {
    let fleet = fleet(56, 50, 100);
    let whole = live(&fleet.host, &fleet.newer.0);
    let mut steps = 0;
    let mut least = usize::MAX;
    loop {
        let mut own = Host::default();
        let mut walk = Walk::begin(&CONTEXT, &fleet.older.0, LogIndex(0));
        let first = go(&mut walk, &mut own, &fleet.host, steps);
        walk.retarget(&fleet.newer.0);
        let rest = go(&mut walk, &mut own, &fleet.host, usize::MAX);
        assert!(rest.done && rest.asked_elsewhere <= whole);
        assert_reads(&own, &fleet.newer.0, &fleet.newer.1);
        least = least.min(rest.asked_elsewhere);
        if first.done {
            break;
        }
        steps += 1;
    }
    // Turned at its very end, it asks for what is newer than the older root and for nothing else.
    let newer = fleet.host.newest().iter().filter(|node| node.version > fleet.older.0.version()).count();
    assert_eq!(least, newer);
}

#[test]
fn an_inner_node_that_is_lost_on_the_way_is_fetched_again() {
    let fleet = fleet(57, 120, 300);
    let mut dice = Dice::new(58);
    for steps in (3..40).step_by(3) {
        let mut own = Host::default();
        go(&mut Walk::begin(&CONTEXT, &fleet.newer.0, LogIndex(0)), &mut own, &fleet.host, steps);
        // One that stands for a part of the tree: nothing above it is stored yet.
        let tops: Vec<_> = own
            .nodes
            .keys()
            .filter_map(|name| if let NodeName::Inner(prefix) = name { Some(*prefix) } else { None })
            .filter(|prefix| !own.nodes.contains_key(&NodeName::Inner(parent(prefix))))
            .collect();
        let Some(lost) = tops.get(dice.below(tops.len().max(1))) else { continue };
        own.nodes.remove(&NodeName::Inner(*lost));
        go(&mut Walk::begin(&CONTEXT, &fleet.newer.0, LogIndex(0)), &mut own, &fleet.host, usize::MAX);
        assert_reads(&own, &fleet.newer.0, &fleet.newer.1);
    }
}

fn parent(prefix: &Prefix) -> Prefix {
    Prefix::of(&RecordId::new(*prefix.as_bytes()), prefix.nibbles().saturating_sub(1))
}

#[test]
fn an_inner_node_that_is_lost_below_a_stored_one_is_named_when_a_record_is_read() {
    let fleet = fleet(59, 60, 120);
    let (root, model) = &fleet.newer;
    let mut own = Host::default();
    go(&mut Walk::begin(&CONTEXT, root, LogIndex(0)), &mut own, &fleet.host, usize::MAX);
    let inner: Vec<_> = own.nodes.keys().filter(|name| matches!(name, NodeName::Inner(_))).copied().collect();
    for lost in inner.into_iter().step_by(5) {
        own.nodes.remove(&lost);
        for record in model.keys() {
            let mut tree = OpenTree::at(&CONTEXT, root);
            if let Err(unopened) = tree.open(&[*record], own.path(record, root.version())) {
                assert_eq!(unopened.missing.iter().map(|missing| missing.name).collect::<Vec<_>>(), [lost]);
                own.put(fleet.host.exactly(&unopened.missing));
                let more = own.path(record, root.version());
                assert!(tree.open(&[*record], more).is_ok());
            }
        }
        assert!(own.nodes.contains_key(&lost));
    }
    assert_reads(&own, root, model);
}

#[test]
fn a_walk_over_an_empty_tree_is_done() {
    assert_eq!(Walk::begin(&CONTEXT, &Root::empty(), LogIndex(0)).next(), WalkStep::Done);
}

fn spoilt(node: &TreeNode) -> TreeNode {
    let mut bytes = node.ciphertext.as_slice().to_vec();
    if let Some(byte) = bytes.first_mut() {
        *byte ^= 1;
    }
    TreeNode { ciphertext: Bytes::new(bytes).unwrap(), ..node.clone() }
}

#[test]
fn missing_and_rotten_answers_are_told_and_asked_for_again() {
    let fleet = fleet(60, 40, 80);
    let (root, model) = &fleet.newer;
    let mut own = Host::default();
    let mut walk = Walk::begin(&CONTEXT, root, LogIndex(0));
    let mut tries: BTreeMap<NodeVersion, usize> = BTreeMap::new();
    loop {
        match walk.next() {
            // A rotten own copy is as good as none.
            WalkStep::AskOwn(wanted) => {
                let rotten = fleet.host.exactly(&wanted).iter().map(spoilt).collect();
                assert_eq!(walk.found(Source::Own, rotten, true), Ok(Unfound::default()));
            }
            WalkStep::AskElsewhere(wanted) => {
                let mut answer = Vec::new();
                let mut expected = Unfound::default();
                for node in fleet.host.exactly(&wanted) {
                    let name = NodeVersion { name: node.name, version: node.version };
                    let tried = tries.entry(name).or_default();
                    *tried += 1;
                    match *tried {
                        1 => expected.missing.push(name),
                        2 => {
                            expected.rotten.push(name);
                            answer.push(spoilt(&node));
                        }
                        _ => answer.extend([spoilt(&node), node]),
                    }
                }
                assert_eq!(walk.found(Source::Elsewhere, answer, true), Ok(expected));
            }
            WalkStep::Store(nodes) => own.put(nodes),
            WalkStep::Done => break,
        }
    }
    assert!(tries.values().all(|tried| *tried == 3));
    assert_reads(&own, root, model);
}

#[test]
fn an_answer_in_pieces_is_taken_piece_by_piece() {
    let fleet = fleet(61, 40, 80);
    let (root, model) = &fleet.newer;
    let mut own = Host::default();
    let mut walk = Walk::begin(&CONTEXT, root, LogIndex(0));
    loop {
        let (source, nodes) = match walk.next() {
            WalkStep::AskOwn(wanted) => (Source::Own, own.exactly(&wanted)),
            WalkStep::AskElsewhere(wanted) => (Source::Elsewhere, fleet.host.exactly(&wanted)),
            WalkStep::Store(nodes) => {
                own.put(nodes);
                continue;
            }
            WalkStep::Done => break,
        };
        for node in nodes {
            assert_eq!(walk.found(source, vec![node], false), Ok(Unfound::default()));
        }
        assert_eq!(walk.found(source, Vec::new(), true), Ok(Unfound::default()));
    }
    assert_reads(&own, root, model);
}

#[test]
fn a_late_answer_from_elsewhere_does_not_count_as_the_own_store_s() {
    let fleet = fleet(62, 40, 80);
    let root = &fleet.newer.0;
    let mut walk = Walk::begin(&CONTEXT, root, LogIndex(0));
    let WalkStep::AskOwn(wanted) = walk.next() else { panic!("the own store comes first") };
    let late = fleet.host.exactly(&wanted);
    assert_eq!(walk.found(Source::Elsewhere, late, true), Ok(Unfound::default()));
    assert_eq!(walk.next(), WalkStep::AskOwn(wanted));
}

#[test]
fn a_malformed_node_ends_the_walk_with_its_name() {
    let top = NodeName::Inner(Prefix::ROOT);
    let (reference, node) =
        CONTEXT.seal(top, LogIndex(9), &Secret::new([1; 32]), &Plaintext::of_inner(vec![0; 5]));
    let root = Root::of(reference);
    for source in [Source::Own, Source::Elsewhere] {
        let mut walk = Walk::begin(&CONTEXT, &root, LogIndex(0));
        if source == Source::Elsewhere {
            walk.found(Source::Own, Vec::new(), true).unwrap();
        }
        let malformed = walk.found(source, vec![node.clone()], true).unwrap_err();
        assert_eq!(malformed.node, NodeVersion { name: top, version: LogIndex(9) });
        assert_eq!(malformed.rule, "fewer than two records begin with its prefix");
    }
}

#[test]
fn a_member_that_walked_goes_on_writing_like_the_others() {
    let fleet = fleet(63, 120, 300);
    let mut own = Host::default();
    go(&mut Walk::begin(&CONTEXT, &fleet.older.0, LogIndex(0)), &mut own, &fleet.host, usize::MAX);
    let after = &fleet.writes[fleet.writes.len() * 2 / 3..];
    let root = after.chunks(7).fold(fleet.older.0.duplicate(), |root, batch| apply(&mut own, &root, batch));
    assert_eq!(root.hash(), fleet.newer.0.hash());
    assert_eq!(own.newest(), fleet.host.newest());
}
