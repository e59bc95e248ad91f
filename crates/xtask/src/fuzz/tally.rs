//! How much each target was run in all: a line for every run, in a file beside what the run left.
//!
//! A long run can so be made in parts; whoever takes the file away begins anew.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

const FILE: &str = "tally";
/// What libFuzzer writes before the number of inputs that it ran.
const EXECUTIONS: &str = "stat::number_of_executed_units:";

/// Inputs that were run, for how long, and how many runs ended with a finding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    executions: u64,
    seconds: u64,
    findings: u64,
}

impl Tally {
    /// One run, by what it wrote.
    pub(super) fn of_run(log: &str, took: Duration, is_good: bool) -> Self {
        let stated = log.lines().find_map(|line| line.strip_prefix(EXECUTIONS));
        // A run that broke off has at least come as far as its last line says.
        let last = || log.lines().rev().find_map(|line| line.strip_prefix('#')?.split('\t').next());
        let executions = stated.or_else(last).and_then(|number| number.trim().parse().ok()).unwrap_or(0);
        Self { executions, seconds: took.as_secs(), findings: u64::from(!is_good) }
    }

    /// All runs that were recorded in a target's folder.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn read(work: &Path) -> io::Result<Self> {
        match fs::read_to_string(file(work)) {
            Ok(text) => Ok(text.lines().filter_map(Self::of_line).fold(Self::default(), Self::and)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(cause) => Err(cause),
        }
    }

    /// Records a run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn record(self, work: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(file(work))?;
        writeln!(file, "{} {} {}", self.executions, self.seconds, self.findings)
    }

    /// How long all of it took.
    pub(super) fn seconds(self) -> u64 {
        self.seconds
    }

    /// The line above the lines of targets.
    pub(super) fn heading() -> String {
        format!("{:<14} {:>14} {:>9} {:>9} {:>9}", "target", "executions", "a second", "minutes", "findings")
    }

    /// The line of a target.
    pub(super) fn line(self, target: &str) -> String {
        let Self { executions, seconds, findings } = self;
        let (rate, minutes) = (executions / seconds.max(1), seconds as f64 / 60.0);
        format!("{target:<14} {executions:>14} {rate:>9} {minutes:>9.1} {findings:>9}")
    }

    fn of_line(line: &str) -> Option<Self> {
        let numbers: Vec<u64> = line.split(' ').map_while(|number| number.parse().ok()).collect();
        match numbers.as_slice() {
            [executions, seconds, findings] => {
                Some(Self { executions: *executions, seconds: *seconds, findings: *findings })
            }
            _ => None,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            executions: self.executions.saturating_add(other.executions),
            seconds: self.seconds.saturating_add(other.seconds),
            findings: self.findings.saturating_add(other.findings),
        }
    }
}

fn file(work: &Path) -> PathBuf {
    work.join(FILE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn runs_add_up_and_one_that_broke_off_counts_as_far_as_it_came() {
        let folder = std::env::temp_dir().join(format!("strongroom-tally-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(Tally::read(&folder).unwrap(), Tally::default());
        let whole = "#2\tINITED cov: 1\nstat::number_of_executed_units: 1200\n";
        Tally::of_run(whole, Duration::from_secs(60), true).record(&folder).unwrap();
        let broken = "#2\tINITED cov: 1\n#300\tNEW    cov: 2\nsomething else\n";
        Tally::of_run(broken, Duration::from_secs(5), false).record(&folder).unwrap();
        let all = Tally::read(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(all, Tally { executions: 1500, seconds: 65, findings: 1 });
        assert_eq!(all.line("step"), "step                     1500        23       1.1         1");
    }
}
