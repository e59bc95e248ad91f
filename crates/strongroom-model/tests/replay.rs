//! Traces of the model, replayed on real HSM cores: `Hsm::step` comes to the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "a test is a crate of its own")]

#[path = "replay/real.rs"]
mod real;
#[path = "replay/step.rs"]
mod step;
#[path = "../../strongroom-hsm/tests/world/mod.rs"]
mod world;

use real::Real;
use stateright::{Checker, HasDiscoveries, Model};
use std::collections::BTreeSet;
use step::{BOUNDS, Coarse, Step, WAYS};
use strongroom_crypto::{ChaChaRng, Rng};
use strongroom_model::{Fleet, state::State};

/// Walks of this length are replayed.
const STEPS: usize = 9;
const KINDS: usize = 6;
const WALKS: u8 = 100;

fn model() -> Coarse {
    Coarse { fleet: Fleet::new(BOUNDS) }
}

fn replay(seed: u8, steps: &[Step]) {
    let model = model();
    let mut state = State::founded();
    let mut real = Real::founded(seed, BOUNDS.attempts);
    for step in steps {
        let next = model.taken(&state, *step).expect("a step of the model");
        real.take(*step, &next);
        real.compare(*step, &next);
        state = next;
    }
}

/// The checker's own ways to states of interest, and one step on from there.
#[test]
fn paths_of_the_checker_come_to_the_same_on_real_cores() {
    for (seed, way) in (100..).zip(WAYS) {
        let until = HasDiscoveries::AnyOf([way].into());
        let checker = model().checker().threads(2).finish_when(until).spawn_bfs().join();
        let path = checker.discovery(way).expect(way);
        let mut state = *path.last_state();
        let mut steps = path.into_actions();
        for on in ON {
            if let Some(next) = model().taken(&state, on) {
                state = next;
                steps.push(on);
            }
        }
        println!("{way}: {steps:?}");
        replay(seed, &steps);
    }
}

/// What is tried behind a path: who was put back heals, everybody meets, and one more guess.
const ON: [Step; 5] = [
    Step::Heal { node: 0 },
    Step::Heal { node: 1 },
    Step::Heal { node: 2 },
    Step::Spend { opener: 0, attempt: 2, group: 0b111, held: 0 },
    Step::Spend { opener: 1, attempt: 2, group: 0b111, held: 0 },
];

#[test]
fn random_walks_come_to_the_same_on_real_cores() {
    let mut kinds = BTreeSet::new();
    let mut answered = false;
    for seed in 0..WALKS {
        let (steps, state) = walk(seed);
        answered |= state.answered != 0;
        kinds.extend(steps.iter().map(kind_of));
        println!("walk {seed}: {steps:?}");
        replay(seed, &steps);
    }
    assert!(answered && kinds.len() == KINDS, "the walks meet too little: {kinds:?}");
}

/// A way through the model that a seed decides.
fn walk(seed: u8) -> (Vec<Step>, State<3>) {
    let model = model();
    let mut rng = ChaChaRng::from_seed([seed; 32]);
    let mut state = State::founded();
    let mut steps = Vec::new();
    while steps.len() < STEPS {
        let open = model.next_steps(&state);
        // Kinds first, because there are many more ways to spend than to do anything else.
        let mut kinds: Vec<u8> = open.iter().map(|(step, _)| kind_of(step)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let Some(kind) = kinds.get(drawn(&mut rng) % kinds.len().max(1)) else { break };
        let open: Vec<_> = open.iter().filter(|(step, _)| kind_of(step) == *kind).collect();
        let (step, next) = open[drawn(&mut rng) % open.len()];
        steps.push(*step);
        state = *next;
    }
    (steps, state)
}

fn kind_of(step: &Step) -> u8 {
    match step {
        Step::Elect { .. } => 0,
        Step::Spend { held: 0, .. } => 1,
        Step::Spend { .. } => 2,
        Step::Restart { .. } => 3,
        Step::PutBack { .. } => 4,
        Step::Heal { .. } => 5,
    }
}

fn drawn(rng: &mut ChaChaRng) -> usize {
    let mut bytes = [0; 4];
    rng.fill(&mut bytes);
    usize::try_from(u32::from_be_bytes(bytes)).expect("small")
}
