//! Builds and runs the fuzz targets with libFuzzer, on a stable compiler. Page: `docs/design/fuzzing.md`.
//!
//! The instrumentation is LLVM's own, turned on through the compiler's flags; nothing else of
//! the toolchain is needed but a C++ compiler, for libFuzzer itself. What a run finds goes to
//! `target/fuzz/work`; the committed corpus is read and never written.

mod instrumented;
mod one_run;
mod smoke;
mod tally;

pub use smoke::instead_of_compiler;

use crate::tidy::workspace_root;
use one_run::run_one;
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};
use tally::Tally;

const USAGE: &str = "usage: cargo xtask fuzz TARGET|all [--minutes M | --runs N]
       cargo xtask fuzz TARGET FILE
       cargo xtask fuzz smoke
       cargo xtask fuzz tally
       cargo xtask fuzz --list";

/// A target could not be built or run.
#[derive(Debug, thiserror::Error)]
enum FuzzError {
    #[error("libFuzzer needs a C++ compiler (c++, g++ or clang++); install one, as the package g++")]
    NoCompiler,
    #[error("{0} could not be started: {1}")]
    Start(String, io::Error),
    #[error("the fuzz targets could not be built; cargo has said why")]
    Build,
    #[error("`rustc -vV` does not name its host")]
    Platform,
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
}

/// How long a target is run.
#[derive(Clone)]
enum Extent {
    /// Too short to count.
    Smoke,
    Seconds(u64),
    Runs(u64),
    /// One input, again.
    Input(PathBuf),
}

impl Extent {
    /// Whether what is run stands in the target's tally.
    fn counts(&self) -> bool {
        matches!(self, Self::Seconds(_) | Self::Runs(_))
    }
}

/// What is asked for.
enum Asked {
    List,
    Smoke,
    Tally,
    Run(String, Extent),
}

/// Carries out `cargo xtask fuzz` with these arguments, and says what went wrong.
pub fn fuzz(arguments: Vec<OsString>) -> ExitCode {
    carry_out(arguments).unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::FAILURE
    })
}

fn carry_out(arguments: Vec<OsString>) -> Result<ExitCode, FuzzError> {
    let arguments: Vec<String> =
        arguments.into_iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let Some(asked) = read(&arguments) else {
        eprintln!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    let targets = targets()?;
    match asked {
        Asked::List => {
            targets.iter().for_each(|target| println!("{target}"));
            Ok(ExitCode::SUCCESS)
        }
        Asked::Smoke if compiler().is_none() => {
            println!("fuzz smoke: left out, there is no C++ compiler here (c++, g++ or clang++)");
            Ok(ExitCode::SUCCESS)
        }
        Asked::Smoke => run(&targets, &Extent::Smoke),
        Asked::Tally => tell_tallies(&targets).map(|()| ExitCode::SUCCESS),
        Asked::Run(name, extent) if name == "all" => run(&least_run_first(targets)?, &extent),
        Asked::Run(name, extent) if targets.contains(&name) => run(&[name], &extent),
        Asked::Run(name, _) => {
            eprintln!("xtask: there is no fuzz target {name}; `cargo xtask fuzz --list` names them");
            Ok(ExitCode::from(2))
        }
    }
}

fn read(arguments: &[String]) -> Option<Asked> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Some(match words.as_slice() {
        ["--list"] => Asked::List,
        ["smoke"] => Asked::Smoke,
        ["tally"] => Asked::Tally,
        [name] => Asked::Run((*name).into(), Extent::Seconds(60)),
        [name, "--minutes", minutes] => {
            let minutes: u64 = minutes.parse().ok()?;
            Asked::Run((*name).into(), Extent::Seconds(minutes.checked_mul(60)?))
        }
        [name, "--runs", runs] => Asked::Run((*name).into(), Extent::Runs(runs.parse().ok()?)),
        [name, file] if !file.starts_with('-') && *name != "all" => {
            Asked::Run((*name).into(), Extent::Input(env::current_dir().ok()?.join(file)))
        }
        _ => return None,
    })
}

/// The targets are the files that bind them.
fn targets() -> Result<Vec<String>, FuzzError> {
    let mut names = Vec::new();
    let folder = workspace_root().join("fuzz/fuzz_targets");
    for entry in fs::read_dir(&folder).map_err(file(&folder))? {
        let path = entry.map_err(file(&folder))?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Begins with those that were run for the shortest time, so that a run that was stopped goes on.
fn least_run_first(mut targets: Vec<String>) -> Result<Vec<String>, FuzzError> {
    let mut seconds = BTreeMap::new();
    for target in &targets {
        let work = work_of(target);
        seconds.insert(target.clone(), Tally::read(&work).map_err(file(&work))?.seconds());
    }
    targets.sort_by_key(|target| seconds.get(target).copied());
    Ok(targets)
}

fn run(targets: &[String], extent: &Extent) -> Result<ExitCode, FuzzError> {
    if compiler().is_none() {
        return Err(FuzzError::NoCompiler);
    }
    let built = match extent {
        Extent::Smoke => smoke::build(targets)?,
        _ => instrumented::build(targets)?,
    };
    let mut failed = Vec::new();
    for target in targets {
        let program = built.join(target);
        if !run_one(target, &program, &work_of(target), extent)? {
            failed.push(target.as_str());
        }
    }
    if extent.counts() && targets.len() > 1 {
        tell_tallies(targets)?;
    }
    if failed.is_empty() {
        println!("fuzz: {} targets, no finding", targets.len());
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("fuzz: findings in {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// Says how much each target was run in all.
fn tell_tallies(targets: &[String]) -> Result<(), FuzzError> {
    println!("{}", Tally::heading());
    for target in targets {
        let work = work_of(target);
        println!("{}", Tally::read(&work).map_err(file(&work))?.line(target));
    }
    Ok(())
}

/// Where cargo builds; a folder that the caller chose is kept to.
fn own_target_folder() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), PathBuf::from)
}

/// Where all of it lies.
fn folder() -> PathBuf {
    own_target_folder().join("fuzz")
}

/// What the runs of a target leave.
fn work_of(target: &str) -> PathBuf {
    folder().join("work").join(target)
}

/// A C++ compiler, if there is one.
fn compiler() -> Option<String> {
    let chosen = env::var("CXX").ok();
    let known = ["c++", "g++", "clang++"].map(String::from);
    chosen.into_iter().chain(known).find(|name| {
        let asked = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    })
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> FuzzError + use<> {
    let path = path.to_path_buf();
    move |cause| FuzzError::File { path, cause }
}
