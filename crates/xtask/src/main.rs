//! The command line of the workspace's checks and chores.

use std::process::ExitCode;
use xtask::{chores, tidy};

const USAGE: &str = "usage: cargo xtask COMMAND

  demo [ARGS]   builds strongroom and its HSM program in release and runs `strongroom demo ARGS`
  test          runs all tests, and ends in a count of them
  tidy          checks what the compiler does not: dependencies, labels, words, pages, guarantees";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    let outcome = match command.to_str() {
        Some("demo") => chores::demo(arguments.collect()),
        Some("test") => chores::test(),
        Some("tidy") => return tell(&tidy::check_all(&tidy::workspace_root())),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::FAILURE
    })
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
