//! A member whose host is honest is not refused, whenever the power fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod world;

use strongroom_protocol::{
    client::RequestBody,
    pipe::{HostMessage, Role},
};
use world::World;

/// Twice in a row the disk has the next batch and the anchor does not name it.
#[test]
fn two_power_losses_between_disk_and_anchor_refuse_nobody() {
    let mut world = World::founded(5, 67);
    let owner = world.register(1, b"pw");
    for round in 0..2 {
        for number in 1..=5 {
            world.node_mut(number).hold_platform = true;
        }
        if round == 0 {
            let leader = world.leader().unwrap();
            let attempt = world.attempt(owner.vault, b"pw");
            let sent = world.seal(leader, RequestBody::Attempt(attempt.attempt));
            world.ask(leader, sent.frame);
            world.settle();
        }
        for _ in 0..400 {
            if (1..=5).all(|number| !world.node(number).tasks.is_empty()) {
                break;
            }
            world.tick();
        }
        assert!(
            (1..=5).all(|number| !world.node(number).tasks.is_empty()),
            "every member waits for its anchor"
        );
        for number in 1..=5 {
            world.kill(number);
        }
        for number in 1..=5 {
            world.restart(number);
        }
    }
    for number in 1..=5 {
        world.node_mut(number).hold_platform = false;
    }
    for number in 1..=5 {
        assert_ne!(world.status(number).role, Role::Refused, "node {number}");
    }
    world.settle();
    world.until("a leader", 3000, |world| world.leader().is_some());
    assert_eq!(world.guesses_left(2, owner.vault), 10);
    world.assert_sound();
}

/// An entry that no majority holds is cut off, and the power fails before the anchor knows of it.
#[test]
fn a_power_loss_while_an_entry_is_cut_off_refuses_nobody() {
    let mut world = World::founded(3, 68);
    let owner = world.register(1, b"pw");
    let old = world.leader().unwrap();
    let others: Vec<u8> = (1..=3).filter(|number| *number != old).collect();
    let lines: Vec<(u8, u8)> = others.iter().flat_map(|other| [(old, *other), (*other, old)]).collect();
    world.cut.extend(lines);
    let attempt = world.attempt(owner.vault, b"pw");
    let sent = world.seal(old, RequestBody::Attempt(attempt.attempt));
    world.ask(old, sent.frame);
    world.settle();
    world.kill(old);
    world.until("a new leader", 3000, |world| world.leader().is_some());
    world.cut.clear();
    let before = world.node(old).disk.log.clone();
    world.restart(old);
    let cuts = |world: &World| {
        let log = &world.node(old).disk.log;
        before.iter().any(|(index, was)| log.get(index) != Some(was))
    };
    let mut is_cut = false;
    'ticks: for _ in 0..600 {
        for number in 1..=3 {
            world.tell(number, HostMessage::Tick);
        }
        while world.move_once() {
            is_cut = cuts(&world);
            if is_cut {
                break 'ticks;
            }
        }
    }
    assert!(is_cut, "nothing was cut off");
    world.kill(old);
    world.restart(old);
    assert_ne!(world.status(old).role, Role::Refused, "{}", world.status(old).reason.as_str());
}
