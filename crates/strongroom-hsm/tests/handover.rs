//! How a member that lags, or whose disk was put back, comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod world;

use strongroom_hsm::{effect::PlatformTask, replica::Pace};
use strongroom_protocol::client::RequestBody;
use strongroom_protocol::ids::NodeNumber;
use strongroom_protocol::pipe::{HostMessage, Role};
use world::{QUICK, World};

fn followers(world: &World) -> Vec<u8> {
    let leader = world.leader().unwrap();
    (1..=world.size()).filter(|number| *number != leader).collect()
}

#[test]
fn checkpoints_are_recorded_everywhere_and_forget_the_log_before() {
    let mut world = World::founded_at(5, 20, QUICK);
    let owner = world.register(1, b"pw");
    let before = world.status(1).checkpoint;
    world.until("a checkpoint everywhere", 2000, |world| {
        (1..=5).all(|number| world.status(number).checkpoint > before && world.status(number).era.0 >= 2)
    });
    for number in 1..=5 {
        let status = world.status(number);
        let oldest = world.node(number).disk.log.keys().next().copied().unwrap_or(u64::MAX);
        assert!(oldest > status.checkpoint.0, "node {number} keeps entry {oldest}");
    }
    world.ticks(1000);
    assert!(world.status(2).era.0 >= 4);
    assert_eq!(world.recover(4, &owner), 10);
    world.assert_sound();
}

#[test]
fn a_member_restarts_in_any_era() {
    let mut world = World::founded_at(3, 21, QUICK);
    let owner = world.register(1, b"pw");
    for round in 0..6 {
        world.ticks(150);
        let number = round % 3 + 1;
        world.restart(number);
        world.until("a leader", 3000, |world| world.leader().is_some());
        assert_eq!(world.recover(number, &owner), 10, "round {round}");
    }
    world.assert_sound();
}

#[test]
fn a_member_that_was_away_for_eras_is_handed_over_and_serves() {
    let mut world = World::founded_at(5, 22, QUICK);
    let away = followers(&world)[0];
    let first = world.register(1, b"first");
    world.kill(away);
    let stays = followers(&world)[1];
    let owners: Vec<_> = (0..24_u8).map(|n| world.register(stays, &[n])).collect();
    world.ticks(1500);
    assert!(world.status(stays).era.0 >= 3);
    world.restart(away);
    world.until("the hand-over", 4000, |world| {
        world.status(away).checkpoint.0 > 1 && world.status(away).applied == world.status(stays).applied
    });
    assert_eq!(world.recover(away, &first), 10);
    for owner in &owners {
        assert_eq!(world.recover(away, owner), 10);
    }
    world.assert_sound();
}

/// One tick for everybody, in which a member's frames are kept back, but for those that begin sessions.
fn tick_but_keep(world: &mut World, from: u8, kept: &mut Vec<(NodeNumber, NodeNumber, Vec<u8>)>) {
    (1..=world.size()).for_each(|number| world.tell(number, HostMessage::Tick));
    while world.move_once() {
        let is_kept = |frame: &(NodeNumber, NodeNumber, Vec<u8>)| frame.0.0 == from && frame.2.len() < 1000;
        let (late, sent): (Vec<_>, Vec<_>) = world.network.drain(..).partition(is_kept);
        kept.extend(late);
        world.network = sent.into();
    }
}

#[test]
fn a_member_that_lags_is_sent_no_checkpoint_whose_keys_are_gone() {
    let mut world = World::founded_at(3, 23, QUICK);
    let (leader, lags) = (world.leader().unwrap(), followers(&world)[0]);
    let owner = world.register(leader, b"first");
    let cut = (1..=3).flat_map(|number| [(number, lags), (lags, number)]);
    world.cut.extend(cut);
    world.register(leader, b"second");
    let era = world.status(leader).era;
    world.until("a checkpoint without it", 2000, |world| {
        world.status(leader).era > era && world.status(leader).checkpoint.0 > world.status(lags).applied.0
    });
    world.register(leader, b"third");
    // It hears the others again, and what it says of its log comes late.
    world.cut.clear();
    let mut late = Vec::new();
    (0..20).for_each(|_| tick_but_keep(&mut world, lags, &mut late));
    // The leader's platform stops where the next checkpoint is about to be recorded.
    world.node_mut(leader).hold_platform = true;
    let records = |task: Option<&PlatformTask>| matches!(task, Some(PlatformTask::WriteState(_)));
    for _ in 0..2000 {
        if records(world.node(leader).tasks.front()) {
            break;
        }
        if let Some(task) = world.node_mut(leader).tasks.pop_front() {
            world.carry_out(usize::from(leader) - 1, task);
        } else {
            tick_but_keep(&mut world, lags, &mut late);
        }
    }
    assert!(records(world.node(leader).tasks.front()), "no checkpoint was about to be recorded");
    // An entry waits for its turn on the disk. Now the leader hears where the other's log ends, and takes out of its
    // own what it is about to forget; both leave together.
    let waiting = world.new_owner(b"waiting");
    let upload = world.create_upload(leader, &waiting);
    assert!(world.exchange_for(leader, upload.body, 0).is_none());
    world.network.extend(late);
    world.settle();
    world.node_mut(leader).hold_platform = false;
    world.settle();
    assert_eq!(world.node(lags).fault, None);
    world.until("the hand-over", 4000, |world| {
        world.node(lags).hsm.is_some() && world.status(lags).applied == world.status(leader).applied
    });
    assert_eq!(world.node(lags).fault, None);
    assert_eq!(world.recover(lags, &owner), 10);
    world.assert_sound();
}

#[test]
fn a_member_whose_disk_was_put_back_is_refused_heals_and_keeps_its_reason() {
    let mut world = World::founded_at(5, 23, QUICK);
    let number = followers(&world)[0];
    let first = world.register(1, b"first");
    let old = world.node(number).disk.clone();
    let owners: Vec<_> = (0..5_u8).map(|n| world.register(1, &[n])).collect();
    world.kill(number);
    world.node_mut(number).disk = old;
    let cut: Vec<u8> = (1..=5).filter(|other| *other != number).collect();
    for other in &cut {
        world.cut.insert((*other, number));
    }
    world.restart(number);
    world.ticks(50);
    let status = world.status(number);
    assert_eq!(status.role, Role::Refused);
    assert!(status.reason.as_str().contains("put back"), "{}", status.reason.as_str());
    world.cut.clear();
    world.until("healing", 6000, |world| world.status(number).role == Role::Follower);
    let status = world.status(number);
    assert!(status.reason.as_str().contains("healed"), "{}", status.reason.as_str());
    assert_eq!(world.recover(number, &first), 10);
    for owner in &owners {
        assert_eq!(world.recover(number, owner), 10);
    }
    world.assert_sound();
}

#[test]
fn a_refused_member_gives_no_vote_and_no_acknowledgement() {
    let mut world = World::founded_at(3, 24, QUICK);
    let leader = world.leader().unwrap();
    let others = followers(&world);
    let (rolled, dead) = (others[0], others[1]);
    let owner = world.register(leader, b"pw");
    let old = world.node(rolled).disk.clone();
    world.register(leader, b"more");
    world.kill(rolled);
    world.kill(dead);
    world.node_mut(rolled).disk = old;
    world.restart(rolled);
    // One whole member and one refused one are no majority of three, whatever is asked.
    let attempt = world.attempt(owner.vault, b"pw");
    let body = RequestBody::Attempt(attempt.attempt);
    let before = world.status(leader).committed;
    let answer = world.exchange_for(leader, body, 590);
    assert!(answer.is_none(), "a refused member made a majority");
    assert_eq!(world.status(leader).committed, before);
    assert_eq!(world.status(rolled).role, Role::Refused);
    world.restart(dead);
    world.until("healing", 6000, |world| world.status(rolled).role == Role::Follower);
    assert_eq!(world.recover(rolled, &owner), 10);
    world.assert_sound();
}

#[test]
fn a_log_that_fills_up_before_a_checkpoint_is_due_makes_one_due() {
    let pace = Pace { log_bytes_max: 24_000, ..Pace::STANDARD };
    let mut world = World::founded_at(3, 27, pace);
    let owners: Vec<_> = (0..24_u8)
        .map(|n| {
            world.tick();
            world.register(1, &[n])
        })
        .collect();
    let before = world.status(1);
    // More than the log takes arrives between two ticks.
    for owner in owners.iter().cycle().take(192) {
        let attempt = world.attempt(owner.vault, b"wrong");
        let sent = world.seal(1, RequestBody::Attempt(attempt.attempt));
        world.ask(1, sent.frame);
        world.settle();
    }
    let full = world.status(1);
    assert_eq!(full.checkpoint, before.checkpoint);
    assert!(full.last.0 < before.last.0 + 192, "the log takes {} entries", full.last.0 - before.last.0);
    world.ticks(300);
    assert!(world.status(1).checkpoint > full.checkpoint);
    assert_eq!(world.answers.len(), 192);
    assert_eq!(world.recover(2, &owners[0]), 10);
    world.assert_sound();
}

#[test]
fn a_tree_that_is_shut_to_make_room_is_opened_again_and_survives_power_loss() {
    let pace = Pace { tree_bytes_max: 30_000, ..Pace::STANDARD };
    let mut world = World::founded_at(3, 28, pace);
    let owners: Vec<_> = (0..60_u8).map(|n| world.register(1, &[n])).collect();
    assert_eq!(world.status(1).checkpoint.0, 1, "no checkpoint has sealed the tree");
    assert!(world.node(1).disk.tree.len() > 40, "{} nodes were sealed", world.node(1).disk.tree.len());
    for (owner, node) in owners.iter().zip([1, 2, 3].into_iter().cycle()) {
        assert_eq!(world.recover(node, owner), 10);
    }
    (1..=3).for_each(|node| world.kill(node));
    (1..=3).for_each(|node| world.restart(node));
    world.until("a leader", 1000, |world| world.leader().is_some());
    for (owner, node) in owners.iter().zip([2, 3, 1].into_iter().cycle()) {
        assert_eq!(world.recover(node, owner), 10);
    }
    world.assert_sound();
}

#[test]
fn a_lost_tree_node_is_fetched_from_another_host() {
    let mut world = World::founded_at(3, 25, QUICK);
    let owner = world.register(1, b"pw");
    // A checkpoint shuts the tree; before that the record would be read from memory.
    let registered = world.status(2).applied;
    world.until("a checkpoint", 1000, |world| world.status(2).checkpoint > registered);
    let tree = &mut world.node_mut(2).disk.tree;
    let lost = tree.len();
    tree.clear();
    assert!(lost > 0);
    assert_eq!(world.recover(2, &owner), 10);
    assert!(!world.node(2).disk.tree.is_empty());
    world.assert_sound();
}

/// The tree comes slowly while eras go by; at the member's first acknowledgement every disk but a bare majority's is lost.
#[test]
fn a_slow_hand_over_ends_while_checkpoints_go_on_and_what_it_acknowledges_lasts() {
    let pace = Pace { ticks_min: 60, ticks_to_forget: 60, ticks_max: 100, ..Pace::STANDARD };
    let mut world = World::founded_at(5, 26, pace);
    let away = followers(&world)[0];
    world.kill(away);
    let stays = world.leader().unwrap();
    // More by hand: STRONGROOM_VAULTS=100000 cargo test --release -p strongroom-hsm --test handover slow
    let vaults =
        std::env::var("STRONGROOM_VAULTS").ok().and_then(|vaults| vaults.parse().ok()).unwrap_or(400_u32);
    let mut register = |n: u32| {
        world.tick();
        world.register(stays, &n.to_be_bytes())
    };
    let owners: Vec<_> = (0..vaults).map(&mut register).collect();
    world.ticks(900);
    world.node_mut(away).slow_shipping = Some(usize::try_from(vaults / 400).unwrap());
    world.restart(away);
    let mut eras = std::collections::BTreeSet::new();
    let before = world.status(away).checkpoint;
    for round in 0..6000_u32 {
        eras.insert(world.status(stays).era);
        if world.status(away).checkpoint > before {
            break;
        }
        if round % 100 == 0 {
            // Something goes on being forgotten, so that checkpoints go on.
            let owner = &owners[usize::try_from(round / 100).unwrap() % owners.len()];
            world.recover(stays, owner);
        }
        world.tick();
    }
    assert!(eras.len() >= 3, "the era changed {} times during the hand-over", eras.len());
    let status = world.status(away);
    assert!(status.checkpoint > before, "the hand-over did not end: {}", status.reason.as_str());
    let lost: Vec<u8> = (1..=5).filter(|number| *number != away && *number != stays).take(2).collect();
    for number in &lost {
        world.kill(*number);
        world.node_mut(*number).disk = world::Disk::default();
    }
    world.until("a leader", 4000, |world| world.leader().is_some());
    world.until("the member is abreast", 6000, |world| {
        world.leader().is_some_and(|leader| world.status(away).applied == world.status(leader).applied)
    });
    for owner in owners.iter().step_by(owners.len() / 60 + 1) {
        assert_eq!(world.recover(away, owner), 10);
    }
    world.assert_sound();
}
