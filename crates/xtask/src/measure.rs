//! Measurements on real processes in release. A minute each: how long the loss of a leader is felt, whether everything
//! acknowledged survives the loss of all power, and what reading a public log costs. Ten minutes, or as many as asked
//! for: chaos, with every promise checked.
//!
//! They are the benches of `crates/strongroom`, on the harness of the command's tests; figures stand in
//! `docs/design/measurements.md`, those of chaos in `docs/reliability.md`.

use crate::chores::{ChoreError, cargo_command};
use std::{ffi::OsString, process::ExitCode};

/// The measurements, each with the bench that makes it.
const MEASUREMENTS: [(&str, &str); 4] =
    [("leader-loss", "losses"), ("power-loss", "losses"), ("audit-log", "audit_log"), ("chaos", "chaos")];

/// Builds in release and makes the measurement of that name, with arguments of its own; none where there is no such.
///
/// # Errors
/// Cargo cannot be started.
pub fn measure(name: &str, arguments: Vec<OsString>) -> Result<Option<ExitCode>, ChoreError> {
    let Some((_, bench)) = MEASUREMENTS.iter().find(|(known, _)| *known == name) else { return Ok(None) };
    // The measurement builds the HSM program itself, in a call of its own and in the same profile.
    let mut command = cargo_command(&["bench", "--package", "strongroom", "--bench", bench, "--", name]);
    let status = command.args(arguments).status();
    let status = status.map_err(|cause| ChoreError::Start { program: "cargo".into(), cause })?;
    Ok(Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}
