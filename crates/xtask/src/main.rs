//! The command line of the workspace's checks and chores.

use std::process::ExitCode;
use xtask::{chores, fuzz, measure, planted, sim, tidy, web};

const USAGE: &str = "usage: cargo xtask COMMAND

  demo [ARGS]   builds strongroom and its HSM program in release and runs `strongroom demo ARGS`
  fuzz ...      runs fuzz targets; `cargo xtask fuzz --list`, see docs/design/fuzzing.md
  judge         plays the simulator's known seeds, its planted mistakes and 3,000 more seeds, as every change must
  measure NAME  on real processes in release, a minute each: audit-log, leader-loss, power-loss;
                and ten minutes of faults under load: chaos [--minutes M] [--seed N] [--json] [--keep]
  planted ...   plants mistakes, one at a time, and counts the simulator's seeds until each is noticed
  sim ...       runs the simulator of whole fleets in hostile hands; `cargo xtask sim help`
  test          runs all tests, and ends in a count of them
  tidy          checks what the compiler does not: dependencies, labels, words, pages, guarantees
  web           builds the client for browsers, web/client; needs Node.js and the target wasm32-unknown-unknown";

fn main() -> ExitCode {
    if let Some(code) = fuzz::instead_of_compiler() {
        return code;
    }
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    let outcome = match command.to_str() {
        Some("demo") => chores::demo(arguments.collect()),
        Some("fuzz") => return fuzz::fuzz(arguments.collect()),
        Some("judge") => sim::judge(),
        Some("measure") => {
            let name = arguments.next().unwrap_or_default();
            let measured = measure::measure(&name.to_string_lossy(), arguments.collect());
            measured.map(|measured| measured.unwrap_or_else(usage))
        }
        Some("planted") => planted::planted(arguments.collect()),
        Some("sim") => sim::sim(arguments.collect()),
        Some("test") => chores::test(),
        Some("web") => web::build(),
        Some("tidy") => return tell(&tidy::check_all(&tidy::workspace_root())),
        _ => return usage(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::FAILURE
    })
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn tell(outcome: &Result<Vec<tidy::Finding>, tidy::TidyError>) -> ExitCode {
    match outcome {
        Ok(findings) if findings.is_empty() => {
            println!("tidy");
            ExitCode::SUCCESS
        }
        Ok(findings) => {
            findings.iter().for_each(|finding| eprintln!("{finding}"));
            eprintln!("{} findings", findings.len());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}
