//! Two views of one log: whoever did not lie is never blamed, and whoever lied is shown to anybody.

use super::{Faces, LEAVES_MAX, STAGE, sign};
use crate::{tape::Tape, twist::twist};
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    CheckpointBody, ClaimedNote, LogProof,
    gossip::{EquivocationProof, Gossip, compare_trees, compare_with_tree, verify_gossip},
    merkle::{Subtrees, prove_consistency, prove_inclusion},
};

pub(super) fn run(tape: &mut Tape<'_>) -> usize {
    let faces = Faces::new(tape);
    let places = [(); 2].map(|()| (usize::from(tape.byte() % 2), 1 + u64::from(tape.byte()) % LEAVES_MAX));
    let notes = places.map(|(face, size)| sign(tape, &faces.body(face, size)));
    let is_honest = notes.iter().all(|(_, is_honest)| *is_honest);
    let notes = notes.map(|(note, _)| note);
    let is_lie = is_honest && !faces.grew(places[0], places[1]) && !faces.grew(places[1], places[0]);
    match tape.byte() % 2 {
        0 => compared(&faces, tape, places, &notes, is_lie, is_honest),
        _ => claimed(&faces, tape, places, &notes),
    }
}

fn compared(
    faces: &Faces,
    tape: &mut Tape<'_>,
    places: [(usize, u64); 2],
    notes: &[ClaimedNote; 2],
    is_lie: bool,
    is_honest: bool,
) -> usize {
    let policy = &STAGE.policy;
    let [a, b] = notes.each_ref().map(|note| note.as_str().as_bytes());
    let trees = places.map(|(face, _)| &faces.logs[face].tree);
    let (old, new) = (places[0].1.min(places[1].1), places[0].1.max(places[1].1));
    let larger = if places[0].1 < places[1].1 { places[1] } else { places[0] };
    let proof = faces.consistency(tape, larger.0, old, new);
    let own = prove_consistency(&faces.logs[larger.0].tree, old, new).expect("a proof");
    match verify_gossip(policy, a, b, Some(&proof)) {
        Ok(Gossip::Consistent) => assert!(is_honest && !is_lie, "a lie passes for growth"),
        Ok(Gossip::Equivocation(proof)) => assert!(is_lie && is_shown(&proof), "an honest log is blamed"),
        Ok(Gossip::Undecided) => assert!(is_honest && old != new && (is_lie || proof != own)),
        Err(_) => assert!(!is_honest),
    }
    let met = compare_trees(policy, (a, trees[0]), (b, trees[1]));
    let met = (met, compare_with_tree(policy, a, (b, trees[1])));
    match met {
        (Ok(Gossip::Equivocation(leaves)), half) => {
            assert!(is_lie && is_shown(&leaves), "an honest log is blamed");
            match half {
                Ok(Gossip::Equivocation(proof)) => assert!(is_shown(&proof)),
                half => assert!(half == Ok(Gossip::Undecided) && places[0].1 > places[1].1, "{half:?}"),
            }
            1
        }
        (Ok(Gossip::Consistent), half) => {
            let is_smaller = places[0].1 <= places[1].1;
            assert!(is_honest && !is_lie && (half == Ok(Gossip::Consistent) || !is_smaller), "{half:?}");
            0
        }
        (met, _) => {
            assert!(!is_honest, "{met:?}");
            0
        }
    }
}

/// A proof shows the same to everybody, and its text is the only one it has.
fn is_shown(proof: &EquivocationProof) -> bool {
    let text = proof.to_string();
    EquivocationProof::verify(text.as_bytes(), &STAGE.policy).as_ref() == Ok(proof)
}

/// A proof that somebody puts together out of whatever there is: it blames nobody who did not lie.
fn claimed(faces: &Faces, tape: &mut Tape<'_>, places: [(usize, u64); 2], notes: &[ClaimedNote; 2]) -> usize {
    let [first, second] = notes.clone();
    let proof = match tape.byte() % 3 {
        0 => EquivocationProof::Roots { first, second },
        1 => {
            let face = usize::from(tape.byte() % 2);
            let root = match tape.byte() {
                1 => Digest::new(tape.array()),
                face => faces.body(usize::from(face % 2), places[0].1).root,
            };
            let consistency = faces.consistency(tape, face, places[0].1, places[1].1);
            EquivocationProof::Beginnings { first, second, root, consistency }
        }
        _ => {
            let [(first_leaf, first), (second_leaf, second)] =
                [(first, places[0]), (second, places[1])].map(|(note, place)| leaf(faces, tape, note, place));
            EquivocationProof::Leaves { first_leaf, first, second_leaf, second }
        }
    };
    let mut bytes = proof.to_string().into_bytes();
    if tape.byte() == 1 {
        twist(&mut bytes, tape);
    }
    let Ok(proof) = EquivocationProof::verify(&bytes, &STAGE.policy) else { return 0 };
    assert!(proof.to_string().as_bytes() == bytes, "a proof has two texts");
    let [first, second] = checkpoints(&proof).map(|note| place_of(faces, note));
    let is_growth =
        first.iter().any(|old| second.iter().any(|new| faces.grew(*old, *new) || faces.grew(*new, *old)));
    assert!(!first.is_empty() && !second.is_empty(), "blamed for what it did not sign");
    assert!(!is_growth, "an honest log is blamed");
    1
}

fn leaf(
    faces: &Faces,
    tape: &mut Tape<'_>,
    checkpoint: ClaimedNote,
    place: (usize, u64),
) -> (Digest, LogProof) {
    let (face, index) = (usize::from(tape.byte() % 2), u64::from(tape.byte()) % place.1);
    let tree = &faces.logs[face].tree;
    let path = prove_inclusion(tree, index, place.1).unwrap_or_default();
    let leaf = match tape.byte() {
        1 => Digest::new(tape.array()),
        _ => tree.subtree(0, index).expect("a leaf"),
    };
    (leaf, LogProof { extra: None, index, path, checkpoint })
}

fn checkpoints(proof: &EquivocationProof) -> [&ClaimedNote; 2] {
    match proof {
        EquivocationProof::Roots { first, second } | EquivocationProof::Beginnings { first, second, .. } => {
            [first, second]
        }
        EquivocationProof::Leaves { first, second, .. } => [&first.checkpoint, &second.checkpoint],
    }
}

/// Which beginnings of the two trees a checkpoint is of.
fn place_of(faces: &Faces, note: &ClaimedNote) -> Vec<(usize, u64)> {
    let body = CheckpointBody::parse(note.text()).expect("a checkpoint");
    let is_of = |face: &usize| body.size <= LEAVES_MAX && faces.body(*face, body.size) == body;
    (0..2).filter(is_of).map(|face| (face, body.size)).collect()
}
