//! The packages for JavaScript: the client for browsers, and the second client that proves the specification.
//!
//! They need Node.js with npm, and the client for browsers Rust's target `wasm32-unknown-unknown`. The generator of its
//! classes has to be of the very version that the lock file names, and is built once, into `target/tools`.

use crate::{
    chores::{ChoreError, Count, cargo_command, counted, target_folder},
    tidy::workspace_root,
};
use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

const TARGET: &str = "wasm32-unknown-unknown";
/// The client for browsers, in the workspace.
const CLIENT: &str = "web/client";
/// What the client for browsers is built into.
const MODULE: &str = "wasm/strongroom_web_bg.wasm";
/// The second client.
const CONFORMANCE: &str = "conformance";

/// Builds the client for browsers.
///
/// # Errors
/// A program cannot be started, or fails.
pub fn build() -> Result<ExitCode, ChoreError> {
    let package = workspace_root().join(CLIENT);
    run(&mut cargo_command(&[
        "build",
        "--profile",
        "web",
        "--package",
        "strongroom-web",
        "--target",
        TARGET,
    ]))?;
    let module = target_folder()?.join(TARGET).join("web/strongroom_web.wasm");
    let mut bindgen = Command::new(bindgen()?);
    run(bindgen.args(["--target", "web", "--out-dir"]).arg(package.join("wasm")).arg(module))?;
    run(&mut npm(&package, &["ci", "--no-audit", "--no-fund"]))?;
    run(&mut npm(&package, &["run", "build"]))?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the tests of both packages against the command as the tests built it; says so where one is left out.
///
/// # Errors
/// A program cannot be started, or npm cannot install what a package needs.
pub(crate) fn test_packages(count: &mut Count) -> Result<bool, ChoreError> {
    if !has_npm() {
        println!("There is no Node.js with npm here: the tests of {CONFORMANCE} and {CLIENT} are left out.");
        return Ok(true);
    }
    let mut passed = test_package(CONFORMANCE, count)?;
    if workspace_root().join(CLIENT).join(MODULE).is_file() {
        passed &= test_package(CLIENT, count)?;
    } else {
        println!("{CLIENT} is not built (`cargo xtask web`): its tests are left out.");
    }
    Ok(passed)
}

fn test_package(folder: &str, count: &mut Count) -> Result<bool, ChoreError> {
    let package = workspace_root().join(folder);
    run(&mut npm(&package, &["ci", "--no-audit", "--no-fund"]))?;
    let programs = target_folder()?.join("debug");
    let mut test = npm(&package, &["test"]);
    test.env("STRONGROOM_BIN", programs.join("strongroom")).env("NO_COLOR", "1");
    counted(test, count)
}

fn has_npm() -> bool {
    let asked = Command::new("npm").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
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
        // It runs for a second; built without optimisation it is there sooner.
        let install = ["install", "wasm-bindgen-cli", "--debug", "--version", &exact, "--root"];
        let mut install = cargo_command(&install);
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
    let said = || {
        let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
        std::iter::once(program.clone()).chain(words).collect::<Vec<_>>().join(" ")
    };
    if status.success() { Ok(()) } else { Err(ChoreError::Build(said())) }
}
