//! Builds and runs the fuzz targets with libFuzzer, on a stable compiler. Page: `docs/design/fuzzing.md`.
//!
//! The instrumentation is LLVM's own, turned on through the compiler's flags; nothing else of
//! the toolchain is needed but a C++ compiler, for libFuzzer itself. What a run finds goes to
//! `target/fuzz/work`; the committed corpus is read and never written.

mod tally;

use crate::tidy::{SWITCH, workspace_root};
use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};
use tally::Tally;

/// What makes coverage visible to libFuzzer.
const FLAGS: [&str; 9] = [
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
/// Memory of a run, and one allocation in it, in MiB.
const MEMORY_MAX: u32 = 2048;
const ALLOCATION_MAX: u32 = 256;
/// Seconds for one input.
const INPUT_TIMEOUT: u32 = 20;
/// Seconds for each target in the smoke test, after its corpus.
const SMOKE_SECONDS: u64 = 1;
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
    let platform = build(targets, &folder())?;
    let mut failed = Vec::new();
    for target in targets {
        let program = folder().join(&platform).join("release").join(target);
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

/// Where all of it lies. A folder that the caller chose for all that cargo builds is kept to.
fn folder() -> PathBuf {
    let folder =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), PathBuf::from);
    folder.join("fuzz")
}

/// What the runs of a target leave.
fn work_of(target: &str) -> PathBuf {
    folder().join("work").join(target)
}

/// Builds the targets; gives the platform's name, under which cargo leaves them.
fn build(targets: &[String], folder: &Path) -> Result<String, FuzzError> {
    // A named platform keeps the flags away from build scripts and macros, which no fuzzer runs.
    let platform = platform()?;
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--release", "--package", "strongroom-fuzz", "--features", "libfuzzer"]);
    command.args(["--target", &platform]).current_dir(workspace_root());
    targets.iter().for_each(|target| {
        command.args(["--bin", target]);
    });
    command.env("CARGO_TARGET_DIR", folder).env("CARGO_ENCODED_RUSTFLAGS", flags());
    let status = command.status().map_err(|cause| FuzzError::Start("cargo".into(), cause))?;
    if status.success() { Ok(platform) } else { Err(FuzzError::Build) }
}

/// The flags, with the simulator's switch: scenes stand in for the public-key work, so that they are worth their time.
fn flags() -> String {
    format!("{}\u{1f}--cfg={SWITCH}", FLAGS.join("\u{1f}"))
}

/// Runs one target; gives whether it found nothing.
fn run_one(target: &str, program: &Path, work: &Path, extent: &Extent) -> Result<bool, FuzzError> {
    let (found, crashes, temporary) = (work.join("corpus"), work.join("crashes"), work.join("temporary"));
    for folder in [&found, &crashes, &temporary] {
        fs::create_dir_all(folder).map_err(file(folder))?;
    }
    let mut command = Command::new(program);
    command.arg(format!("-rss_limit_mb={MEMORY_MAX}")).arg(format!("-malloc_limit_mb={ALLOCATION_MAX}"));
    command.arg(format!("-timeout={INPUT_TIMEOUT}")).arg("-print_final_stats=1").arg("-max_len=8192");
    command.arg(format!("-artifact_prefix={}/", crashes.display())).env("TMPDIR", &temporary);
    let dictionary = workspace_root().join("fuzz/dictionaries").join(format!("{target}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    match extent {
        Extent::Smoke => command.arg(format!("-max_total_time={SMOKE_SECONDS}")),
        Extent::Seconds(seconds) => command.arg(format!("-max_total_time={seconds}")),
        Extent::Runs(runs) => command.arg(format!("-runs={runs}")),
        Extent::Input(_) => &mut command,
    };
    match extent {
        Extent::Input(file) => command.arg(file),
        Extent::Smoke | Extent::Seconds(_) | Extent::Runs(_) => {
            command.arg(&found).arg(workspace_root().join("fuzz/corpus").join(target))
        }
    };
    println!("fuzz: {target}");
    let log = work.join("log");
    command.stdout(Stdio::null()).stderr(fs::File::create(&log).map_err(file(&log))?);
    let (program, begun) = (program.display().to_string(), Instant::now());
    let status = command.status().map_err(|cause| FuzzError::Start(program, cause))?;
    let log_text = String::from_utf8_lossy(&fs::read(&log).map_err(file(&log))?).into_owned();
    tell(target, &log_text, &log, status.success());
    if extent.counts() {
        let run = Tally::of_run(&log_text, begun.elapsed(), status.success());
        run.record(work).map_err(file(work))?;
    }
    Ok(status.success())
}

/// Says how a run went, and after a finding how to repeat it.
fn tell(target: &str, text: &str, log: &Path, is_good: bool) {
    let wanted = ["stat::number_of_executed_units", "stat::average_exec_per_sec", "stat::peak_rss_mb"];
    for line in text.lines().filter(|line| wanted.iter().any(|stat| line.starts_with(stat))) {
        println!("  {line}");
    }
    if is_good {
        return;
    }
    let is_telling = |line: &&str| line.contains("panicked at") || line.contains("ERROR: libFuzzer");
    text.lines().filter(is_telling).take(4).for_each(|line| eprintln!("  {line}"));
    eprintln!("  all that it said: {}", log.display());
    for line in text.lines() {
        if let Some((_, file)) = line.split_once("Test unit written to ") {
            eprintln!("  input: {file}\n  repeat it with: cargo xtask fuzz {target} {file}");
        }
    }
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

/// The compiler's own platform.
fn platform() -> Result<String, FuzzError> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output();
    let output = output.map_err(|cause| FuzzError::Start("rustc".into(), cause))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or(FuzzError::Platform)
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> FuzzError + use<> {
    let path = path.to_path_buf();
    move |cause| FuzzError::File { path, cause }
}
