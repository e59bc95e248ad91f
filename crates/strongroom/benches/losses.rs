//! What the loss of a leader, and of all power, costs a fleet of real processes under load.
//!
//! `cargo xtask measure leader-loss`, `cargo xtask measure power-loss`: a minute each. They stand on the
//! harness of the command's tests, and end in a panic where anything that was acknowledged is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]
#![allow(dead_code, reason = "the tests use more of the harness")]

#[path = "../tests/command/load.rs"]
mod load;
#[path = "../tests/command/world.rs"]
mod world;

use crate::world::{Plan, World};
use std::{
    process::ExitCode,
    thread::sleep,
    time::{Duration, Instant},
};

const FIVE: Plan = Plan { nodes: 5, guesses: 10, checkpoint_seconds: None };
/// Times that a leader is lost.
const ROUNDS: usize = 20;
/// Clients that register meanwhile.
const CLIENTS: usize = 16;
/// How long the load goes on before the power fails.
const LOAD_LENGTH: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    // Cargo adds `--bench` to what it is given.
    match std::env::args().nth(1).as_deref() {
        Some("leader-loss") => leader_loss(),
        Some("power-loss") => power_loss(),
        _ => {
            eprintln!("usage: cargo xtask measure leader-loss|power-loss");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn leader_loss() {
    let mut world = World::of(FIVE);
    let vault = world.register("me");
    let load = world.begin_load(CLIENTS);
    let mut times = Vec::new();
    for round in 1..=ROUNDS {
        let leader = world.wait_until_whole();
        load.wait_for_more(50);
        // A new client each time, as on a new device; its TLS roots are read before the clock starts.
        let client = world.client("me");
        world.kill_hsm(&leader);
        world.fleet.kill(&leader);
        let begun = Instant::now();
        world.open(&client, &vault);
        let took = begun.elapsed();
        println!("{round:2}  {leader} killed, the next recovery after {} ms", took.as_millis());
        times.push(took);
        world.fleet.start().unwrap();
    }
    times.sort();
    let (median, worst) = (times[ROUNDS / 2], times[ROUNDS - 1]);
    let vaults = load.stop(&world);
    let count = vaults.len();
    world.wait_until_whole();
    assert_eq!(world.open_all(vaults), Vec::<String>::new());
    println!(
        "leader lost under load {ROUNDS} times: the next recovery after {} ms (median), {} ms (worst), goal 2000 ms; \
         {count} vaults were acknowledged meanwhile, and all of them open",
        median.as_millis(),
        worst.as_millis()
    );
}

fn power_loss() {
    let mut world = World::of(FIVE);
    let load = world.begin_load(CLIENTS);
    sleep(LOAD_LENGTH);
    let begun = Instant::now();
    world.kill_everything();
    println!("all ten processes killed within {} ms", begun.elapsed().as_millis());
    let vaults = load.stop(&world);
    let count = vaults.len();
    let begun = Instant::now();
    world.fleet.start().unwrap();
    let leader = world.wait_until_whole();
    println!("started again, {leader} leads after {} ms", begun.elapsed().as_millis());
    let failures = world.open_all(vaults);
    println!("{count} vaults were acknowledged under load; all open: {}", failures.is_empty());
    assert_eq!(failures, Vec::<String>::new());
}
