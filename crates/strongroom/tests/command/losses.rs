//! Nodes that are killed under load (G1, G5, G6), and what passes for ten guesses meanwhile (G2).

use crate::world::{Plan, World};
use std::time::{Duration, Instant};
use strongroom_client::{ClientError, Credential};

const FIVE: Plan = Plan { nodes: 5, guesses: 10, checkpoint_seconds: None };
const RESTORE: [&str; 6] = ["restore", "out", "--repo", "repo", "--password-file", "password"];

#[test]
fn all_processes_are_killed_under_load_and_every_acknowledged_vault_opens() {
    let mut world = World::of(FIVE);
    let load = world.begin_load(8);
    load.wait_for_more(100);
    world.kill_everything();
    let vaults = load.stop(&world);
    assert!(vaults.len() >= 100, "{} vaults", vaults.len());
    world.fleet.start().unwrap();
    world.wait_until_whole();
    assert_eq!(world.open_all(vaults), Vec::<String>::new());
}

#[test]
fn the_leader_is_killed_under_load_and_the_next_recovery_succeeds() {
    let mut world = World::of(FIVE);
    let load = world.begin_load(8);
    load.wait_for_more(20);
    let vault = world.register("me");
    for _ in 0..2 {
        let leader = world.wait_until_whole();
        world.fleet.kill(&leader);
        let begun = Instant::now();
        // A new client, as on a new device: it knows no keys and no leader.
        let client = world.client("me");
        world.open(&client, &vault);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        load.wait_for_more(10);
        world.fleet.start().unwrap();
    }
    world.wait_until_whole();
    let vaults = load.stop(&world);
    assert_eq!(world.open_all(vaults), Vec::<String>::new());
}

#[test]
fn three_of_five_killed_are_exit_5_in_time_and_not_one_answer() {
    let mut world = World::of(FIVE);
    world.back_up();
    let leader = world.wait_until_whole();
    let mut names: Vec<_> = world.fleet.names().map(str::to_owned).collect();
    names.retain(|name| *name != leader);
    let (killed, left) = ([leader, names[0].clone(), names[1].clone()], [&names[2], &names[3]]);
    let answered = |world: &World| {
        left.map(|name| {
            let counters = world.node_status(name).unwrap().counters;
            (counters.guesses_answered, counters.successes, counters.slots_erased)
        })
    };
    let before = answered(&world);
    killed.iter().for_each(|name| world.fleet.kill(name));
    let begun = Instant::now();
    let ended = world.run_on("second", RESTORE).expect_code(5);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    let said = "The fleet cannot answer: 2 of 5 nodes are reachable, 3 are needed.";
    assert!(ended.err.contains(said), "{}", ended.err);
    assert_eq!(answered(&world), before);
    world.run(["fleet", "status", "--json"]).expect_code(5);
    // One more makes a majority.
    world.fleet.start().unwrap();
    world.wait_until_whole();
    world.run_on("second", RESTORE).expect_code(0);
}

#[test]
fn ten_wrong_passwords_over_all_nodes_with_the_leader_killed_are_ten_answers_and_then_exit_4() {
    let mut world = World::of(FIVE);
    world.back_up();
    let locator = std::fs::read(world.path("repo/strongroom.json")).unwrap();
    let locator = strongroom_client::Locator::from_bytes(&locator).unwrap();
    let endpoints: Vec<_> = world.fleet.endpoints().iter().map(ToString::to_string).collect();
    let mut killed = None;
    for guess in 0..10_u8 {
        if guess == 5 {
            let leader = world.wait_until_whole();
            world.fleet.kill(&leader);
            killed = world.fleet.names().position(|name| name == leader);
        }
        let asked = usize::from(guess) % 5;
        let asked = if killed == Some(asked) { (asked + 1) % 5 } else { asked };
        let thief = world.client_of("thief", &endpoints[asked..=asked]);
        let wrong = Credential::password(format!("wrong {guess}"));
        match world.runtime.block_on(thief.recover(&locator, wrong)) {
            Err(ClientError::WrongPassword { left, .. }) => assert_eq!(left, 9 - guess),
            Err(error) => panic!("guess {guess} at node {}: {error}", asked + 1),
            Ok(_) => panic!("a wrong password opened the vault"),
        }
    }
    let ended = world.run_on("second", RESTORE).expect_code(4);
    assert!(ended.err.contains("This vault is erased"), "{}", ended.err);
    world.fleet.start().unwrap();
    world.wait_until_whole();
    for endpoint in endpoints {
        let owner = world.client_of("me", std::slice::from_ref(&endpoint));
        let right = Credential::password(crate::world::PASSWORD);
        let refused = world.runtime.block_on(owner.recover(&locator, right)).err();
        assert!(matches!(refused, Some(ClientError::Erased)), "{endpoint}: {refused:?}");
    }
}
