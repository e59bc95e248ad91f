//! `run`: many seeds on several threads, each seed in one.

mod tally;

use super::{Changes, keep_panics_quiet};
use clap::Args;
use std::{
    io::IsTerminal,
    ops::Range,
    process::ExitCode,
    str::FromStr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use strongroom_sim::{checker::Violation, run::Report};
use tally::Tally;

/// Arguments of `run`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The seeds from A up to and without B.
    #[arg(long, value_name = "A..B", required_unless_present = "minutes")]
    seeds: Option<Seeds>,
    /// Plays seeds for so long; without --seeds from one on that the clock gives.
    #[arg(long, value_name = "M")]
    minutes: Option<f64>,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Ends with one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Plays each seed twice and holds the two traces against each other.
    #[arg(long)]
    twice: bool,
    /// Goes on after a violation.
    #[arg(long)]
    keep_going: bool,
    #[command(flatten)]
    changes: Changes,
}

/// A range of seeds.
#[derive(Debug, Clone)]
struct Seeds(Range<u64>);

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = text.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
        range
            .filter(|range| !range.is_empty())
            .map(Self)
            .ok_or_else(|| "two numbers like 1..1000 are wanted".into())
    }
}

/// What all threads share.
struct Campaign<'a> {
    arguments: &'a Arguments,
    next: AtomicU64,
    end: u64,
    deadline: Option<Instant>,
    tally: Mutex<Tally>,
    has_failed: AtomicU64,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    if let Some(refusal) = arguments.changes.refusal() {
        eprintln!("strongroom-sim: {refusal}");
        return ExitCode::from(2);
    }
    keep_panics_quiet();
    let seeds = arguments.seeds.clone().map_or_else(fresh_seeds, |seeds| seeds.0);
    let deadline =
        arguments.minutes.map(|minutes| Instant::now() + Duration::from_secs_f64(minutes.max(0.0) * 60.0));
    let campaign = Campaign {
        arguments,
        next: AtomicU64::new(seeds.start),
        end: seeds.end,
        deadline,
        tally: Mutex::new(Tally::new(seeds.start)),
        has_failed: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| campaign.work());
        }
    });
    let tally = campaign.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    if arguments.json {
        println!("{}", tally.to_json());
    } else {
        clear_line();
        println!("{tally}");
    }
    if tally.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Seeds that nobody has chosen: only which ones are played depends on the clock, not what happens in them.
fn fresh_seeds() -> Range<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    now * 1_000_000..u64::MAX
}

impl Campaign<'_> {
    fn work(&self) {
        while let Some(seed) = self.next_seed() {
            let report = self.play(seed);
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(violation) = &report.violation {
                clear_line();
                eprintln!("seed {seed}: {violation}");
                eprintln!("  {}", self.arguments.changes.replay_line(seed, &[]));
                self.has_failed.store(1, Ordering::Relaxed);
            }
            tally.add(seed, &report);
            if std::io::stderr().is_terminal() && tally.seeds().is_multiple_of(16) {
                eprint!("\r\x1b[K{}", tally.line());
            }
        }
    }

    fn play(&self, seed: u64) -> Report {
        let changes = &self.arguments.changes;
        let mut report = changes.play(changes.plan(seed));
        if self.arguments.twice && report.violation.is_none() {
            let second = changes.play(changes.plan(seed));
            if second.trace != report.trace {
                let what =
                    format!("one run ended in trace {:016x}, another in {:016x}", report.trace, second.trace);
                report.violation = Some(Violation::new("same_trace", what));
            }
        }
        report
    }

    fn next_seed(&self) -> Option<u64> {
        let is_over = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let has_failed = self.has_failed.load(Ordering::Relaxed) != 0 && !self.arguments.keep_going;
        if is_over || has_failed {
            return None;
        }
        Some(self.next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < self.end)
    }
}

fn clear_line() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
