//! A random generator for tests that gives written bytes, in order.

use std::vec::Vec;

use crate::rng::Rng;

/// Gives the bytes it was built from, and fails the test where more are asked
/// for or some are left.
pub(crate) struct ReplayRng {
    bytes: Vec<u8>,
    next: usize,
}

impl ReplayRng {
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        Self { bytes: parts.concat(), next: 0 }
    }
}

impl Rng for ReplayRng {
    fn fill(&mut self, out: &mut [u8]) {
        let end = self.next + out.len();
        assert!(end <= self.bytes.len(), "more random bytes than written");
        out.copy_from_slice(&self.bytes[self.next..end]);
        self.next = end;
    }
}

impl Drop for ReplayRng {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.next, self.bytes.len(), "random bytes left over");
        }
    }
}
