//! The judge's program: many seeds, one seed, or the smallest plan that still fails.

mod command;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Plays a whole fleet in hostile hands, from one seed at a time.
#[derive(Parser)]
#[command(name = "strongroom-sim", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays many seeds and ends with 1 if a guarantee was broken.
    Run(command::run::Arguments),
    /// Plays one seed, and shows what happens.
    Replay(command::replay::Arguments),
    /// Searches a smaller plan that still fails.
    Shrink(command::shrink::Arguments),
    /// Plays every seed that ever failed.
    Corpus(command::corpus::Arguments),
    /// Plants bugs, one at a time, and counts the seeds until each is noticed.
    #[cfg(strongroom_sim)]
    Planted(strongroom_sim::planted::Arguments),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(arguments) => command::run::run(&arguments),
        Command::Replay(arguments) => command::replay::replay(arguments),
        Command::Shrink(arguments) => command::shrink::shrink(&arguments),
        Command::Corpus(arguments) => command::corpus::corpus(&arguments),
        #[cfg(strongroom_sim)]
        Command::Planted(arguments) => command::planted::planted(&arguments),
    }
}
