//! A fixed set of seeds, with all of the real cryptography: each runs to its end, and breaks nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};
use strongroom_sim::{
    corpus,
    plan::{Change, Plan},
    run::{Manner, Report, run},
};

/// Small enough for a build that is not optimised.
fn plan(seed: u64) -> Plan {
    let changes = ["operations=24", "real=1"];
    Plan::of_seed(seed).changed(&changes.map(|change| change.parse::<Change>().unwrap()))
}

fn play(plan: Plan) -> Report {
    run(plan, Manner::default())
}

#[test]
fn thirty_fleets_in_hostile_hands_keep_every_guarantee() {
    let next = AtomicU64::new(1);
    let reports: Vec<Report> = thread::scope(|scope| {
        let works: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let seeds = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
                    seeds.take_while(|seed| *seed <= 30).map(|seed| play(plan(seed))).collect::<Vec<_>>()
                })
            })
            .collect();
        works.into_iter().flat_map(|work| work.join().unwrap()).collect()
    });
    assert_eq!(reports.len(), 30);
    let faults: u64 = reports.iter().map(|report| report.coverage.faults()).sum();
    let operations: u64 = reports.iter().map(|report| report.operations).sum();
    for report in reports {
        assert_eq!(report.violation, None, "seed {}", report.plan.seed);
    }
    assert!(faults > 300, "only {faults} faults were injected");
    assert!(operations >= 30 * 24, "only {operations} operations came to their end");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [3, 5] {
        let (first, second) = (play(plan(seed)), play(plan(seed)));
        assert_eq!((first.trace, first.steps, first.time), (second.trace, second.steps, second.time));
        assert_ne!(first.trace, play(plan(seed + 100)).trace);
    }
}

#[test]
fn every_seed_that_ever_failed_passes() {
    for known in corpus::seeds().unwrap() {
        let report = play(Plan::of_seed(known.seed).changed(&known.changes));
        assert_eq!(report.violation, None, "seed {}: {}", known.seed, known.what);
    }
}
