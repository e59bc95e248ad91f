//! `shrink`: a smaller plan that still fails.

use super::{Changes, keep_panics_quiet};
use clap::Args;
use std::process::ExitCode;
use strongroom_sim::shrink::shrink as smaller;

/// Arguments of `shrink`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The seed.
    seed: u64,
    #[command(flatten)]
    changes: Changes,
}

pub(crate) fn shrink(arguments: &Arguments) -> ExitCode {
    if let Some(refusal) = arguments.changes.refusal() {
        eprintln!("strongroom-sim: {refusal}");
        return ExitCode::from(2);
    }
    keep_panics_quiet();
    let changes = &arguments.changes;
    let plan = changes.plan(arguments.seed);
    let first = changes.play(plan.clone());
    let Some(violation) = &first.violation else {
        println!("seed {} breaks nothing", arguments.seed);
        return ExitCode::SUCCESS;
    };
    println!("{violation}");
    let kept = smaller(&plan, &first, |plan| changes.play(plan), |change| eprintln!("  still with {change}"));
    let last = changes.play(plan.changed(&kept));
    if let Some(violation) = &last.violation {
        println!("{violation}");
    }
    println!("{} events instead of {}", last.steps, first.steps);
    println!("{}", changes.replay_line(arguments.seed, &kept));
    ExitCode::FAILURE
}
