//! The trace of a run: a hash over all that happens, and, where somebody reads along, lines.

use crate::moment::Moment;
use std::hash::Hasher;
use twox_hash::XxHash3_64;

/// Takes one line of a readable trace.
pub type Reader = Box<dyn FnMut(u64, Moment, &str)>;

/// Hashes events, inputs and effects in their order.
pub struct Trace {
    hasher: XxHash3_64,
    steps: u64,
    now: Moment,
    reader: Option<Reader>,
}

/// The hash of some bytes, the same on every machine. It is no cryptographic hash.
pub fn hash_of(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

impl Trace {
    /// A trace that nobody reads along, or somebody does.
    pub fn new(reader: Option<Reader>) -> Self {
        Self { hasher: XxHash3_64::with_seed(0), steps: 0, now: Moment::default(), reader }
    }

    /// An event begins.
    pub(crate) fn begin(&mut self, now: Moment) {
        self.steps += 1;
        self.now = now;
        self.hasher.write(&now.0.to_be_bytes());
    }

    /// Takes something into the hash.
    pub(crate) fn take(&mut self, kind: u8, bytes: &[u8]) {
        self.hasher.write(&[kind]);
        self.hasher.write(&(bytes.len() as u64).to_be_bytes());
        self.hasher.write(bytes);
    }

    /// Says something to whoever reads along.
    pub(crate) fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(reader) = &mut self.reader {
            reader(self.steps, self.now, &line());
        }
    }

    /// How many events there were.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The hash so far.
    pub fn hash(&self) -> u64 {
        self.hasher.finish()
    }
}
