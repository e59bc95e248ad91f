//! Hostile hosts and strangers at a running HSM's doors (G2, G10).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod world;

use strongroom_crypto::Rng;
use strongroom_protocol::{
    bytes::Bytes,
    client::{RequestBody, Status},
    ids::NodeNumber,
    pipe::{FromClient, HostMessage, PeerBytes, Role},
};
use world::World;

/// Frames as they were seen, changed in every way that costs a host nothing.
fn changed(frames: &[Vec<u8>], rng: &mut strongroom_crypto::ChaChaRng) -> Vec<u8> {
    let mut draw = [0; 8];
    rng.fill(&mut draw);
    let at = usize::from(draw[0]) * 256 + usize::from(draw[1]);
    let mut frame = frames[at % frames.len()].clone();
    match draw[2] % 5 {
        0 => frame.truncate(usize::from(draw[3]) * frame.len() / 256),
        1 => frame.extend_from_slice(&draw),
        2 => {
            let bit = (usize::from(draw[3]) * 256 + usize::from(draw[4])) % (frame.len().max(1) * 8);
            if let Some(byte) = frame.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
        }
        3 => {
            let other = &frames[usize::from(draw[5]) % frames.len()];
            let half = frame.len() / 2;
            frame.truncate(half);
            frame.extend_from_slice(other.get(half..).unwrap_or_default());
        }
        _ => {}
    }
    frame
}

#[test]
fn changed_replayed_and_foreign_frames_at_every_door_stop_nobody() {
    let mut world = World::founded(3, 70);
    world.record_frames = true;
    let owner = world.register(1, b"pw");
    world.recover(2, &owner);
    let mut requests = Vec::new();
    for number in 1..=3 {
        requests.push(world.seal(number, RequestBody::Status(Status { vault: owner.vault })).frame);
    }
    world.ticks(50);
    let peers = core::mem::take(&mut world.seen);
    world.record_frames = false;
    let mut rng = strongroom_crypto::ChaChaRng::from_seed([70; 32]);
    for round in 0..4000_u64 {
        let to = u8::try_from(round % 3 + 1).unwrap();
        let from = NodeNumber(u8::try_from(round / 3 % 5).unwrap());
        let message = if round % 2 == 0 {
            let frame = Bytes::new(changed(&peers, &mut rng)).unwrap();
            HostMessage::Peer(PeerBytes { node: from, frame })
        } else {
            let Some(frame) = Bytes::new(changed(&requests, &mut rng)) else { continue };
            HostMessage::Client(FromClient { id: 1_000_000 + round, frame })
        };
        world.tell(to, message);
        world.settle();
        if round % 50 == 0 {
            world.tick();
        }
    }
    world.assert_sound();
    world.until("a leader", 3000, |world| world.leader().is_some());
    world.ticks(100);
    assert_eq!(world.recover(3, &owner), 10);
}

#[test]
fn a_node_cloned_together_with_its_anchor_is_shut_out_for_good() {
    let mut world = World::founded(5, 71);
    let owner = world.register(1, b"pw");
    let cloned = (1..=5).find(|number| Some(*number) != world.leader()).unwrap();
    world.ticks(50);
    let (platform, disk) = (world.node(cloned).platform.clone(), world.node(cloned).disk.clone());
    // The original starts again, and its peers meet its new boot.
    world.restart(cloned);
    world.until("sessions", 500, |world| world.status(cloned).sessions.as_slice().len() == 4);
    let boot = world.status(cloned).boot;
    world.recover(2, &owner);
    // The copy starts with the same boot counter and another incarnation.
    world.kill(cloned);
    world.node_mut(cloned).platform = platform;
    world.node_mut(cloned).disk = disk;
    world.restart(cloned);
    assert_eq!(world.status(cloned).boot, boot);
    world.ticks(1500);
    let sessions = |world: &World| {
        (1..=5)
            .filter(|number| *number != cloned)
            .any(|number| world.status(number).sessions.as_slice().contains(&NodeNumber(cloned)))
    };
    assert!(!sessions(&world), "a peer speaks with the copy");
    assert_ne!(world.status(cloned).role, Role::Leader);
    // Its peers remember it through their own restarts.
    for number in (1..=5).filter(|number| *number != cloned) {
        world.restart(number);
        world.until("a leader", 3000, |world| world.leader().is_some());
    }
    world.ticks(500);
    assert!(!sessions(&world), "a restart made a peer forget");
    let leader = world.leader().unwrap();
    assert_eq!(world.recover(leader, &owner), 10);
    world.assert_sound();
}
