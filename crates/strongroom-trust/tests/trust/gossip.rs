//! Two views of one log.

use crate::world::*;
use strongroom_trust::gossip::{
    EquivocationProof, FilesFault, Gossip, GossipError, compare_trees, compare_with_tree, verify_gossip,
};

/// Two logs of one keeper that agree on so many leaves.
fn two_faces(common: u64, first: u64, second: u64) -> (Log, Log) {
    let grow = |size: u64, face: &str| {
        let mut log = Log::default();
        log.fill(common.min(size));
        while log.tree.size() < size {
            log.append(&format!("{face} {}", log.tree.size()));
        }
        log
    };
    (grow(first, "one face"), grow(second, "another face"))
}

fn checkpoint(log: &Log, actors: &Actors) -> Vec<u8> {
    log.checkpoint(actors, &[]).to_string().into_bytes()
}

#[test]
fn growth_is_consistent_and_without_proof_undecided() {
    let actors = Actors::honest();
    let policy = actors.root_contents(1, 2).policy;
    let (small, large) = two_faces(100, 40, 100);
    let (a, b) = (checkpoint(&small, &actors), checkpoint(&large, &actors));
    let proof = large.consistency(40);
    assert_eq!(verify_gossip(&policy, &a, &b, Some(&proof)), Ok(Gossip::Consistent));
    assert_eq!(verify_gossip(&policy, &b, &a, Some(&proof)), Ok(Gossip::Consistent));
    assert_eq!(verify_gossip(&policy, &a, &b, None), Ok(Gossip::Undecided));
    assert_eq!(
        verify_gossip(&policy, &a, &b, Some(&proof[1..])),
        Ok(Gossip::Undecided),
        "a bad proof shows nothing"
    );
    assert_eq!(verify_gossip(&policy, &a, &a, None), Ok(Gossip::Consistent));
    assert_eq!(compare_trees(&policy, (&a, &small.tree), (&b, &large.tree)), Ok(Gossip::Consistent));
}

#[test]
fn a_log_with_two_faces_is_shown_to_anybody() {
    let actors = Actors::honest();
    let policy = actors.root_contents(1, 2).policy;
    for (common, first, second) in
        [(0, 1, 1), (3, 8, 8), (0, 5, 9), (37, 60, 100), (64, 70, 65), (255, 300, 600)]
    {
        let (one, other) = two_faces(common, first, second);
        let (a, b) = (checkpoint(&one, &actors), checkpoint(&other, &actors));
        let met = compare_trees(&policy, (&a, &one.tree), (&b, &other.tree)).unwrap();
        let Gossip::Equivocation(proof) = met else { panic!("{common} {first} {second}") };
        if let EquivocationProof::Leaves { first, .. } = &proof {
            assert_eq!(first.index, common, "the first leaf that differs");
        }
        let text = proof.to_string();
        assert!(text.len() < 4096, "{} bytes", text.len());
        assert_eq!(EquivocationProof::verify(text.as_bytes(), &policy), Ok(proof));
        let strangers = Actors::of("strangers").root_contents(1, 2).policy;
        assert!(EquivocationProof::verify(text.as_bytes(), &strangers).is_err());
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1;
            assert!(EquivocationProof::verify(&bytes, &policy).is_err(), "byte {place}");
        }
    }
}

#[test]
fn a_checkpoint_that_the_larger_tree_does_not_begin_with_is_shown_to_anybody() {
    let actors = Actors::honest();
    let policy = actors.root_contents(1, 2).policy;
    for (common, first, second) in
        [(0, 1, 2), (3, 4, 9), (5, 8, 1000), (37, 60, 100), (0, 64, 65), (255, 256, 300)]
    {
        let (small, large) = two_faces(common, first, second);
        let (a, b) = (checkpoint(&small, &actors), checkpoint(&large, &actors));
        let met = compare_with_tree(&policy, &a, (&b, &large.tree)).unwrap();
        let Gossip::Equivocation(proof) = met else { panic!("{common} {first} {second}") };
        let text = proof.to_string();
        assert!(text.len() < 2048, "{} bytes", text.len());
        assert_eq!(EquivocationProof::verify(text.as_bytes(), &policy), Ok(proof));
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1;
            assert!(EquivocationProof::verify(&bytes, &policy).is_err(), "byte {place}");
        }
        let half = compare_with_tree(&policy, &b, (&a, &small.tree));
        assert_eq!(half, Ok(Gossip::Undecided), "the smaller tree shows nothing of the larger one");
        let short = compare_with_tree(&policy, &a, (&b, &small.tree)).unwrap_err();
        assert_eq!(short.to_string(), "the log's files: the log does not reach so far");
        let stray = two_faces(0, second, second).0;
        let met = compare_with_tree(&policy, &a, (&b, &stray.tree));
        let other_root = Err(GossipError::BadFiles(FilesFault::OtherRoot));
        assert_eq!(met, other_root, "tiles that are not the checkpoint's blame nobody");
    }
}

#[test]
fn an_honest_log_cannot_be_blamed_by_its_own_growth() {
    let actors = Actors::honest();
    let policy = actors.root_contents(1, 2).policy;
    for (first, second) in [(1, 2), (4, 9), (40, 100), (64, 65), (256, 300)] {
        let (small, large) = two_faces(second, first, second);
        let (a, b) = (small.checkpoint(&actors, &[]), large.checkpoint(&actors, &[]));
        let (bytes_a, bytes_b) = (a.to_string().into_bytes(), b.to_string().into_bytes());
        assert_eq!(compare_with_tree(&policy, &bytes_a, (&bytes_b, &large.tree)), Ok(Gossip::Consistent));
        let own_root = strongroom_trust::merkle::root_of(&small.tree, first).unwrap();
        for root in [own_root, digest("made up")] {
            let consistency = large.consistency(first);
            let proof =
                EquivocationProof::Beginnings { first: a.clone(), second: b.clone(), root, consistency };
            let read = EquivocationProof::verify(proof.to_string().as_bytes(), &policy);
            assert_eq!(read, Err(GossipError::ProvesNothing), "{first} {second}");
        }
    }
}

#[test]
fn what_proves_nothing_is_no_proof() {
    let actors = Actors::honest();
    let policy = actors.root_contents(1, 2).policy;
    let (small, large) = two_faces(100, 40, 100);
    let (a, b) = (small.checkpoint(&actors, &[]), large.checkpoint(&actors, &[]));
    let same = EquivocationProof::Roots { first: a.clone(), second: a.clone() };
    let refused =
        |proof: &EquivocationProof| EquivocationProof::verify(proof.to_string().as_bytes(), &policy);
    assert_eq!(refused(&same), Err(GossipError::ProvesNothing));
    let sizes = EquivocationProof::Roots { first: a.clone(), second: b.clone() };
    assert_eq!(refused(&sizes), Err(GossipError::ProvesNothing));
    let leaf = |log: &Log, index| strongroom_trust::merkle::Subtrees::subtree(&log.tree, 0, index).unwrap();
    let leaves = |first_index, second_index| EquivocationProof::Leaves {
        first_leaf: leaf(&small, first_index),
        first: small.proof(first_index, &a),
        second_leaf: leaf(&large, second_index),
        second: large.proof(second_index, &b),
    };
    assert_eq!(refused(&leaves(3, 3)), Err(GossipError::ProvesNothing), "the same leaf");
    assert_eq!(refused(&leaves(3, 4)), Err(GossipError::ProvesNothing), "leaves of two indexes");
    let stranger = Actors { log: Actor::new("stranger.example/log", "stranger"), ..Actors::honest() };
    let mut contents = actors.root_contents(1, 2);
    contents.policy.logs.push(stranger.log.key.clone());
    let other =
        verify_gossip(&contents.policy, &checkpoint(&small, &actors), &checkpoint(&small, &stranger), None);
    assert_eq!(other, Err(GossipError::OtherLog));
}
