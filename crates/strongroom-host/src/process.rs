//! What the system says of a process, from `/proc`.

use serde::{Deserialize, Serialize};

/// Microseconds of one clock tick in `/proc`: 100 ticks a second, on every Linux.
const TICK_MICROS: u64 = 10_000;

/// A process's memory and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProcessFacts {
    /// Resident memory, kB.
    pub rss_kb: u64,
    /// The most that it ever had, kB.
    pub rss_max_kb: u64,
    /// Time on a processor since it started, in microseconds, to the nearest 10 ms.
    pub cpu_us: u64,
}

/// What is known of a process; zeros where there is none or the system does not say.
pub fn facts_of(process: u32) -> ProcessFacts {
    if process == 0 {
        return ProcessFacts::default();
    }
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    ProcessFacts {
        rss_kb: kilobytes(&status, "VmRSS:"),
        rss_max_kb: kilobytes(&status, "VmHWM:"),
        cpu_us: ticks(&stat).saturating_mul(TICK_MICROS),
    }
}

fn kilobytes(status: &str, field: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// User and system time: fields 14 and 15, the twelfth and thirteenth after the name in brackets.
fn ticks(stat: &str) -> u64 {
    let after_name = stat.rsplit_once(')').map_or("", |(_, after)| after);
    after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_move_the_fields() {
        let stat = "12 (a) b (c) S 1 1 1 0 -1 4194304 100 0 0 0 7 5 0 0 20 0 1 0";
        assert_eq!(ticks(stat), 12);
    }

    #[test]
    fn this_process_has_memory_and_no_process_has_none() {
        assert!(facts_of(std::process::id()).rss_kb > 0);
        assert_eq!(facts_of(0), ProcessFacts::default());
    }
}
