//! The guesses of a vault and the attempts that took them.
//!
//! Invariants: what is left and what failed add up to the fleet's budget; open attempts that took a guess are
//! among the failed; only the first open attempt may have taken none; ids differ; open and closed attempts
//! together fit where the closed ones are kept, so closing always fits; the closed ones are in the order of
//! their closing.
//!
//! Absent on purpose: slots and registrations. Whoever replaces or erases a password closes its attempts here.

use strongroom_protocol::{
    bytes::List,
    ids::{AttemptId, Digest},
    limits::{CLOSED_ATTEMPTS_MAX, GUESSES_MAX},
};
use tls_codec::{DeserializeBytes, TlsSerializeBytes, TlsSize};

use super::{ClosedAttempt, Ending, OpenAttempt, Rules, Taken, edit};

/// Open attempts of a vault: the largest budget, and the one that confirms the upload.
pub const OPEN_ATTEMPTS_MAX: usize = GUESSES_MAX as usize + 1;

/// Checkpoints after which a closed attempt is forgotten: older requests have died with their channel key.
const CHECKPOINTS_REMEMBERED: u64 = 2;

/// What a vault knows of an attempt id.
pub(super) enum Known {
    /// It is open.
    Open(OpenAttempt),
    /// It is closed.
    Closed(Ending),
    /// It was never seen, or was forgotten.
    Unknown,
}

/// Counts the guesses at a vault's password, whichever registration they were made at.
#[derive(Debug, TlsSize, TlsSerializeBytes)]
pub struct Budget {
    left: u8,
    failed: u32,
    open: List<OpenAttempt, OPEN_ATTEMPTS_MAX>,
    closed: List<ClosedAttempt, CLOSED_ATTEMPTS_MAX>,
}

impl Budget {
    /// Starts with every guess left.
    pub(super) fn full(guesses: u8) -> Self {
        let guesses = guesses.saturating_add(u8::from(planted!(OneGuessTooMany)));
        Self { left: guesses, failed: 0, open: List::default(), closed: List::default() }
    }

    /// Guesses left.
    pub fn left(&self) -> u8 {
        self.left
    }

    /// Attempts that took a guess since the last success and did not end in one.
    pub fn failed(&self) -> u32 {
        self.failed
    }

    /// The open attempts, oldest first.
    pub fn open(&self) -> &[OpenAttempt] {
        self.open.as_slice()
    }

    /// The closed attempts, in the order of their closing; some may be due to be forgotten.
    pub fn closed(&self) -> &[ClosedAttempt] {
        self.closed.as_slice()
    }

    /// Looks an attempt up.
    pub(super) fn known(&self, rules: &Rules, attempt: AttemptId) -> Known {
        if let Some(open) = self.open().iter().find(|open| open.attempt == attempt) {
            return Known::Open(*open);
        }
        let mut closed = self.closed().iter().filter(|closed| is_remembered(rules, closed));
        match closed.find(|closed| closed.attempt == attempt) {
            Some(closed) => Known::Closed(closed.ending),
            None => Known::Unknown,
        }
    }

    /// Whether an attempt is open for exactly this KE1.
    pub(super) fn is_open_for(&self, attempt: AttemptId, ke1: Digest) -> bool {
        self.open().iter().any(|open| open.attempt == attempt && open.ke1 == ke1)
    }

    /// Whether one more attempt can be opened so that all that are open could still be closed.
    pub(super) fn has_room(&self, rules: &Rules) -> bool {
        let closed = self.closed().iter().filter(|closed| is_remembered(rules, closed)).count();
        self.open().len().saturating_add(closed) < CLOSED_ATTEMPTS_MAX
    }

    /// Takes a guess for a new attempt, and says how many had failed before; `None`, and nothing done, where none is left.
    pub(super) fn spend(&mut self, rules: &Rules, attempt: AttemptId, ke1: Digest) -> Option<u32> {
        let failed_before = self.failed;
        self.left = self.left.checked_sub(1)?;
        self.failed = self.failed.saturating_add(1);
        self.forget(rules);
        edit(&mut self.open, |open| open.push(OpenAttempt { attempt, ke1, taken: Taken::Guess }));
        Some(failed_before)
    }

    /// Takes a guess for an attempt that is known already.
    #[cfg(strongroom_sim)]
    pub(super) fn spend_again(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.failed = self.failed.saturating_add(1);
    }

    /// Opens the attempt that confirms an upload. It takes no guess and gives none.
    pub(super) fn confirm(&mut self, rules: &Rules, attempt: AttemptId, ke1: Digest) {
        self.forget(rules);
        edit(&mut self.open, |open| open.push(OpenAttempt { attempt, ke1, taken: Taken::Nothing }));
    }

    /// Closes every open attempt. Their guesses stay taken.
    pub(super) fn close_all(&mut self, rules: &Rules) {
        self.forget(rules);
        if planted!(LeavesGuessOnChange) {
            self.left = self.left.max(1);
        }
        for open in std::mem::take(&mut self.open).into_vec() {
            self.remember(rules, open.attempt, Ending::Without);
        }
    }

    /// Remembers the attempt that found no guess left, if there is room for it.
    pub(super) fn remember_refused(&mut self, rules: &Rules, attempt: AttemptId) {
        if self.has_room(rules) {
            self.forget(rules);
            self.remember(rules, attempt, Ending::Without);
        }
    }

    /// Forgives an open attempt and those before it, and none after it.
    ///
    /// Whether the attempt is open is the caller's to check; where it is not, nothing is done.
    pub(super) fn succeed(&mut self, rules: &Rules, attempt: AttemptId) {
        let Some(at) = self.open().iter().position(|open| open.attempt == attempt) else {
            return;
        };
        self.forget(rules);
        let mut forgiven = std::mem::take(&mut self.open).into_vec();
        let kept = if planted!(ForgivesLaterAttempts) { forgiven.len() } else { at.saturating_add(1) };
        let later = forgiven.split_off(kept.min(forgiven.len()));
        let guesses_after = later.iter().filter(|open| open.taken == Taken::Guess).count();
        self.left = rules.guesses.saturating_sub(u8::try_from(guesses_after).unwrap_or(u8::MAX));
        self.failed = u32::try_from(guesses_after).unwrap_or(u32::MAX);
        self.open = List::new(later).unwrap_or_default();
        for open in forgiven {
            let ending = if open.attempt == attempt { Ending::Success } else { Ending::Without };
            self.remember(rules, open.attempt, ending);
        }
    }

    fn remember(&mut self, rules: &Rules, attempt: AttemptId, ending: Ending) {
        let checkpoint = rules.checkpoint;
        edit(&mut self.closed, |closed| closed.push(ClosedAttempt { attempt, checkpoint, ending }));
    }

    /// Drops the closed attempts that are due.
    fn forget(&mut self, rules: &Rules) {
        edit(&mut self.closed, |closed| closed.retain(|closed| is_remembered(rules, closed)));
    }

    /// Names the invariant that is broken, if one is.
    fn check(&self) -> Result<(), &'static str> {
        let taken = self.open().iter().filter(|open| open.taken == Taken::Guess).count();
        let open = self.open().iter().map(|open| open.attempt);
        let mut ids: Vec<AttemptId> = open.chain(self.closed().iter().map(|closed| closed.attempt)).collect();
        ids.sort_unstable();
        if u32::from(self.left).saturating_add(self.failed) > u32::from(GUESSES_MAX) {
            return Err("budget: left and failed are more than any budget");
        }
        if u32::try_from(taken).map_or(true, |taken| taken > self.failed) {
            return Err("budget: more open attempts than failed");
        }
        if self.open().iter().skip(1).any(|open| open.taken == Taken::Nothing) {
            return Err("budget: a later open attempt took no guess");
        }
        if ids.len() > CLOSED_ATTEMPTS_MAX {
            return Err("budget: more attempts than can be remembered");
        }
        if !ids.is_sorted_by(|one, next| one < next) {
            return Err("budget: one attempt stands twice");
        }
        if !self.closed().is_sorted_by_key(|closed| closed.checkpoint) {
            return Err("budget: closed attempts not in the order of their closing");
        }
        Ok(())
    }
}

impl DeserializeBytes for Budget {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), tls_codec::Error> {
        let (left, rest) = u8::tls_deserialize_bytes(bytes)?;
        let (failed, rest) = u32::tls_deserialize_bytes(rest)?;
        let (open, rest) = List::tls_deserialize_bytes(rest)?;
        let (closed, rest) = List::tls_deserialize_bytes(rest)?;
        let budget = Self { left, failed, open, closed };
        budget.check().map_err(|cause| tls_codec::Error::DecodingError(cause.into()))?;
        Ok((budget, rest))
    }
}

/// Whether fewer than two checkpoints have passed since an attempt was closed.
fn is_remembered(rules: &Rules, closed: &ClosedAttempt) -> bool {
    let remembered = if planted!(EvictsClosedEarly) { 1 } else { CHECKPOINTS_REMEMBERED };
    rules.checkpoint.saturating_sub(closed.checkpoint) < remembered
}
