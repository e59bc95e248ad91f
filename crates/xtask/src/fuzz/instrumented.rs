//! The fuzz targets as they are run for long: optimised, and instrumented to the last dependency.

use super::{FuzzError, folder};
use crate::tidy::{SWITCH, workspace_root};
use std::{env, path::PathBuf, process::Command};

/// What makes coverage visible to libFuzzer.
pub(super) const FLAGS: [&str; 9] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions=on",
    "-Coverflow-checks=on",
    "--cfg=fuzzing",
];

/// Builds the targets; gives the folder in which they are.
pub(super) fn build(targets: &[String]) -> Result<PathBuf, FuzzError> {
    // A named platform keeps the flags away from build scripts and macros, which no fuzzer runs.
    let platform = platform()?;
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--release", "--package", "strongroom-fuzz", "--features", "libfuzzer"]);
    command.args(["--target", &platform]).current_dir(workspace_root());
    targets.iter().for_each(|target| {
        command.args(["--bin", target]);
    });
    command.env("CARGO_TARGET_DIR", folder()).env("CARGO_ENCODED_RUSTFLAGS", flags());
    let status = command.status().map_err(|cause| FuzzError::Start("cargo".into(), cause))?;
    if status.success() { Ok(folder().join(platform).join("release")) } else { Err(FuzzError::Build) }
}

/// The flags, with the simulator's switch: scenes stand in for the public-key work, so that they are worth their time.
fn flags() -> String {
    format!("{}\u{1f}--cfg={SWITCH}", FLAGS.join("\u{1f}"))
}

/// The compiler's own platform.
fn platform() -> Result<String, FuzzError> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output();
    let output = output.map_err(|cause| FuzzError::Start("rustc".into(), cause))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or(FuzzError::Platform)
}
