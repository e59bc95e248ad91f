//! One vault, what was done to it, and what its clients know of it.

use super::{
    judge::{Account, STATES_MAX, judge},
    model::{AttemptNumber, PasswordNumber, Standing, State, WRONG},
    tally::{Tally, Told},
};
use std::collections::{BTreeSet, VecDeque};
use strongroom_client::{BackupKey, Credential, Locator};

/// Lines of a vault's history that are kept.
const LINES_MAX: usize = 60;
/// With so much that may come late, a vault is left alone until the end.
const LATE_MAX: usize = 4;

/// One vault.
pub struct Case {
    pub number: usize,
    pub locator: Locator,
    pub key: BackupKey,
    pub lines: VecDeque<String>,
    states: BTreeSet<State>,
    tally: Tally,
    passwords: PasswordNumber,
    attempts: AttemptNumber,
    /// Whether its owner has begun to erase it, which is repeated until it is acknowledged.
    pub is_to_be_erased: bool,
    /// Whether something was told of it that cannot be; then nothing more can be said about it.
    pub is_broken: bool,
}

impl Case {
    /// A vault whose making was acknowledged, under its first password.
    pub fn made(number: usize, locator: Locator, key: BackupKey, guesses: u8) -> Self {
        let states = BTreeSet::from([State::made(guesses, 1, 1)]);
        Self {
            number,
            locator,
            key,
            lines: VecDeque::new(),
            states,
            tally: Tally::new(guesses),
            passwords: 1,
            attempts: 1,
            is_to_be_erased: false,
            is_broken: false,
        }
    }

    /// The text of a password of this vault. That of a wrong one differs each time.
    pub fn credential(&self, password: PasswordNumber, salt: u64) -> Credential {
        match password {
            WRONG => Credential::password(format!("wrong {salt}")),
            right => Credential::password(password_text(self.number, right)),
        }
    }

    pub fn new_password(&mut self) -> PasswordNumber {
        self.passwords += 1;
        self.passwords
    }

    pub fn new_attempt(&mut self) -> AttemptNumber {
        self.attempts += 1;
        self.attempts
    }

    /// A password that may be the right one.
    pub fn likely_password(&self) -> PasswordNumber {
        self.states.last().map_or(WRONG, |state| state.password)
    }

    /// Every password that may be the right one.
    pub fn possible_passwords(&self) -> BTreeSet<PasswordNumber> {
        self.states.iter().map(|state| state.password).filter(|password| *password != WRONG).collect()
    }

    /// Whether the vault stands so in every state that it may have.
    pub fn surely(&self, standing: Standing) -> bool {
        self.states.iter().all(|state| state.standing == standing)
    }

    /// Whether so much is uncertain that more operations would tell little.
    pub fn is_uncertain(&self) -> bool {
        self.states.len() > STATES_MAX / 4 || self.states.iter().any(|state| state.late_count() > LATE_MAX)
    }

    /// How many states it may have.
    pub fn state_count(&self) -> usize {
        self.states.len()
    }

    /// Takes in what clients were told, all of it at about the same time; says what cannot be.
    pub fn take_in(&mut self, accounts: &[Account], told: Told) -> Result<(), String> {
        let tallied = self.tally.count(told);
        let states = judge(&self.states, accounts);
        self.is_broken = tallied.is_err() || states.is_empty();
        tallied?;
        if states.is_empty() {
            return Err(format!(
                "no order of what happened explains what was told; before it: {:?}",
                self.states
            ));
        }
        self.states = states;
        Ok(())
    }

    pub fn note(&mut self, line: String) {
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }
}

/// The text of a password that a vault has or had.
pub fn password_text(vault: usize, password: PasswordNumber) -> String {
    format!("vault {vault}, password {password}")
}
