//! Builds and runs: the demo, and all tests.
//!
//! The HSM program is always built in a call of its own. In one call with the command, cargo
//! would unify features and link into the HSM what only the client asks for (Argon2).

mod count;

use crate::{tidy::workspace_root, web};
pub(crate) use count::Count;
use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Command, ExitCode, Stdio},
};

/// A chore could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ChoreError {
    /// A program could not be started.
    #[error("{program} could not be started: {cause}")]
    Start {
        /// Which.
        program: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A program's output could not be read.
    #[error("the output of the tests could not be read: {0}")]
    Output(#[from] io::Error),
    /// A program failed, and has said why.
    #[error("`{0}` failed")]
    Build(String),
    /// Cargo does not say where it builds.
    #[error("cargo metadata: {0}")]
    Metadata(#[from] cargo_metadata::Error),
}

/// Builds the command and the HSM program in release, and runs `strongroom demo` with these arguments.
///
/// # Errors
/// A build fails, or the command cannot be started.
pub fn demo(arguments: Vec<OsString>) -> Result<ExitCode, ChoreError> {
    cargo(&["build", "--release", "--package", "strongroom-hsm", "--bin", "strongroom-hsm"])?;
    cargo(&["build", "--release", "--package", "strongroom", "--bin", "strongroom"])?;
    let program = target_folder()?.join("release/strongroom");
    let mut command = Command::new(&program);
    command.arg("demo").args(arguments);
    become_it(command, &program)
}

/// Runs every test of the workspace, and prints one count of all at the end.
///
/// # Errors
/// A build fails, or the tests cannot be started.
pub fn test() -> Result<ExitCode, ChoreError> {
    cargo(&["build", "--package", "strongroom-hsm", "--bin", "strongroom-hsm"])?;
    let mut count = Count::default();
    let mut passed = true;
    if has_nextest() {
        let run = cargo_command(&["nextest", "run", "--workspace", "--no-fail-fast"]);
        passed &= counted(run, &mut count)?;
        passed &= counted(cargo_command(&["test", "--workspace", "--doc", "--no-fail-fast"]), &mut count)?;
    } else {
        passed &= counted(cargo_command(&["test", "--workspace", "--no-fail-fast"]), &mut count)?;
    }
    passed &= web::test_packages(&mut count)?;
    println!("{count}");
    Ok(if passed && count.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn has_nextest() -> bool {
    let asked = cargo_command(&["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// Runs a program, passes its output on, and adds the summaries in it to the count.
pub(crate) fn counted(mut command: Command, count: &mut Count) -> Result<bool, ChoreError> {
    // Both streams into one pipe, in the order that they are written.
    let (reader, writer) = io::pipe()?;
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().map_err(|cause| ChoreError::Start { program, cause })?;
    // The command holds the writing ends; the pipe ends when the child does.
    drop(command);
    for line in BufReader::new(reader).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        count.add_line(&line);
    }
    Ok(child.wait()?.success())
}

fn cargo(arguments: &[&str]) -> Result<(), ChoreError> {
    let status = cargo_command(arguments).status();
    let status = status.map_err(|cause| ChoreError::Start { program: "cargo".into(), cause })?;
    if status.success() { Ok(()) } else { Err(ChoreError::Build(format!("cargo {}", arguments.join(" ")))) }
}

/// The very cargo that runs this program, in the workspace's folder.
pub(crate) fn cargo_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace_root());
    // What cargo told this program of its own package is no matter of the builds that it starts: build scripts that
    // watch these variables (ring's) would run anew at every change between `cargo` and `cargo xtask`.
    let told = std::env::vars_os().map(|(name, _)| name);
    for name in told.filter(|name| is_of_own_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command
}

fn is_of_own_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

pub(crate) fn target_folder() -> Result<std::path::PathBuf, ChoreError> {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(workspace_root()).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// Replaces this process, so that an interruption reaches the command and nobody else.
#[cfg(unix)]
fn become_it(mut command: Command, program: &Path) -> Result<ExitCode, ChoreError> {
    use std::os::unix::process::CommandExt;
    Err(ChoreError::Start { program: program.display().to_string(), cause: command.exec() })
}

#[cfg(not(unix))]
fn become_it(mut command: Command, program: &Path) -> Result<ExitCode, ChoreError> {
    let status = command.status();
    let status =
        status.map_err(|cause| ChoreError::Start { program: program.display().to_string(), cause })?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
