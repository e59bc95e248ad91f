//! One log and those who watch it: a witness that is asked, two views that are compared, a whole log that is read.
//!
//! The first byte chooses. The log's keeper has two trees that begin alike and part at a place
//! that the tape says, and signs checkpoints of either, or of neither. Whatever else is said stands in nobody's
//! interest but a liar's: proofs of the other tree, cut, twisted or made up.

mod views;
mod whole;
mod witness;

use crate::{
    home::use_stand_ins,
    tape::Tape,
    trust_world::{Actors, Log, sign_checkpoint},
    twist::twist,
};
use std::sync::LazyLock;
use strongroom_protocol::ids::Digest;
use strongroom_trust::{
    CheckpointBody, ClaimedNote, Policy,
    merkle::{prove_consistency, root_of},
};

/// Leaves of a tree at most.
const LEAVES_MAX: u64 = 48;

/// Who signs, and which checkpoints count.
struct Stage {
    actors: Actors,
    strangers: Actors,
    policy: Policy,
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let actors = Actors::honest();
    let policy = actors.root_contents(1, 2).policy;
    Stage { actors, strangers: Actors::of("strangers"), policy }
});

/// Checks one input.
pub fn run(bytes: &[u8]) {
    outcome(bytes);
}

/// Checks one input, and counts what came of it: cosignatures, proofs of a lie, leaves of a log that was believed.
pub fn outcome(bytes: &[u8]) -> usize {
    use_stand_ins();
    let mut tape = Tape::new(bytes);
    match tape.byte() % 3 {
        0 => witness::run(&mut tape),
        1 => views::run(&mut tape),
        _ => whole::run(&mut tape),
    }
}

/// Two trees of one keeper that have the first leaves in common.
struct Faces {
    logs: [Log; 2],
    common: u64,
}

impl Faces {
    fn new(tape: &mut Tape<'_>) -> Self {
        let common = u64::from(tape.byte()) % LEAVES_MAX;
        let face = |name: &str| {
            let mut log = Log::default();
            log.fill(common);
            while log.tree.size() < LEAVES_MAX {
                log.append(&format!("{name} {}", log.tree.size()));
            }
            log
        };
        Self { logs: [face("one face"), face("another face")], common }
    }

    /// What a tree's keeper says of its first leaves.
    fn body(&self, face: usize, size: u64) -> CheckpointBody {
        self.logs[face].body(size, STAGE.actors.log.key.name().as_str())
    }

    /// Whether the second of two trees' beginnings grew out of the first.
    fn grew(&self, old: (usize, u64), new: (usize, u64)) -> bool {
        old.1 <= new.1 && (old.0 == new.0 || old.1 <= self.common)
    }

    /// A proof of consistency of one of the trees, as it is, cut, grown or changed.
    fn consistency(&self, tape: &mut Tape<'_>, face: usize, old: u64, new: u64) -> Vec<Digest> {
        let mut proof = prove_consistency(&self.logs[face].tree, old, new).unwrap_or_default();
        match tape.byte() {
            1 => drop(proof.pop()),
            2 => proof.insert(tape.place(proof.len() + 1), Digest::new(tape.array())),
            3 => proof = vec![Digest::new(tape.array()); tape.place(70)],
            4 => {
                let size = tape.place(80) as u64;
                proof = vec![root_of(&self.logs[face].tree, size).unwrap_or(Digest::new([0; 32]))];
            }
            5 => {
                let place = tape.place(proof.len());
                if let Some(hash) = proof.get_mut(place) {
                    let mut bytes = hash.as_bytes().to_vec();
                    twist(&mut bytes, tape);
                    bytes.resize(32, 0);
                    *hash = Digest::new(bytes.try_into().expect("a hash"));
                }
            }
            _ => {}
        }
        proof
    }
}

/// A checkpoint's note, signed by the log, or by somebody who calls itself so.
fn sign(tape: &mut Tape<'_>, body: &CheckpointBody) -> (ClaimedNote, bool) {
    let is_honest = tape.byte() != 1;
    let signers = if is_honest { &STAGE.actors } else { &STAGE.strangers };
    (sign_checkpoint(body, signers, &[]), is_honest)
}
