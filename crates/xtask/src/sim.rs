//! `cargo xtask sim` builds the simulator with its switch and runs it; `cargo xtask judge` is what every change has to
//! pass.

use crate::{chores::ChoreError, planted::build_simulator};
use std::{
    ffi::OsString,
    path::Path,
    process::{Command, ExitCode, ExitStatus},
};

/// What every change has to pass: the seeds that ever failed, the mistakes that must be noticed, and seeds that are
/// the same everywhere, so that nobody's change fails for another one's mistake.
const JUDGEMENT: [&[&str]; 3] =
    [&["corpus"], &["planted", "--starts", "3"], &["run", "--seeds", "1..3000", "--keep-going"]];

/// Runs the simulator with these arguments.
///
/// # Errors
/// The build fails, or the simulator cannot be started.
pub fn sim(arguments: Vec<OsString>) -> Result<ExitCode, ChoreError> {
    let program = build_simulator()?;
    let code = run(&program, arguments)?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Judges the trusted program; about five minutes on two cores.
///
/// # Errors
/// The build fails, or the simulator cannot be started.
pub fn judge() -> Result<ExitCode, ChoreError> {
    let program = build_simulator()?;
    let mut passes = true;
    for arguments in JUDGEMENT {
        println!("strongroom-sim {}", arguments.join(" "));
        passes &= run(&program, arguments.iter().map(OsString::from).collect())?.success();
    }
    Ok(if passes { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run(program: &Path, arguments: Vec<OsString>) -> Result<ExitStatus, ChoreError> {
    let status = Command::new(program).args(arguments).status();
    status.map_err(|cause| ChoreError::Start { program: program.display().to_string(), cause })
}
