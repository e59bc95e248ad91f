//! What a vault may be, as far as its clients can know: the rules of `docs/spec/vault.md`, without any cryptography.
//!
//! A request that was given up may have taken effect, may yet, or never will. So a vault is a set of possible
//! states, each with what may come late. What clients are told leaves those states that agree with it; where none
//! is left, the fleet has broken a rule.

use std::collections::BTreeSet;

/// The number of a password of a vault.
pub type PasswordNumber = u32;
/// The number of an attempt at a vault.
pub type AttemptNumber = u32;

/// A password that no vault ever has.
pub const WRONG: PasswordNumber = 0;
/// The number of attempts that nobody will ask about again.
const NAMELESS: AttemptNumber = 0;

/// What a vault may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    pub standing: Standing,
    pub generation: u64,
    pub password: PasswordNumber,
    pub left: u8,
    pub failed: u32,
    /// Oldest first.
    open: Vec<Open>,
    late: BTreeSet<Late>,
    guesses: u8,
}

/// Whether there is something to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Live,
    /// The guesses were used up.
    SlotErased,
    /// The owner erased the vault.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Open {
    attempt: AttemptNumber,
    took_guess: bool,
}

/// What was sent, was not acknowledged, and may take effect at any time from then on, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Late {
    Spend(AttemptNumber),
    Success(AttemptNumber),
    Change { base: u64, password: PasswordNumber, attempt: AttemptNumber },
    Erase,
}

/// One thing that happened to a vault, or that somebody was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// An attempt took a guess.
    Spend(AttemptNumber),
    /// KE2 came for an attempt: `left` where it was told, and what failed before it.
    Answered { attempt: AttemptNumber, given: PasswordNumber, is_right: bool, left: Option<u8>, failed: u32 },
    /// An attempt was counted as a success.
    Success(AttemptNumber),
    /// So many guesses are left.
    Left(u8),
    /// An attempt is not open any more.
    Closed(AttemptNumber),
    /// No password opens the vault any more; asking may have made it so.
    FoundErased,
    /// The owner has erased the vault.
    FoundGone,
    /// A new password took effect, and the vault has this generation.
    Change { password: PasswordNumber, attempt: AttemptNumber, generation: u64 },
    /// A new password for the vault as it is now may take effect late.
    LateChange { password: PasswordNumber, attempt: AttemptNumber },
    /// The vault moved on before that new password could take effect.
    Overtaken(AttemptNumber),
    /// The owner's erasure took effect.
    Erase,
    /// Something may take effect late.
    Late(Late),
    /// What a status shows.
    Status { generation: u64, left: u8, failed: u32, is_erased: bool },
}

impl State {
    /// A vault whose making was acknowledged; whether its confirmation counted is open.
    pub fn made(guesses: u8, password: PasswordNumber, attempt: AttemptNumber) -> Self {
        Self {
            standing: Standing::Live,
            generation: 1,
            password,
            left: guesses,
            failed: 0,
            open: vec![Open { attempt, took_guess: false }],
            late: BTreeSet::from([Late::Success(attempt)]),
            guesses,
        }
    }

    /// How much may still come late.
    pub fn late_count(&self) -> usize {
        self.late.len()
    }

    /// The state after a step; none where the step cannot be.
    pub fn after(&self, step: &Step) -> Option<Self> {
        let mut state = self.clone();
        let agrees = match *step {
            Step::Spend(attempt) => state.left > 0 && state.spend(attempt),
            Step::Answered { attempt, given, is_right, left, failed } => {
                state.is_open(attempt)
                    && (state.password == given) == is_right
                    && left.is_none_or(|left| left == state.left)
                    && state.failed == failed + 1
            }
            Step::Success(attempt) => state.succeed(attempt),
            Step::Left(left) => state.left == left,
            Step::Closed(attempt) => !state.is_open(attempt),
            Step::FoundErased => state.found_erased(),
            Step::FoundGone => state.standing == Standing::Gone,
            Step::Change { password, attempt, generation } => {
                state.generation + 1 == generation && state.change(password, attempt)
            }
            Step::LateChange { password, attempt } => {
                let base = state.generation;
                state.late.insert(Late::Change { base, password, attempt });
                true
            }
            Step::Overtaken(own) => {
                !state.late.iter().any(|late| matches!(late, Late::Change { attempt, .. } if *attempt == own))
            }
            Step::Erase => state.erase(),
            Step::Late(late) => {
                state.late.insert(late);
                true
            }
            Step::Status { generation, left, failed, is_erased } => {
                let standing = if is_erased { Standing::SlotErased } else { Standing::Live };
                (state.standing, state.generation) == (standing, generation)
                    && (state.left, state.failed) == (left, failed)
            }
        };
        state.drop_what_is_dead();
        agrees.then_some(state)
    }

    /// The state after something that was late has come; none where it has no effect any more.
    fn after_late(&self, late: Late) -> Option<Self> {
        let mut state = self.clone();
        state.late.remove(&late);
        let took_effect = match late {
            Late::Spend(_) if state.left == 0 => state.standing == Standing::Live && state.found_erased(),
            Late::Spend(attempt) => state.spend(attempt),
            Late::Success(attempt) => state.succeed(attempt),
            Late::Change { base, password, attempt } => {
                base == state.generation && state.change(password, attempt)
            }
            Late::Erase => state.erase(),
        };
        state.drop_what_is_dead();
        took_effect.then_some(state)
    }

    fn is_open(&self, attempt: AttemptNumber) -> bool {
        self.open.iter().any(|open| open.attempt == attempt)
    }

    fn spend(&mut self, attempt: AttemptNumber) -> bool {
        self.left = self.left.saturating_sub(1);
        self.failed += 1;
        self.open.push(Open { attempt, took_guess: true });
        self.standing == Standing::Live
    }

    /// Forgives an open attempt and those before it.
    fn succeed(&mut self, attempt: AttemptNumber) -> bool {
        let Some(at) = self.open.iter().position(|open| open.attempt == attempt) else { return false };
        self.open.drain(..=at);
        let taken = self.open.iter().filter(|open| open.took_guess).count();
        self.left = self.guesses - u8::try_from(taken).unwrap();
        self.failed = u32::try_from(taken).unwrap();
        true
    }

    fn change(&mut self, password: PasswordNumber, attempt: AttemptNumber) -> bool {
        let may = self.standing != Standing::Gone;
        self.standing = Standing::Live;
        self.generation += 1;
        self.password = password;
        self.open = vec![Open { attempt, took_guess: false }];
        may
    }

    fn erase(&mut self) -> bool {
        *self = Self {
            standing: Standing::Gone,
            generation: 0,
            password: WRONG,
            left: 0,
            failed: 0,
            open: Vec::new(),
            late: BTreeSet::new(),
            guesses: self.guesses,
        };
        true
    }

    fn found_erased(&mut self) -> bool {
        if self.standing == Standing::Live && self.left == 0 {
            self.standing = Standing::SlotErased;
            self.open.clear();
        }
        self.standing != Standing::Live
    }

    /// Forgets what can have no effect any more.
    fn drop_what_is_dead(&mut self) {
        let (generation, is_gone) = (self.generation, self.standing == Standing::Gone);
        let open: BTreeSet<_> = self.open.iter().map(|open| open.attempt).collect();
        self.late.retain(|late| match late {
            Late::Success(attempt) => open.contains(attempt),
            Late::Change { base, .. } => *base == generation,
            Late::Spend(_) | Late::Erase => !is_gone,
        });
    }

    /// Forgets the numbers of attempts that nobody will ask about again.
    pub fn settled(mut self) -> Self {
        let late = &self.late;
        for open in &mut self.open {
            if !late.contains(&Late::Success(open.attempt)) {
                open.attempt = NAMELESS;
            }
        }
        self
    }
}

/// All that the states may become by what comes late.
pub fn closure(states: &BTreeSet<State>) -> BTreeSet<State> {
    let mut reached = states.clone();
    let mut waiting: Vec<State> = states.iter().cloned().collect();
    while let Some(state) = waiting.pop() {
        for late in &state.late {
            if let Some(next) = state.after_late(*late)
                && reached.insert(next.clone())
            {
                waiting.push(next);
            }
        }
    }
    reached
}
