//! Chaos: a fleet of five nodes of real processes under load, while processes are killed and stopped, and lines
//! between them are blocked, swallow and delay.
//!
//! `cargo xtask measure chaos [--minutes M] [--seed N] [--json] [--keep]`. What clients are told is held against a model of the
//! rules all the while, and at the end every vault is opened. It ends with 1 where anything acknowledged is lost, a
//! guess too many is answered, clients learn what does not fit together, or somebody is answered without a majority.
//!
//! The seed decides what is drawn, not when the processes get to it: a run is not repeated step by step. That is the
//! simulator's work (`crates/strongroom-sim`).
//!
//! Absent on purpose: disks that are put back or lie. Every node's files are as it left them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]
#![allow(missing_docs, reason = "a measurement is no library")]
#![allow(dead_code, reason = "the tests use more of the harness")]

#[path = "chaos/act.rs"]
mod act;
#[path = "chaos/audit.rs"]
mod audit;
#[path = "chaos/case.rs"]
mod case;
#[path = "chaos/dice.rs"]
mod dice;
#[path = "chaos/director.rs"]
mod director;
#[path = "chaos/fault.rs"]
mod fault;
#[path = "chaos/fleet.rs"]
mod fleet;
#[path = "chaos/journal.rs"]
mod journal;
#[path = "chaos/judge.rs"]
mod judge;
#[path = "chaos/lines.rs"]
mod lines;
#[path = "chaos/load.rs"]
mod load;
#[path = "chaos/model.rs"]
mod model;
#[path = "chaos/probe.rs"]
mod probe;
#[path = "chaos/pulse.rs"]
mod pulse;
#[path = "chaos/quitter.rs"]
mod quitter;
#[path = "chaos/report.rs"]
mod report;
#[path = "chaos/site.rs"]
mod site;
#[path = "chaos/tally.rs"]
mod tally;
#[path = "chaos/worker.rs"]
mod worker;
#[path = "../tests/command/world.rs"]
mod world;

use audit::audit;
use director::Director;
use fleet::Fleet;
use journal::Journal;
use load::Load;
use report::Report;
use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};
use strongroom::signals::interrupted;
use tokio::runtime::{Builder, Runtime};

/// How often a line tells how the run goes.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
/// Minutes of faults where nothing else is asked for.
const MINUTES: f64 = 10.0;
const MINUTES_MAX: f64 = 24.0 * 60.0;

/// What is asked for.
struct Request {
    length: Duration,
    seed: u64,
    is_json: bool,
    /// Whether the fleet's folder stays, with the logs of its nodes.
    is_kept: bool,
}

fn main() -> ExitCode {
    let Some(request) = Request::of(std::env::args().skip(1)) else {
        eprintln!("usage: cargo xtask measure chaos [--minutes M] [--seed N] [--json] [--keep]");
        return ExitCode::from(2);
    };
    eprintln!("seed {}", request.seed);
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let report = run(&request, &runtime);
    runtime.shutdown_background();
    if request.is_json {
        println!("{}", report.to_json());
    } else {
        report.print();
    }
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Request {
    fn of(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let (mut minutes, mut seed, mut is_json, mut is_kept) = (MINUTES, None, false, false);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--minutes" => minutes = arguments.next()?.parse().ok()?,
                "--seed" => seed = Some(arguments.next()?.parse().ok()?),
                "--json" => is_json = true,
                "--keep" => is_kept = true,
                // The first is the measurement's name; cargo adds the second to what it is given.
                "chaos" | "--bench" => {}
                _ => return None,
            }
        }
        if !(minutes > 0.0 && minutes <= MINUTES_MAX) {
            return None;
        }
        let seed = seed.unwrap_or_else(|| u64::from(getrandom::u32().unwrap()));
        Some(Self { length: Duration::from_secs_f64(minutes * 60.0), seed, is_json, is_kept })
    }
}

fn run(request: &Request, runtime: &Runtime) -> Report {
    let journal = Arc::new(Journal::new());
    let watched = journal.clone();
    let interrupt = {
        let _guard = runtime.enter();
        interrupted()
    };
    runtime.spawn(async move {
        interrupt.await;
        watched.violation("interrupted");
        watched.end();
    });
    let fleet = Fleet::found(runtime);
    let load = Load::new(journal.clone(), fleet.dialler.clone(), runtime.handle().clone());
    let mut director = Director::new(fleet, load.clone(), request.seed);
    let vaults = play(request, &journal, &load, &mut director);
    for site in &mut director.fleet.sites {
        if site.end() {
            journal.violation(format!("an HSM process of {} has outlived its host", site.name));
        }
    }
    if request.is_kept {
        director.fleet.home.disable_cleanup(true);
        eprintln!("the fleet stays in {}", director.fleet.home.path().display());
    }
    Report {
        seed: request.seed,
        length: request.length.min(journal.elapsed()),
        book: journal.book(),
        vaults,
        unanswered: director.unanswered,
    }
}

/// Load and faults, then an end to the faults, then an end to the load, then every vault.
fn play(
    request: &Request,
    journal: &Arc<Journal>,
    load: &Arc<Load>,
    director: &mut Director,
) -> Option<audit::Vaults> {
    if !director.wait_until_whole() {
        journal.violation("the fleet did not come up");
        return None;
    }
    journal.begin();
    let threads = load.start(request.seed);
    let mut next_line = Instant::now() + PROGRESS_INTERVAL;
    director.let_happen(Instant::now() + request.length, || {
        if Instant::now() >= next_line {
            next_line += PROGRESS_INTERVAL;
            journal.progress();
        }
    });
    director.end_faults();
    let is_whole = director.wait_until_whole();
    load.stop();
    for thread in threads {
        if thread.join().is_err() {
            journal.violation("a client thread panicked");
        }
    }
    if !is_whole {
        journal.violation("the fleet is not whole after the faults");
        return None;
    }
    journal.happened("faults and load have ended; every vault is looked at");
    Some(audit(load))
}
