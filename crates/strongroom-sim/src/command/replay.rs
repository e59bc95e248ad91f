//! `replay`: one seed, with a readable trace.

use super::Changes;
use clap::Args;
use std::process::ExitCode;
use strongroom_sim::run::{Manner, run};

/// Arguments of `replay`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The seed.
    seed: u64,
    /// Prints who did what.
    #[arg(long)]
    trace: bool,
    /// Ends after so many events.
    #[arg(long, value_name = "STEP")]
    stop_at: Option<u64>,
    #[command(flatten)]
    changes: Changes,
}

pub(crate) fn replay(arguments: Arguments) -> ExitCode {
    if let Some(refusal) = arguments.changes.refusal() {
        eprintln!("strongroom-sim: {refusal}");
        return ExitCode::from(2);
    }
    let plan = arguments.changes.plan(arguments.seed);
    println!("{plan:#?}");
    let mut manner =
        Manner { stop_at: arguments.stop_at, planted: arguments.changes.planted, ..Manner::default() };
    if arguments.trace {
        manner.reader = Some(Box::new(|step, now, line| println!("{step:>7} {now:>9} {line}")));
    }
    let report = run(plan, manner);
    println!("trace {:016x}, {} events, {} ticks", report.trace, report.steps, report.time.tick());
    match report.violation {
        None => ExitCode::SUCCESS,
        Some(violation) => {
            println!("VIOLATION {violation}");
            ExitCode::FAILURE
        }
    }
}
