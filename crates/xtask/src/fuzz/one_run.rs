//! One run of one target, and what it tells.

use super::{Extent, FuzzError, file, tally::Tally};
use crate::tidy::workspace_root;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Memory of a run, and one allocation in it, in MiB.
const MEMORY_MAX: u32 = 2048;
const ALLOCATION_MAX: u32 = 256;
/// Seconds for one input.
const INPUT_TIMEOUT: u32 = 20;
/// Seconds for each target in the smoke test.
const SMOKE_SECONDS: u64 = 1;

impl Extent {
    /// Where new inputs go. A moment's are not kept, and it is not held up by what longer runs have found.
    fn corpus(&self, work: &Path) -> Result<PathBuf, FuzzError> {
        if !matches!(self, Self::Smoke) {
            return Ok(work.join("corpus"));
        }
        let folder = work.join("smoke");
        if folder.is_dir() {
            fs::remove_dir_all(&folder).map_err(file(&folder))?;
        }
        Ok(folder)
    }
}

/// Runs one target; gives whether it found nothing.
pub(super) fn run_one(target: &str, program: &Path, work: &Path, extent: &Extent) -> Result<bool, FuzzError> {
    let (found, crashes, temporary) = (extent.corpus(work)?, work.join("crashes"), work.join("temporary"));
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
