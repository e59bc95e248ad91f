//! Raw frames of the pipe, at an HSM in any part of its life: nothing panics, and what a step asks for is bounded.
//!
//! The first byte chooses the part of life; then come frames, each behind a 16-bit length. What does
//! not decode the real program drops its host for, so it is left out here.

use crate::{
    home::{HOME, use_stand_ins},
    tape::Tape,
    world::World,
};
use strongroom_crypto::{ChaChaRng, Secret};
use strongroom_hsm::{
    anchor::Anchor,
    effect::{Effect, Effects, Input, PlatformDone, PlatformTask},
    hsm::{Boot, Hsm},
    replica::Pace,
};
use strongroom_protocol::{
    bytes::Bytes,
    decode, encode,
    genesis::{Class, Platform},
    ids::{Digest, LogIndex},
    limits::FRAME_BYTES_MAX,
    pipe::{HostMessage, Start},
};

const FRAMES_MAX: usize = 64;
/// Effects of one step at most, for what a message of this target's length can cause.
const EFFECTS_MAX: usize = 512;

/// Checks one input.
pub fn run(bytes: &[u8]) {
    use_stand_ins();
    let mut tape = Tape::new(bytes);
    let life = tape.byte() % 6;
    let mut world = HOME.world();
    let mut hsm = match life {
        0 => unborn(),
        1 => {
            let mut hsm = unborn();
            step(&mut hsm, Input::Host(HostMessage::Birth));
            hsm
        }
        _ => {
            world.power_on(1);
            world.node_mut(1).hsm.take().expect("a member")
        }
    };
    if life >= 3 {
        step(&mut hsm, Input::Host(start(&world, life)));
    }
    for _ in 0..FRAMES_MAX {
        if tape.is_empty() {
            return;
        }
        if let Ok(message) = decode::<HostMessage>(tape.chunk()) {
            step(&mut hsm, Input::Host(message));
        }
    }
}

fn unborn() -> Hsm {
    let first_anchor = Anchor::first([1; 16], Secret::new([2; 32]));
    let boot = Boot {
        anchor: None,
        states: Vec::new(),
        first_anchor,
        device: Digest::new([1; 32]),
        measurement: Digest::new([7; 32]),
        platform: Platform::Simulation,
        class: Class::Durable,
        pace: Pace::default(),
    };
    Hsm::boot(boot).expect("an HSM")
}

/// Begins the service: 3 leaves the log unread, 4 is refused, 5 reads nothing since its head is the checkpoint's.
fn start(world: &World, life: u8) -> HostMessage {
    let disk = &world.node(1).disk;
    let head = if life == 4 { Vec::new() } else { disk.head.clone() };
    HostMessage::Start(Start {
        head_table: Bytes::new(head).expect("a head table"),
        head_table_before: Bytes::default(),
        log_first: LogIndex(disk.log.keys().next().copied().unwrap_or(0)),
        log_last: LogIndex(disk.log.keys().next_back().copied().unwrap_or(0)),
    })
}

/// One step, and all that its platform does for it.
fn step(hsm: &mut Hsm, input: Input) {
    let rng = &mut ChaChaRng::from_seed([3; 32]);
    let mut inputs = vec![input];
    let mut count = 0;
    while let Some(input) = inputs.pop() {
        let mut effects = Effects::default();
        let _ = hsm.step(input, rng, &mut effects);
        for effect in effects.take() {
            count += 1;
            assert!(count <= EFFECTS_MAX, "one message causes {count} effects");
            match effect {
                Effect::Host(message) => assert!(encode(&message).len() <= FRAME_BYTES_MAX),
                Effect::Platform(task) => inputs.insert(0, Input::Platform(done(task))),
            }
        }
    }
}

fn done(task: PlatformTask) -> PlatformDone {
    match task {
        PlatformTask::WriteState(_) => PlatformDone::StateWritten,
        PlatformTask::SwapAnchor { .. } => PlatformDone::Swapped,
        PlatformTask::ForgetOldStates => PlatformDone::OldStatesForgotten,
        PlatformTask::CheckAnchor(check) => PlatformDone::AnchorHolds(check),
    }
}
