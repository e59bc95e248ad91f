//! `cargo xtask sim`: builds the simulator with its switch and runs it.

use crate::{chores::ChoreError, planted::build_simulator};
use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

/// Runs the simulator with these arguments.
///
/// # Errors
/// The build fails, or the simulator cannot be started.
pub fn sim(arguments: Vec<OsString>) -> Result<ExitCode, ChoreError> {
    let program = build_simulator()?;
    let status = Command::new(&program).args(arguments).status();
    let status =
        status.map_err(|cause| ChoreError::Start { program: program.display().to_string(), cause })?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
