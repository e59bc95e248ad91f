//! `cargo xtask planted`: builds the simulator and hunts the planted bugs.
//!
//! The switch that lets bugs be planted is a rustc cfg and not a feature, because cargo unifies features and would
//! carry one into other builds. It stands here and nowhere else; `tidy` checks that.

use crate::{
    chores::{ChoreError, cargo_command, target_folder},
    tidy::SWITCH,
};
use std::{
    ffi::OsString,
    path::PathBuf,
    process::{Command, ExitCode},
};

/// Builds the simulator in release, in a target folder of its own, and gives the program's path.
///
/// # Errors
/// The build fails.
pub fn build_simulator() -> Result<PathBuf, ChoreError> {
    let folder = target_folder()?.join("sim");
    let arguments = ["build", "--release", "--package", "strongroom-sim", "--bin", "strongroom-sim"];
    let mut command = cargo_command(&arguments);
    // Short messages are sealed and opened all the time: the vectorised Poly1305, whose intrinsics are not inlined in
    // a portable build, takes a third longer for them. Results are the same.
    let flags = format!("--cfg {SWITCH} --cfg poly1305_backend=\"soft\"");
    command.arg("--target-dir").arg(&folder).env("RUSTFLAGS", flags);
    command.env_remove("CARGO_ENCODED_RUSTFLAGS");
    let status = command.status();
    let status = status.map_err(|cause| ChoreError::Start { program: "cargo".into(), cause })?;
    if status.success() {
        Ok(folder.join("release/strongroom-sim"))
    } else {
        Err(ChoreError::Build(arguments.join(" ")))
    }
}

/// Hunts one planted bug, or all of them, and prints a table; fails if one is not caught in its number of seeds.
///
/// # Errors
/// The build fails, or the simulator cannot be started.
pub fn planted(arguments: Vec<OsString>) -> Result<ExitCode, ChoreError> {
    let program = build_simulator()?;
    let status = Command::new(&program).arg("planted").args(arguments).status();
    let status =
        status.map_err(|cause| ChoreError::Start { program: program.display().to_string(), cause })?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
