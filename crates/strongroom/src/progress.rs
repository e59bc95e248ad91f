//! Progress bars on a terminal, and silence everywhere else.
//!
//! One line per operation on standard error, such as
//! `backing up  ████████████░░░░░  88 %  2.1 GB  142 MB/s  0:02`: title, bar,
//! share, bytes done, speed, time left. A pipe, a file or `--json` gets none.

use std::fmt;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use rustic_core::{Progress as RusticBar, ProgressBars, ProgressType, RusticProgress};

/// Redraws per second.
const REDRAWS_PER_SECOND: u8 = 10;
/// The look of a bar whose end is known.
const KNOWN_END: &str = "{prefix:<12}{bar:26}  {percent:>3} %  {done}  {speed}  {left}";
/// The look of a bar whose end is not known.
const UNKNOWN_END: &str = "{prefix:<12}{done}  {speed}";
/// The look of a bar that counts entries.
const ENTRIES: &str = "{prefix:<12}{bar:26}  {percent:>3} %  {human_pos} of {human_len} entries  {left}";
/// The look of a bar that reached its end.
const FINISHED: &str = "{prefix:<12}{bar:26}  100 %  {done}";

/// Where progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    is_shown: bool,
}

impl Progress {
    /// Shows nothing.
    #[must_use]
    pub const fn silent() -> Self {
        Self { is_shown: false }
    }

    /// Shows bars where standard error is a terminal and nobody asked for JSON.
    #[must_use]
    pub fn on_terminal(json: bool) -> Self {
        Self { is_shown: !json && std::io::stderr().is_terminal() }
    }

    /// Begins a bar that counts bytes up to `end`, where that is known.
    #[must_use]
    pub fn bar(&self, title: &'static str, end: Option<u64>) -> Bar {
        if self.is_shown { Bar(Some(begin(title, end))) } else { Bar(None) }
    }

    /// Begins a bar that counts entries; how many there are is said by [`Bar::expect`].
    #[must_use]
    pub fn entries(&self, title: &'static str) -> Bar {
        let bar = self.bar(title, Some(0));
        if let Some(bar) = &bar.0 {
            bar.set_style(style(ENTRIES));
        }
        bar
    }

    /// Shows the library's count of bytes as a bar called `title`, and hides its other counts.
    pub(crate) fn bridge(&self, title: &'static str) -> Bridge {
        Bridge { progress: *self, title }
    }
}

/// One bar, shown or not.
#[derive(Debug)]
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// Adds bytes that are done.
    pub fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }

    /// Says where the end is.
    pub fn expect(&self, end: u64) {
        if let Some(bar) = &self.0 {
            bar.set_length(end);
        }
    }

    /// Leaves the bar standing as done.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.set_length(bar.position());
            bar.set_style(style(FINISHED));
            bar.finish();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.0
            && !bar.is_finished()
        {
            bar.finish_and_clear();
        }
    }
}

/// What the backup library is given to report to.
#[derive(Debug)]
pub(crate) struct Bridge {
    progress: Progress,
    title: &'static str,
}

impl ProgressBars for Bridge {
    fn progress(&self, kind: ProgressType, _prefix: &str) -> RusticBar {
        match kind {
            ProgressType::Bytes if self.progress.is_shown && !self.title.is_empty() => {
                RusticBar::new(self.progress.bar(self.title, None))
            }
            ProgressType::Bytes | ProgressType::Counter | ProgressType::Spinner => RusticBar::hidden(),
        }
    }
}

impl RusticProgress for Bar {
    fn is_hidden(&self) -> bool {
        self.0.is_none()
    }

    fn set_length(&self, length: u64) {
        if let Some(bar) = &self.0 {
            bar.set_style(style(KNOWN_END));
            bar.set_length(length);
        }
    }

    fn set_title(&self, _title: &str) {}

    fn inc(&self, bytes: u64) {
        self.advance(bytes);
    }

    fn finish(&self) {
        Self::finish(self);
    }
}

fn begin(title: &'static str, end: Option<u64>) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND);
    let bar = ProgressBar::with_draw_target(end, target);
    let look = if end.is_some() { KNOWN_END } else { UNKNOWN_END };
    bar.set_style(style(look));
    bar.set_prefix(title);
    bar
}

fn style(look: &str) -> ProgressStyle {
    // A look that does not parse shows a plain bar; the tests make sure that all do.
    ProgressStyle::with_template(look)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("done", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "{}", bytes_in_words(state.pos()));
        })
        .with_key("speed", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "{}/s", bytes_in_words(whole(state.per_sec())));
        })
        .with_key("left", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = out.write_str(&minutes(state.eta()));
        })
        .progress_chars("█░░")
}

/// Rounds a speed, which is never negative, to whole bytes.
fn whole(speed: f64) -> u64 {
    format!("{:.0}", speed.max(0.0)).parse().unwrap_or(0)
}

/// Writes a count of bytes as people do: `38 MB`, `2.1 GB`.
#[must_use]
pub fn bytes_in_words(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    for (size, unit) in UNITS {
        if bytes >= size {
            let (whole, tenths) = (bytes / size, bytes % size / (size / 10));
            return if whole >= 10 { format!("{whole} {unit}") } else { format!("{whole}.{tenths} {unit}") };
        }
    }
    format!("{bytes} B")
}

/// Writes a time as minutes and seconds: `0:02`, `75:00`.
fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_people_write_them() {
        assert_eq!(bytes_in_words(0), "0 B");
        assert_eq!(bytes_in_words(999), "999 B");
        assert_eq!(bytes_in_words(1_000), "1.0 kB");
        assert_eq!(bytes_in_words(38_412_009), "38 MB");
        assert_eq!(bytes_in_words(2_149_000_000), "2.1 GB");
        assert_eq!(bytes_in_words(u64::MAX), "18446744 TB");
    }

    #[test]
    fn time_is_written_in_minutes_and_seconds() {
        assert_eq!(minutes(Duration::from_millis(2_900)), "0:02");
        assert_eq!(minutes(Duration::from_secs(4_500)), "75:00");
    }

    #[test]
    fn speeds_are_whole_bytes() {
        assert_eq!(whole(142_000_000.4), 142_000_000);
        assert_eq!(whole(-1.0), 0);
        assert_eq!(whole(f64::NAN), 0);
        assert_eq!(whole(f64::INFINITY), 0);
    }

    #[test]
    fn every_look_parses() {
        for look in [KNOWN_END, UNKNOWN_END, ENTRIES, FINISHED] {
            assert!(ProgressStyle::with_template(look).is_ok(), "{look}");
        }
    }

    #[test]
    fn json_and_silence_show_nothing() {
        assert_eq!(Progress::on_terminal(true), Progress::silent());
        let bar = Progress::silent().bar("restoring", Some(10));
        assert!(bar.0.is_none());
        bar.advance(3);
        bar.finish();
        let hidden = Progress::silent().bridge("backing up").progress(ProgressType::Bytes, "");
        assert!(hidden.is_hidden());
    }

    #[test]
    fn only_byte_counts_of_the_library_are_shown() {
        let bridge = Progress { is_shown: true }.bridge("backing up");
        assert!(!bridge.progress(ProgressType::Bytes, "").is_hidden());
        assert!(bridge.progress(ProgressType::Counter, "").is_hidden());
        assert!(bridge.progress(ProgressType::Spinner, "").is_hidden());
    }
}
