//! Adds up what test runners say at the end.

use std::fmt;

/// How many tests ran, and how they ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    /// Whether at least one test ran and none failed.
    pub(crate) fn is_good(&self) -> bool {
        self.passed > 0 && self.failed == 0
    }

    /// Takes a line of a runner's output; most say nothing.
    pub(crate) fn add_line(&mut self, line: &str) {
        let summary = match line.strip_prefix("test result: ") {
            // cargo test: `test result: ok. 12 passed; 0 failed; 1 ignored; …`; nextest shows the same of a
            // test that failed, indented, and counts it itself.
            Some(rest) => rest.split_once(". ").map_or(rest, |(_, counts)| counts),
            // vitest: `      Tests  1 failed | 8 passed | 2 skipped (11)`
            None if line.trim_start().starts_with("Tests  ") => {
                line.trim_start().trim_start_matches("Tests").trim_start()
            }
            // nextest: `Summary [   1.234s] 450 tests run: 449 passed (1 slow), 1 failed, 0 skipped`
            None => {
                match line.trim_start().strip_prefix("Summary [").and_then(|rest| rest.split_once("run: ")) {
                    Some((_, counts)) => counts,
                    None => return,
                }
            }
        };
        for part in summary.split([';', ',', '|']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(word)) =
                (words.next().and_then(|word| word.parse::<u64>().ok()), words.next())
            else {
                continue;
            };
            let field = match word {
                "passed" => &mut self.passed,
                "failed" | "timed" => &mut self.failed,
                "ignored" | "skipped" => &mut self.skipped,
                _ => continue,
            };
            *field = field.saturating_add(number);
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summaries_of_both_runners_add_up() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "     Summary [  12.345s] 20 tests run: 18 passed (2 slow), 1 failed, 1 timed out, 5 skipped",
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 5 filtered out",
            "      Tests  1 failed | 8 passed | 2 skipped (11)",
            "      Tests  9 passed (9)",
            " Test Files  1 passed (1)",
            "the word passed; and a 7 failed that is no summary",
        ] {
            count.add_line(line);
        }
        assert_eq!(count, Count { passed: 42, failed: 5, skipped: 8 });
        assert_eq!(count.to_string(), "42 passed, 5 failed, 8 skipped");
        assert!(!count.is_good());
    }

    #[test]
    fn a_run_without_tests_is_not_good() {
        assert!(!Count::default().is_good());
        assert_eq!(Count { passed: 2, failed: 0, skipped: 0 }.to_string(), "2 passed, 0 failed");
    }
}
