//! The client for browsers: the Rust client to WebAssembly, its classes for JavaScript, the package around them.
//!
//! It needs Node.js with npm, and Rust's target `wasm32-unknown-unknown`. The generator of the classes has to be of the
//! very version that the lock file names, and is built once, into `target/tools`.

use crate::{
    chores::{ChoreError, cargo_command, target_folder},
    tidy::workspace_root,
};
use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const TARGET: &str = "wasm32-unknown-unknown";
/// The package, in the workspace.
const PACKAGE: &str = "web/client";

/// Builds the package; with tests, runs them too.
///
/// # Errors
/// A program cannot be started, or fails.
pub fn web(with_tests: bool) -> Result<ExitCode, ChoreError> {
    let package = workspace_root().join(PACKAGE);
    run(&mut cargo_command(&["build", "--profile", "web", "--package", "strongroom-web", "--target", TARGET]))?;
    let module = target_folder()?.join(TARGET).join("web/strongroom_web.wasm");
    let mut bindgen = Command::new(bindgen()?);
    run(bindgen.args(["--target", "web", "--out-dir"]).arg(package.join("wasm")).arg(module))?;
    run(&mut npm(&package, &["ci", "--no-audit", "--no-fund"]))?;
    run(&mut npm(&package, &["run", "build"]))?;
    if with_tests {
        run(npm(&package, &["test"]).env("STRONGROOM_BIN", target_folder()?.join("debug/strongroom")))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The generator, of the version that the lock file names.
fn bindgen() -> Result<PathBuf, ChoreError> {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(workspace_root()).exec()?;
    let locked = metadata.packages.iter().find(|package| package.name.as_str() == "wasm-bindgen");
    let version = locked.map(|package| package.version.to_string()).unwrap_or_default();
    let tools = target_folder()?.join("tools").join(format!("wasm-bindgen-{version}"));
    let program = tools.join("bin/wasm-bindgen");
    if !program.is_file() {
        let exact = format!("={version}");
        let mut install = cargo_command(&["install", "wasm-bindgen-cli", "--version", &exact, "--root"]);
        run(install.arg(&tools))?;
    }
    Ok(program)
}

fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder);
    command
}

fn run(command: &mut Command) -> Result<(), ChoreError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|cause| ChoreError::Start { program: program.clone(), cause })?;
    if status.success() { Ok(()) } else { Err(ChoreError::Build(format!("{program} {:?}", command.get_args()))) }
}
