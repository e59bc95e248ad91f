//! What the `strongroom` command is made of.
//!
//! Its commands, options, exit codes and JSON shapes are described in `docs/cli.md`.
//!
//! - [`command`]: one file for each command.
//! - [`settings`], [`access`], [`password`], [`credentials`]: what the person gives, and the way it opens to a vault.
//! - [`sheet`]: the recovery code on paper.
//! - [`fleet_status`], [`local_fleet`], [`new_fleet`]: how a fleet stands, runs here, and is made.
//! - [`trust_options`], [`unit_report`], [`note_text`], [`log_files`], [`log_view`], [`files`]: what is read of fleets over
//!   the air.
//! - [`public_keys`], [`secret_keys`], [`root_draft`], [`fleet_entry`], [`signed_bundle`]: what an operator makes of them.
//! - [`manifests`], [`serving`]: what an auditor and a witness need besides their library.
//! - [`exit`], [`error`]: how a command ends.
//! - [`repository`], [`progress`], [`sample`]: backups, their progress bars, the demo's sample data.
//!
//! Absent on purpose: what a vault is (`strongroom-client`), what a node does
//! (`strongroom-host`), and every secret of a fleet (`strongroom-hsm`, a program of its own).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod access;
pub mod command;
pub mod credentials;
pub mod doubts;
pub mod error;
pub mod exit;
pub mod files;
pub mod fleet_entry;
pub mod fleet_status;
pub mod local_fleet;
pub mod log_files;
pub mod log_view;
pub mod manifests;
pub mod moving;
pub mod new_fleet;
pub mod note_text;
pub mod password;
pub mod print;
pub mod programs;
pub mod progress;
pub mod public_keys;
pub mod repository;
pub mod root_draft;
pub mod sample;
pub mod secret_keys;
pub mod serving;
pub mod settings;
pub mod sheet;
pub mod signals;
pub mod signed_bundle;
pub mod trust_options;
pub mod unit_report;

use clap::Parser as _;
use command::Arguments;
use error::CommandError;
use exit::Exit;
use std::process::ExitCode;

/// Runs the command of this process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match in_runtime(arguments) {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            print::complain(&error);
            error.exit().into()
        }
    }
}

/// Help and version go to standard output and are no error.
fn usage(error: &clap::Error) -> ExitCode {
    // Where the words cannot be printed, the exit code still says it.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
}

fn in_runtime(arguments: Arguments) -> Result<(), CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::other(format!("The system gives no threads: {error}. Try again.")))?;
    let ended = runtime.block_on(arguments.run());
    // What still runs after ^C (a backup that is being cleaned up) is not waited for.
    runtime.shutdown_background();
    ended
}
