//! What happened, when, and what of it may not happen.

use super::act::Done;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Faults that the timeline holds.
const TIMELINE_MAX: usize = 2_000;
/// How far back the timeline of a violation goes.
const TIMELINE_SHOWN: Duration = Duration::from_secs(60);
/// After so many violations the run ends.
const VIOLATIONS_MAX: usize = 10;
/// How long nobody may be answered while a majority is there.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// The journal of a run.
pub struct Journal {
    begun: OnceLock<Instant>,
    is_over: AtomicBool,
    book: Mutex<Book>,
}

/// What the journal holds.
#[derive(Default, Clone)]
pub struct Book {
    timeline: VecDeque<(Instant, String)>,
    /// By operation and outcome.
    pub operations: BTreeMap<(&'static str, &'static str), u64>,
    pub faults: BTreeMap<&'static str, u64>,
    /// Whether somebody was answered, for each second.
    pub seconds: Vec<bool>,
    pub longest_wait: Duration,
    pub longest_silence: Duration,
    /// As long as fewer than a majority run, silence is right; this is the longest one besides.
    pub longest_silence_with_majority: Duration,
    last_answer: Option<Instant>,
    /// When a majority was there last to begin with.
    majority_since: Option<Instant>,
    /// The times during which fewer than a majority ran; the last one may go on.
    outages: Vec<(Instant, Option<Instant>)>,
    pub violations: Vec<String>,
}

impl Journal {
    pub fn new() -> Self {
        Self { begun: OnceLock::new(), is_over: AtomicBool::new(false), book: Mutex::default() }
    }

    /// The clock starts.
    pub fn begin(&self) {
        self.begun();
    }

    fn begun(&self) -> Instant {
        *self.begun.get_or_init(Instant::now)
    }

    pub fn elapsed(&self) -> Duration {
        self.begun().elapsed()
    }

    /// Tells how the run goes, in one line.
    pub fn progress(&self) {
        let book = self.lock();
        let (operations, faults) = (book.operations.values().sum::<u64>(), book.faults.values().sum::<u64>());
        let (wait, silence) = (book.longest_wait.as_millis(), book.longest_silence_with_majority.as_millis());
        let seconds = self.elapsed().as_secs();
        let violations = book.violations.len();
        drop(book);
        eprintln!(
            "{seconds:>5} s  {faults:>4} faults  {operations:>7} operations  longest wait {wait:>6} ms, \
             longest silence with a majority {silence:>6} ms  {violations} violations"
        );
    }

    /// Whether the run is to end before its time.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Ends the run before its time.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    pub fn book(&self) -> Book {
        self.lock().clone()
    }

    /// Takes note of something that was done to the fleet.
    pub fn happened(&self, what: impl Into<String>) {
        let mut book = self.lock();
        if book.timeline.len() == TIMELINE_MAX {
            book.timeline.pop_front();
        }
        book.timeline.push_back((Instant::now(), what.into()));
    }

    /// Takes note of a fault, which is counted.
    pub fn fault(&self, kind: &'static str, what: impl Into<String>) {
        *self.lock().faults.entry(kind).or_default() += 1;
        self.happened(what);
    }

    /// Takes note of an operation that has ended.
    pub fn operation(&self, kind: &'static str, done: &Done) {
        let (begun, ended) = (done.account.begun, done.account.ended);
        let mut book = self.lock();
        *book.operations.entry((kind, done.outcome)).or_default() += 1;
        book.longest_wait = book.longest_wait.max(ended - begun);
        if !done.is_answered {
            return;
        }
        book.answered(self.begun(), ended);
        let is_within = |outage: &(Instant, Option<Instant>)| {
            begun >= outage.0 && outage.1.is_none_or(|end| ended <= end)
        };
        let is_impossible = book.outages.iter().any(is_within);
        drop(book);
        if is_impossible {
            self.violation(format!("{kind} was answered while fewer than a majority ran: {}", done.words));
        }
    }

    /// From now on fewer than a majority run.
    pub fn outage_begins(&self) {
        self.lock().outages.push((Instant::now(), None));
    }

    /// From now on a majority runs again.
    pub fn outage_ends(&self) {
        let (mut book, now) = (self.lock(), Instant::now());
        book.majority_since = Some(now);
        if let Some(outage) = book.outages.last_mut() {
            outage.1 = Some(now);
        }
    }

    /// Looks whether the fleet has been silent for too long.
    pub fn watch_silence(&self) {
        let mut book = self.lock();
        let is_out = book.outages.last().is_some_and(|outage| outage.1.is_none());
        let since = book.last_answer.max(book.majority_since).unwrap_or_else(|| self.begun());
        if is_out || since.elapsed() < SILENCE_MAX {
            return;
        }
        book.majority_since = Some(Instant::now());
        drop(book);
        self.violation(format!("nobody was answered for {} s, with a majority there", SILENCE_MAX.as_secs()));
    }

    /// Tells of something that may never happen.
    pub fn violation(&self, what: impl Into<String>) {
        self.violation_at(what, [""; 0]);
    }

    /// Tells of something that may never happen, with the history of the vault that it happened to.
    pub fn violation_at<L: AsRef<str>>(&self, what: impl Into<String>, history: impl IntoIterator<Item = L>) {
        let what = what.into();
        let mut book = self.lock();
        let mut text = format!("VIOLATION at {}: {what}\n", self.clock(Instant::now()));
        let from = Instant::now().checked_sub(TIMELINE_SHOWN).unwrap_or_else(|| self.begun());
        text += "  what was done to the fleet before it:\n";
        for (at, line) in book.timeline.iter().filter(|(at, _)| *at >= from) {
            text += &format!("    {}  {line}\n", self.clock(*at));
        }
        let lines: Vec<String> = history.into_iter().map(|line| format!("    {}\n", line.as_ref())).collect();
        if !lines.is_empty() {
            text += &format!("  the vault's history:\n{}", lines.concat());
        }
        eprintln!("{text}");
        book.violations.push(what);
        if book.violations.len() >= VIOLATIONS_MAX {
            self.end();
        }
    }

    /// Seconds since the run began, in words.
    pub fn clock(&self, at: Instant) -> String {
        format!("{:8.3} s", at.saturating_duration_since(self.begun()).as_secs_f64())
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }
}

impl Book {
    fn answered(&mut self, begun: Instant, at: Instant) {
        let before = self.last_answer.unwrap_or(begun);
        self.longest_silence = self.longest_silence.max(at.saturating_duration_since(before));
        let since = before.max(self.majority_since.unwrap_or(begun));
        let silence = at.saturating_duration_since(since);
        self.longest_silence_with_majority = self.longest_silence_with_majority.max(silence);
        self.last_answer = Some(before.max(at));
        let second = usize::try_from(at.saturating_duration_since(begun).as_secs()).unwrap();
        if self.seconds.len() <= second {
            self.seconds.resize(second + 1, false);
        }
        self.seconds[second] = true;
    }
}
