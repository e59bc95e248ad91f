//! `corpus`: every seed that ever failed, in the order in which they were found.

use super::{Changes, keep_panics_quiet};
use clap::Args;
use std::process::ExitCode;
use strongroom_sim::corpus;

/// Arguments of `corpus`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    changes: Changes,
}

pub(crate) fn corpus(arguments: &Arguments) -> ExitCode {
    let seeds = match corpus::seeds() {
        Ok(seeds) => seeds,
        Err(error) => {
            eprintln!("strongroom-sim: {error}");
            return ExitCode::from(2);
        }
    };
    keep_panics_quiet();
    let mut failed = 0;
    for known in &seeds {
        let plan = arguments.changes.plan(known.seed).changed(&known.changes);
        let report = arguments.changes.play(plan);
        if let Some(violation) = report.violation {
            failed += 1;
            println!("{} ({}): {violation}", known.seed, known.what);
            println!("  {}", arguments.changes.replay_line(known.seed, &known.changes));
        }
    }
    println!("{} seeds, {failed} violations", seeds.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
