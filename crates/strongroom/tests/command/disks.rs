//! Disks that are put back, and nodes that are cloned (G2): refused with a reason, healed or shut out.

use crate::world::{Plan, World, copy};
use std::{
    fs,
    thread::sleep,
    time::{Duration, Instant},
};

const FIVE: Plan = Plan { nodes: 5, guesses: 10, checkpoint_seconds: Some(3) };
const HEALING_MAX: Duration = Duration::from_secs(30);

/// A follower's name, and those of all other nodes.
fn a_follower(world: &mut World) -> (String, Vec<String>) {
    let leader = world.wait_until_whole();
    let names: Vec<_> = world.fleet.names().map(str::to_owned).collect();
    let follower = names.iter().find(|name| **name != leader).unwrap().clone();
    let others = names.into_iter().filter(|name| *name != follower).collect();
    (follower, others)
}

/// What `fleet status --json` says of a node; the fleet must have its majority.
fn told(world: &World, name: &str) -> (String, String) {
    let status = world.run(["fleet", "status", "--json"]).expect_code(0).json();
    assert_eq!(status["majority"], true, "{status}");
    let node = status["nodes"].as_array().unwrap().iter().find(|node| node["name"] == name).unwrap().clone();
    let word = |field: &str| node[field].as_str().unwrap().to_owned();
    (word("state"), word("reason"))
}

#[test]
fn a_node_whose_store_was_put_back_is_refused_heals_and_keeps_its_reason() {
    let mut world = World::of(FIVE);
    let (victim, _) = a_follower(&mut world);
    let (store, older) = (world.path(&format!("fleet/{victim}/store")), world.path("older"));
    world.fleet.kill(&victim);
    copy(&store, &older);
    world.fleet.start().unwrap();
    world.wait_until_whole();
    let load = world.begin_load(4);
    load.wait_for_more(30);
    world.fleet.kill(&victim);
    fs::remove_dir_all(&store).unwrap();
    copy(&older, &store);
    world.fleet.start().unwrap();

    let (begun, mut refused) = (Instant::now(), None);
    let healed = loop {
        let (state, reason) = told(&world, &victim);
        match state.as_str() {
            "refused" => refused = Some(reason.clone()),
            "follower" | "leader" if reason.ends_with("; healed") => break reason,
            _ => assert!(refused.is_none() || state == "follower", "{victim} is {state}: {reason}"),
        }
        assert!(begun.elapsed() < HEALING_MAX, "{victim} is {state}: {reason}");
        sleep(Duration::from_millis(20));
    };
    let cause = "its disk was put back to an older copy";
    let refused = refused.expect("the node was seen refused");
    assert!(refused.starts_with(cause) && healed.starts_with(cause), "{refused}; then {healed}");
    load.wait_for_more(10);
    let vaults = load.stop(&world);
    // What was acknowledged meanwhile opens at the healed node too, and the reason stays.
    let place = world.fleet.names().position(|name| name == victim).unwrap();
    let endpoint = world.fleet.endpoints()[place].to_string();
    let last = vaults.last().unwrap();
    world.open(&world.client_of("me", &[endpoint]), last);
    assert_eq!(world.open_all(vaults), Vec::<String>::new());
    assert_eq!(told(&world, &victim).1, healed);
}

#[test]
fn a_node_cloned_from_another_s_folder_is_shut_out_for_good() {
    let mut world = World::of(FIVE);
    let (victim, others) = a_follower(&mut world);
    let (folder, clone) = (world.path(&format!("fleet/{victim}")), world.path("clone"));
    world.fleet.kill(&victim);
    copy(&folder, &clone);
    world.fleet.start().unwrap();
    world.wait_until_whole();
    let vault = world.register("me");
    let number = world.node_status(&victim).unwrap().node;

    // The original goes, and its clone comes in its place, with everything that was the original's.
    world.fleet.kill(&victim);
    fs::remove_dir_all(&folder).unwrap();
    copy(&clone, &folder);
    world.fleet.start().unwrap();
    let is_alone = |world: &World| {
        others.iter().all(|name| !world.node_status(name).unwrap().sessions.contains(&number))
    };
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(6) {
        let said = world.node_status(&victim);
        assert!(said.is_none_or(|said| said.state != "leader" && said.leader == 0), "the clone takes part");
        sleep(Duration::from_millis(100));
    }
    assert!(is_alone(&world), "a member speaks with the clone");
    let (_, reason) = told(&world, &victim);
    assert!(reason.contains("no other HSM speaks with this one"), "{reason}");
    world.open(&world.client("me"), &vault);
}
