//! What reading a public log whole costs: `strongroom verify log` as a process of its own, over logs of three sizes in
//! a folder and over the largest from a web server on loopback.
//!
//! `cargo xtask measure audit-log`. It ends in a panic where the log does not verify. The peak of memory is the
//! process's own high-water mark, as the kernel keeps it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]
#![allow(dead_code, reason = "the tests use more of the harness")]

#[path = "../tests/command/trust_world.rs"]
mod trust_world;
#[path = "../tests/command/world.rs"]
mod world;

use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use strongroom_trust::Service;
use trust_world::{Desk, Life, Web, makers::serving, publish};

/// Entries of the logs that are read.
const SIZES: [u64; 3] = [1_000, 10_000, 100_000];
/// Status notes between two bundles.
const STATUSES_PER_BUNDLE: u64 = 98;
/// How often the process's memory is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

fn main() {
    let desk = Desk::new();
    let mut life = Life::new();
    desk.write_root("root.note", &life.actors, 2);
    for size in SIZES {
        grow(&mut life, size);
        let folder = desk.path(&format!("log-{size}"));
        publish(&life.log, &life.actors, &folder);
        measure(&desk, size, "folder", folder.to_str().unwrap());
        if size == SIZES[SIZES.len() - 1] {
            measure(&desk, size, "web", &Web::serve(folder, |_| None).url);
        }
    }
}

/// Bundles with their proposals, each followed by a year of status notes and more.
fn grow(life: &mut Life, size: u64) {
    while life.log.tree.size() < size {
        match life.log.tree.size() % (STATUSES_PER_BUNDLE + 2) {
            1 => life
                .sign_bundle(vec![serving("f2026a", Service::Active), serving("f2023a", Service::Draining)]),
            _ => life.sign_status(),
        }
    }
}

fn measure(desk: &Desk, size: u64, how: &str, place: &str) {
    let begun = Instant::now();
    let mut command = Command::new(world::program());
    command.args(["verify", "log", place, "--trust", "root.note", "--json"]);
    command.current_dir(desk.0.path()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let output = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(output).unwrap());
    let mut peak = 0;
    let ended = loop {
        peak = peak.max(high_water_mark(&status).unwrap_or_default());
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        sleep(LOOK_INTERVAL);
    };
    let took = begun.elapsed();
    let shown: serde_json::Value = serde_json::from_str(&reader.join().unwrap()).unwrap();
    assert!(ended.success());
    assert_eq!(shown["size"], size);
    println!(
        "{size:>7} entries, {:>5} epochs, {how:<6}: {:>6} ms, {:>5.1} MB at most",
        shown["epochs"].as_array().unwrap().len(),
        took.as_millis(),
        f64::from(peak) / 1024.0
    );
}

/// The most memory that a process ever had resident, in KiB.
fn high_water_mark(status: &str) -> Option<u32> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
