//! A whole fleet in one thread: it is founded, serves, loses members and comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod world;

use strongroom_protocol::{client::AttemptAnswer, client::StatusAnswer, pipe::Role};
use world::World;

#[test]
fn five_members_found_a_fleet_and_elect_one_leader() {
    let world = World::founded(5, 1);
    world.assert_sound();
    let leaders = (1..=5).filter(|number| world.status(*number).role == Role::Leader).count();
    assert_eq!(leaders, 1);
    let first = world.node(1).signed.clone().unwrap().statement;
    assert!(world.nodes.iter().all(|node| node.signed.as_ref().unwrap().statement == first));
}

#[test]
fn a_vault_registered_at_one_node_opens_at_every_other() {
    let mut world = World::founded(5, 2);
    let owner = world.register(1, b"correct horse");
    for number in 1..=5 {
        assert_eq!(world.recover(number, &owner), 10);
    }
    world.assert_sound();
}

#[test]
fn ten_wrong_guesses_spread_over_all_nodes_erase_the_slot() {
    let mut world = World::founded(5, 3);
    let owner = world.register(1, b"right");
    for guess in 0..10_u8 {
        let attempt = world.attempt(owner.vault, b"wrong");
        let AttemptAnswer::Answered(answered) = world.send_attempt(guess % 5 + 1, &attempt) else {
            panic!("guess {guess} is not answered");
        };
        assert_eq!(answered.left, 9 - guess);
        assert!(world.finish_attempt(&owner, &attempt, &answered).is_none());
    }
    let attempt = world.attempt(owner.vault, b"right");
    assert!(matches!(world.send_attempt(2, &attempt), AttemptAnswer::Erased));
    assert!(matches!(world.send_attempt(3, &attempt), AttemptAnswer::Erased));
    world.assert_sound();
}

#[test]
fn an_unknown_vault_is_absent_and_leaves_no_entry() {
    let mut world = World::founded(3, 4);
    let before = world.status(1).last;
    let attempt = world.attempt(strongroom_protocol::ids::VaultId::new([9; 32]), b"x");
    assert!(matches!(world.send_attempt(2, &attempt), AttemptAnswer::Absent));
    assert!(matches!(world.vault_status(3, attempt.attempt.vault), StatusAnswer::Absent));
    assert_eq!(world.status(1).last, before);
}

#[test]
fn a_fleet_of_five_serves_with_three_and_is_silent_with_two() {
    let mut world = World::founded(5, 5);
    let owner = world.register(1, b"pw");
    let leader = world.leader().unwrap();
    world.kill(leader);
    let other = (1..=5).find(|number| *number != leader).unwrap();
    world.kill(other);
    let left: Vec<u8> = (1..=5).filter(|number| world.is_running(*number)).collect();
    world.until("a new leader", 2000, |world| world.leader().is_some());
    assert_eq!(world.recover(left[0], &owner), 10);
    world.kill(left[2]);
    world.ticks(300);
    let attempt = world.attempt(owner.vault, b"pw");
    let sent = world.seal(left[0], strongroom_protocol::client::RequestBody::Attempt(attempt.attempt));
    let id = world.ask(left[0], sent.frame.clone());
    world.ticks(650);
    let answer = sent.open(&world.answers[&id]).unwrap();
    assert!(matches!(
        answer.body,
        strongroom_protocol::client::AnswerBody::Attempt(AttemptAnswer::Refused(
            strongroom_protocol::client::Refusal::NoMajority
        ))
    ));
}

#[test]
fn all_members_lose_power_and_every_acknowledged_vault_opens() {
    let mut world = World::founded(5, 6);
    let owners: Vec<_> = (1..=5).map(|number| world.register(number, &[number])).collect();
    for number in 1..=5 {
        world.kill(number);
    }
    for number in 1..=5 {
        world.restart(number);
    }
    world.until("a leader", 3000, |world| world.leader().is_some());
    for owner in &owners {
        assert_eq!(world.recover(3, owner), 10);
    }
    world.assert_sound();
}
