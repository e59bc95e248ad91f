//! The rules of a vault, as far as they count guesses.

use crate::log::{Content, ENTRIES_MAX, Log};

/// The attempt whose device knows the password.
const KNOWING: u8 = 0;

/// What applying a log comes to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vault {
    /// Attempts that took a guess and are not forgiven, oldest first.
    open: [u8; ENTRIES_MAX],
    taken: u8,
    /// Attempts that were forgiven, as bits.
    forgiven: u8,
    erased: bool,
}

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It says nothing.
    Empty,
    /// The attempt may be answered, for the first time or again.
    Answerable,
    /// No guess was left, now or earlier.
    Erased,
    /// The attempt is closed.
    Closed,
    /// The success counts, or counted before.
    Succeeded,
}

impl Vault {
    /// Applies a whole log. Gives the vault and what became of the last entry.
    #[must_use]
    pub fn after(log: &Log, budget: u8, knows_attempts: bool) -> (Self, Verdict) {
        let mut vault = Self::default();
        let mut verdict = Verdict::Empty;
        for entry in log.iter() {
            verdict = match entry.content() {
                Content::Empty => Verdict::Empty,
                Content::Spend { attempt, .. } => vault.spend(attempt, budget, knows_attempts),
                Content::Success { .. } => vault.succeed(),
            };
        }
        (vault, verdict)
    }

    /// Guesses that are gone and were not given back.
    #[must_use]
    pub fn taken(&self) -> u8 {
        self.taken
    }

    /// Attempts that were forgiven, as bits.
    #[must_use]
    pub fn forgiven(&self) -> u8 {
        self.forgiven
    }

    /// Whether the slot is erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.erased
    }

    /// Different attempts that took a guess and are not forgiven.
    #[must_use]
    pub fn attempts_open(&self) -> u32 {
        self.open().iter().fold(0_u8, |bits, attempt| bits | 1 << attempt).count_ones()
    }

    fn open(&self) -> &[u8] {
        self.open.get(..usize::from(self.taken)).unwrap_or_default()
    }

    fn spend(&mut self, attempt: u8, budget: u8, knows_attempts: bool) -> Verdict {
        if self.erased {
            return Verdict::Erased;
        }
        if self.forgiven & 1 << attempt != 0 {
            return Verdict::Closed;
        }
        if knows_attempts && self.open().contains(&attempt) {
            return Verdict::Answerable;
        }
        if self.taken == budget {
            self.erased = true;
            return Verdict::Erased;
        }
        if let Some(place) = self.open.get_mut(usize::from(self.taken)) {
            *place = attempt;
            self.taken += 1;
        }
        Verdict::Answerable
    }

    fn succeed(&mut self) -> Verdict {
        if self.forgiven & 1 << KNOWING != 0 {
            return Verdict::Succeeded;
        }
        let Some(at) = self.open().iter().position(|attempt| *attempt == KNOWING) else {
            return Verdict::Closed;
        };
        if self.erased {
            return Verdict::Closed;
        }
        let later: Vec<u8> = self.open().iter().skip(at + 1).copied().collect();
        self.forgiven |= self.open().iter().take(at + 1).fold(0, |bits, attempt| bits | 1 << attempt);
        self.taken = 0;
        self.open = [0; ENTRIES_MAX];
        for (place, attempt) in self.open.iter_mut().zip(later) {
            *place = attempt;
            self.taken += 1;
        }
        Verdict::Succeeded
    }
}
