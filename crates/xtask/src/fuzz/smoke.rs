//! The fuzz targets as every change runs them: for a moment, in a build that costs little.
//!
//! Only the project's own crates are instrumented, unoptimised as the tests have them, so that everything else is shared
//! with the tests' build. The flags of the compiler hold for all crates or none; therefore cargo calls this very program
//! in the compiler's place for the crates of the workspace ([`instead_of_compiler`]).

use super::{FuzzError, instrumented::FLAGS, own_target_folder};
use crate::{chores::cargo_command, tidy::SWITCH};
use std::{
    env,
    ffi::OsString,
    path::PathBuf,
    process::{Command, ExitCode},
};

/// Set while this program stands in the compiler's place.
const MARK: &str = "STRONGROOM_XTASK_INSTRUMENTS";
/// The name of the crate that cargo compiles to ask the compiler about itself.
const QUESTION: &str = "___";

/// Builds the targets; gives the folder in which they are.
pub(super) fn build(targets: &[String]) -> Result<PathBuf, FuzzError> {
    let own = env::current_exe().map_err(|cause| FuzzError::Start("xtask".into(), cause))?;
    let mut command = cargo_command(&["build", "--package", "strongroom-fuzz", "--features", "libfuzzer"]);
    targets.iter().for_each(|target| {
        command.args(["--bin", target]);
    });
    command.env("RUSTC_WORKSPACE_WRAPPER", own).env(MARK, "1").env("CARGO_INCREMENTAL", "0");
    let status = command.status().map_err(|cause| FuzzError::Start("cargo".into(), cause))?;
    if status.success() { Ok(own_target_folder().join("debug")) } else { Err(FuzzError::Build) }
}

/// Calls the compiler with flags of its own, where cargo has called this program in its place.
pub fn instead_of_compiler() -> Option<ExitCode> {
    env::var_os(MARK)?;
    let mut arguments = env::args_os().skip(1);
    let compiler = arguments.next()?;
    let arguments: Vec<OsString> = arguments.collect();
    let mut command = Command::new(compiler);
    command.args(&arguments).env_remove(MARK);
    if compiles_a_crate(&arguments) {
        command.args(FLAGS).arg(format!("--cfg={SWITCH}"));
    }
    let code =
        command.status().ok().and_then(|status| status.code()).and_then(|code| u8::try_from(code).ok());
    Some(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn compiles_a_crate(arguments: &[OsString]) -> bool {
    let name = arguments.iter().skip_while(|argument| *argument != "--crate-name").nth(1);
    name.is_some_and(|name| name != QUESTION)
}
