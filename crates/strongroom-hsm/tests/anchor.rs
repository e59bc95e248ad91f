//! Nothing counts before it is on disk and in the anchor (G1, G5, G6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod world;

use strongroom_protocol::{client::RequestBody, pipe::Role};
use world::World;

/// Every subset of the members whose platform keeps silent: a guess is answered if and only if
/// a majority's anchors are written, the leader's own no more than any other, and the opener's among them.
#[test]
fn nothing_counts_before_the_anchor() {
    let mut world = World::founded(5, 60);
    world.guesses = 10;
    for subset in 0_u8..32 {
        let owner = world.register(1, &[subset]);
        let opener = subset % 5 + 1;
        let held: Vec<u8> = (1..=5).filter(|number| subset >> (number - 1) & 1 == 1).collect();
        for number in &held {
            world.node_mut(*number).hold_platform = true;
        }
        let attempt = world.attempt(owner.vault, &[subset]);
        let sent = world.seal(opener, RequestBody::Attempt(attempt.attempt));
        let id = world.ask(opener, sent.frame.clone());
        world.settle();
        let answered = world.answers.contains_key(&id);
        // The opener applies an entry only when its own copy lasts, too.
        let counts = held.len() <= 2 && !held.contains(&opener);
        assert_eq!(answered, counts, "held {held:?}, leader {:?}", world.leader());
        for number in 1..=5 {
            world.node_mut(number).hold_platform = false;
        }
        world.settle();
        assert!(world.answers.contains_key(&id), "held {held:?}, then let go");
        world.until("rest", 500, |world| world.leader().is_some());
    }
    world.assert_sound();
}

#[test]
fn a_vote_does_not_leave_before_the_anchor() {
    for seed in 61..66 {
        let mut world = World::founded(3, seed);
        let leader = world.leader().unwrap();
        world.kill(leader);
        let others: Vec<u8> = (1..=3).filter(|number| *number != leader).collect();
        // Whichever of the two asks, the other's vote is needed, and one of them cannot make its own last.
        world.node_mut(others[1]).hold_platform = true;
        for tick in 0..600 {
            world.tick();
            // A leader by a vote that does not last would step down again before long; not one tick of it may be.
            let leads = others.iter().any(|number| world.status(*number).role == Role::Leader);
            assert!(!leads, "seed {seed}, tick {tick}");
        }
        world.node_mut(others[1]).hold_platform = false;
        world.until("a leader", 2000, |world| world.leader().is_some());
    }
}

#[test]
fn an_acknowledgement_does_not_leave_before_the_host_reports_the_disk() {
    let mut world = World::founded(3, 62);
    let owner = world.register(1, b"pw");
    let leader = world.leader().unwrap();
    let followers: Vec<u8> = (1..=3).filter(|number| *number != leader).collect();
    for number in &followers {
        world.node_mut(*number).holds_disk = true;
    }
    let attempt = world.attempt(owner.vault, b"pw");
    let sent = world.seal(leader, RequestBody::Attempt(attempt.attempt));
    let id = world.ask(leader, sent.frame);
    world.settle();
    assert!(!world.answers.contains_key(&id));
}

/// The disk holds the next batch, the anchor still names the one before: nobody is refused for it.
#[test]
fn a_power_loss_between_disk_and_anchor_refuses_nobody() {
    let mut world = World::founded(5, 66);
    let owner = world.register(1, b"pw");
    for number in 1..=5 {
        world.node_mut(number).hold_platform = true;
    }
    let leader = world.leader().unwrap();
    let attempt = world.attempt(owner.vault, b"pw");
    let sent = world.seal(leader, RequestBody::Attempt(attempt.attempt));
    world.ask(leader, sent.frame);
    world.settle();
    assert!((1..=5).all(|number| !world.node(number).tasks.is_empty()), "every member waits for its anchor");
    for number in 1..=5 {
        world.kill(number);
        world.node_mut(number).hold_platform = false;
    }
    for number in 1..=5 {
        world.restart(number);
        assert_ne!(world.status(number).role, Role::Refused, "node {number}");
    }
    world.until("a leader", 3000, |world| world.leader().is_some());
    assert_eq!(world.guesses_left(2, owner.vault), 10);
    world.assert_sound();
}

/// All five lose power at every single point of a recovery: what was answered was counted.
#[test]
fn a_power_loss_at_any_point_loses_no_answered_guess() {
    let mut answered_once = false;
    for point in (0..260).step_by(7) {
        let mut world = World::founded(5, 63);
        let owner = world.register(1, b"pw");
        let attempt = world.attempt(owner.vault, b"pw");
        let sent = world.seal(2, RequestBody::Attempt(attempt.attempt));
        let id = world.ask(2, sent.frame.clone());
        for _ in 0..point {
            world.move_once();
        }
        let answered = world.answers.contains_key(&id);
        answered_once |= answered;
        for number in 1..=5 {
            world.kill(number);
        }
        for number in 1..=5 {
            world.restart(number);
        }
        world.until("a leader", 3000, |world| world.leader().is_some());
        let left = world.guesses_left(3, owner.vault);
        assert!(left == 9 || (!answered && left == 10), "at point {point}: {left} left, answered {answered}");
        world.assert_sound();
    }
    assert!(answered_once);
}

#[test]
fn of_two_boots_on_one_platform_one_stops_and_no_term_has_two_leaders() {
    let mut world = World::founded(3, 64);
    let owner = world.register(1, b"pw");
    let leader = world.leader().unwrap();
    // A second program takes the anchor over while the first still runs.
    let platform = &mut world.node_mut(leader).platform;
    let mut anchor = platform.newest().unwrap();
    anchor.boot += 1;
    anchor.sequence += 1;
    anchor.incarnation = [9; 16];
    platform.copies = [Some(anchor.encode().expose().to_vec()), Some(anchor.encode().expose().to_vec())];
    let attempt = world.attempt(owner.vault, b"pw");
    let sent = world.seal(leader, RequestBody::Attempt(attempt.attempt));
    world.ask(leader, sent.frame);
    world.settle();
    assert!(!world.is_running(leader), "the first boot goes on");
    assert!(world.node(leader).stopped.as_ref().unwrap().contains("another boot"));
    world.until("a new leader", 2000, |world| world.leader().is_some_and(|new| new != leader));
}

#[test]
fn a_clone_without_the_anchor_opens_nothing() {
    let mut world = World::founded(3, 65);
    let states = world.node(2).platform.states.clone();
    world.kill(2);
    world.node_mut(2).platform = world::PlatformMemory { states, ..Default::default() };
    world.power_on(2);
    // Without its anchor the platform is that of an HSM that was never born.
    assert!(world.node(2).hsm.as_ref().unwrap().member().is_none());
}
