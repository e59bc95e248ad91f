//! Measurements that take a minute each, on real processes in release: how long the loss of a leader
//! is felt, and whether everything acknowledged survives the loss of all power.
//!
//! They are `crates/strongroom/benches/losses.rs`, on the harness of the command's tests; figures stand in
//! `docs/design/measurements.md`.

use crate::chores::{ChoreError, cargo_command};
use std::process::ExitCode;

/// The measurements.
const NAMES: [&str; 2] = ["leader-loss", "power-loss"];

/// Builds in release and makes the measurement of that name; none where there is no such.
///
/// # Errors
/// Cargo cannot be started.
pub fn measure(name: &str) -> Result<Option<ExitCode>, ChoreError> {
    if !NAMES.contains(&name) {
        return Ok(None);
    }
    // The measurement builds the HSM program itself, in a call of its own and in the same profile.
    let status =
        cargo_command(&["bench", "--package", "strongroom", "--bench", "losses", "--", name]).status();
    let status = status.map_err(|cause| ChoreError::Start { program: "cargo".into(), cause })?;
    Ok(Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}
