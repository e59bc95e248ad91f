//! Measurements that take a minute each, on real processes in release: how long the loss of a leader
//! is felt, whether everything acknowledged survives the loss of all power, and what reading a public log costs.
//!
//! They are `crates/strongroom/benches/losses.rs` and `audit_log.rs`, on the harness of the command's tests; figures
//! stand in `docs/design/measurements.md`.

use crate::chores::{ChoreError, cargo_command};
use std::process::ExitCode;

/// The measurements, each with the bench that makes it.
const MEASUREMENTS: [(&str, &str); 3] =
    [("leader-loss", "losses"), ("power-loss", "losses"), ("audit-log", "audit_log")];

/// Builds in release and makes the measurement of that name; none where there is no such.
///
/// # Errors
/// Cargo cannot be started.
pub fn measure(name: &str) -> Result<Option<ExitCode>, ChoreError> {
    let Some((_, bench)) = MEASUREMENTS.iter().find(|(known, _)| *known == name) else { return Ok(None) };
    // The measurement builds the HSM program itself, in a call of its own and in the same profile.
    let status = cargo_command(&["bench", "--package", "strongroom", "--bench", bench, "--", name]).status();
    let status = status.map_err(|cause| ChoreError::Start { program: "cargo".into(), cause })?;
    Ok(Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}
