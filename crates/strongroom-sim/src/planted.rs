//! Plants every bug, one at a time, and counts the seeds until a checker notices it.
//!
//! A bug that no seed catches is a gap in what the clients, the enemies and the faults do, or in the checkers: there
//! it is closed, never in the list.
//!
//! Absent on purpose: this module in any build but the simulator's own; no other knows a bug.

mod table;

pub use table::print;

use crate::{
    plan::Plan,
    run::{Manner, run},
};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use strongroom_hsm::planted::Bug;

/// Seeds between two starts, so that no two hunts see the same runs.
const APART: u64 = 1_000_000;

/// What is to be hunted, and how long.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// The bug; all of them where none is named
    pub name: Option<String>,
    /// Seeds after which a hunt gives up; each bug's own number where none is given
    #[arg(long)]
    pub seeds: Option<u64>,
    /// Hunts for each bug, each from another seed on
    #[arg(long, default_value_t = 5)]
    pub starts: u64,
    /// Hunts at a time
    #[arg(long, default_value_t = 2)]
    pub jobs: usize,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// How one hunt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunt {
    /// How many seeds it took, the one that caught the bug included.
    pub seeds: u64,
    /// The seed that caught it and the checker that noticed; none where none did.
    pub caught: Option<Caught>,
    /// How often the bug's place was reached, in all seeds.
    pub reached: u64,
}

/// What caught a bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// The seed.
    pub seed: u64,
    /// The checker.
    pub checker: &'static str,
    /// What it says.
    pub what: String,
}

/// What came of all hunts for one bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The bug.
    pub bug: Bug,
    /// Seeds after which a hunt gave up.
    pub seeds_max: u64,
    /// The hunts, in the order of their starts.
    pub hunts: Vec<Hunt>,
}

/// No bug has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no planted bug `{0}`; without a name all are hunted and listed")]
pub struct NoSuchBug(String);

impl Row {
    /// Whether every hunt caught the bug.
    pub fn is_caught(&self) -> bool {
        self.hunts.iter().all(|hunt| hunt.caught.is_some())
    }

    /// The median of the seeds that the hunts took; none where half of them did not catch it.
    pub fn median(&self) -> Option<u64> {
        let mut seeds: Vec<u64> =
            self.hunts.iter().map(|hunt| if hunt.caught.is_some() { hunt.seeds } else { u64::MAX }).collect();
        seeds.sort_unstable();
        seeds.get(seeds.len() / 2).copied().filter(|seeds| *seeds != u64::MAX)
    }

    /// The checkers that caught it, the one that did so most often first.
    pub fn checkers(&self) -> Vec<&'static str> {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for caught in self.hunts.iter().filter_map(|hunt| hunt.caught.as_ref()) {
            *counts.entry(caught.checker).or_default() += 1;
        }
        let mut checkers: Vec<_> = counts.into_iter().collect();
        checkers.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
        checkers.into_iter().map(|(checker, _)| checker).collect()
    }
}

/// Hunts the bugs that the arguments name.
///
/// # Errors
/// No bug has the given name.
pub fn hunt_all(arguments: &Arguments) -> Result<Vec<Row>, NoSuchBug> {
    let bugs: Vec<Bug> = match &arguments.name {
        None => Bug::ALL.to_vec(),
        Some(name) => {
            let found = Bug::ALL.iter().find(|bug| bug.name() == name).copied();
            vec![found.ok_or_else(|| NoSuchBug(name.clone()))?]
        }
    };
    let tasks: Vec<(Bug, u64)> =
        bugs.iter().flat_map(|bug| (0..arguments.starts).map(|start| (*bug, start))).collect();
    let hunts = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    quietly(|| {
        thread::scope(|scope| {
            for _ in 0..arguments.jobs.max(1) {
                scope.spawn(|| {
                    while let Some((bug, start)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let hunt = hunt(*bug, start * APART + 1, arguments.seeds.unwrap_or(bug.seeds_max()));
                        hunts.lock().unwrap_or_else(PoisonError::into_inner).insert((*bug, *start), hunt);
                    }
                });
            }
        });
    });
    let hunts = hunts.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(bugs.into_iter().map(|bug| row(bug, arguments, &hunts)).collect())
}

fn row(bug: Bug, arguments: &Arguments, hunts: &BTreeMap<(Bug, u64), Hunt>) -> Row {
    let of = hunts.range((bug, 0)..=(bug, u64::MAX)).map(|(_, hunt)| hunt.clone());
    Row { bug, seeds_max: arguments.seeds.unwrap_or(bug.seeds_max()), hunts: of.collect() }
}

/// Runs seed after seed with a bug in it until a checker notices.
fn hunt(bug: Bug, first: u64, seeds_max: u64) -> Hunt {
    let mut reached = 0;
    for seed in first..first + seeds_max {
        let report =
            run(Plan::of_seed(seed), Manner { planted: Some(bug.name().into()), ..Manner::default() });
        reached += strongroom_hsm::planted::times_reached();
        if let Some(violation) = report.violation
            && is_clean(seed)
        {
            let caught = Caught { seed, checker: violation.checker, what: violation.what };
            return Hunt { seeds: seed - first + 1, caught: Some(caught), reached };
        }
    }
    Hunt { seeds: seeds_max, caught: None, reached }
}

/// Whether a seed ends well without a bug. One that does not has found something else, and catches nothing.
fn is_clean(seed: u64) -> bool {
    run(Plan::of_seed(seed), Manner::default()).violation.is_none()
}

/// A bug may make an HSM panic, which is caught and judged; its words are not for the terminal.
fn quietly(act: impl FnOnce()) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    act();
    std::panic::set_hook(usual);
}
