//! G2: a vault never gives more guesses than its budget between two successes, counted on the wire.
//!
//! A guess is a KE2 that answers an attempt, told apart by registration and KE1: the same answer again tells
//! nothing new. The KE2 that answers an upload's own KE1 is none.
//!
//! From outside it is not seen when a guess is taken, or when a success counts: only that each happens between its
//! first request and its first answer. So the checker looks at every stretch of time up to now: the guesses that lie
//! in it whole are at most the budget, and once more the budget for each success that may lie in it.

use crate::{
    checker::{Checker, Violation},
    observation::{Ke2, Ke2Source, Observation},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::{
    client::{AnswerBody, Outcome, RequestBody, Success},
    ids::{AttemptId, RegistrationId, VaultId},
    limits::{KE1_BYTES, KE3_BYTES},
};

type Guess = (RegistrationId, [u8; KE1_BYTES]);

/// When a success that was sent was acknowledged, if it was.
type Acknowledged = Option<u64>;

/// What was seen of one vault.
#[derive(Default)]
struct Account {
    /// When each attempt was first sent.
    begun: BTreeMap<(AttemptId, [u8; KE1_BYTES]), u64>,
    /// Guesses that were answered, by the time at which their attempt was first sent.
    answered: Vec<u64>,
    guessed: BTreeSet<Guess>,
    /// KE1s of uploads, which are answered without a guess.
    uploaded: BTreeSet<Guess>,
    /// By the owner's signature, which names the attempt, and KE3: an attempt that was forgotten is another guess.
    successes: BTreeMap<([u8; 64], [u8; KE3_BYTES]), Acknowledged>,
}

/// Keeps account of every vault.
#[derive(Default)]
pub(crate) struct GuessesWithinBudget {
    accounts: BTreeMap<VaultId, Account>,
    /// Observations so far, as a clock.
    now: u64,
}

impl Checker for GuessesWithinBudget {
    fn name(&self) -> &'static str {
        "guesses_within_budget"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        self.now += 1;
        let now = self.now;
        match observation {
            Observation::RequestLeft { vault, request, .. } => {
                self.accounts.entry(*vault).or_default().asked(&request.body, now);
            }
            Observation::AnswerLeft(left) => {
                if let AnswerBody::Success(Outcome::Done(_)) = &left.answer.body
                    && let RequestBody::Success(success) = &left.request.body
                {
                    self.accounts.entry(left.vault).or_default().acknowledged(success, now);
                }
            }
            Observation::Ke2Left(program, ke2) => {
                let budget = usize::from(world.plan().guesses);
                let account = self.accounts.entry(ke2.vault).or_default();
                if account.is_new_guess(ke2, now) && !account.keeps(budget) {
                    let vault = ke2.vault.to_hex();
                    let vault = vault.get(..12).unwrap_or_default();
                    let what = format!(
                        "node {} answered a guess beyond the budget of vault {vault}: {} guesses in all, {} successes sent",
                        program.node,
                        account.answered.len(),
                        account.successes.len()
                    );
                    return Err(Violation::new(self.name(), what));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}

impl Account {
    fn asked(&mut self, body: &RequestBody, now: u64) {
        match body {
            RequestBody::Attempt(attempt) => {
                self.begun.entry((attempt.attempt, attempt.ke1)).or_insert(now);
            }
            RequestBody::Success(success) => {
                self.successes.entry((success.signature, success.ke3)).or_insert(None);
            }
            _ => {}
        }
    }

    fn acknowledged(&mut self, success: &Success, now: u64) {
        let known = self.successes.entry((success.signature, success.ke3)).or_insert(None);
        known.get_or_insert(now);
    }

    /// Takes a KE2. Gives whether it is a guess that was not answered before.
    fn is_new_guess(&mut self, ke2: &Ke2, now: u64) -> bool {
        let guess = (ke2.registration, ke2.ke1);
        if ke2.source == Ke2Source::Upload {
            self.uploaded.insert(guess);
            return false;
        }
        if self.uploaded.contains(&guess) || !self.guessed.insert(guess) {
            return false;
        }
        self.answered.push(self.begun.get(&(ke2.attempt, ke2.ke1)).copied().unwrap_or(now));
        true
    }

    /// Whether the budget was kept in every stretch of time that ends now.
    fn keeps(&self, budget: usize) -> bool {
        self.answered.iter().all(|from| {
            let guesses = self.answered.iter().filter(|begun| *begun >= from).count();
            let is_possible = |known: &&Acknowledged| known.is_none_or(|acknowledged| acknowledged > *from);
            let successes = self.successes.values().filter(is_possible).count();
            guesses <= budget * (1 + successes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_protocol::{bytes::Bytes, client::Attempt, ids::SlotNumber};

    fn attempt(number: u8) -> RequestBody {
        RequestBody::Attempt(Attempt {
            vault: VaultId::new([1; 32]),
            slot: SlotNumber::FIRST,
            attempt: AttemptId::new([number; 16]),
            ke1: [number; KE1_BYTES],
        })
    }

    fn success(number: u8) -> Success {
        Success { token: Bytes::default(), ke3: [0; 64], signature: [number; 64] }
    }

    fn answer(account: &mut Account, number: u8, now: u64) -> bool {
        let ke2 = Ke2 {
            source: Ke2Source::Attempt,
            vault: VaultId::new([1; 32]),
            slot: SlotNumber::FIRST,
            registration: RegistrationId::new([9; 16]),
            attempt: AttemptId::new([number; 16]),
            ke1: [number; KE1_BYTES],
            ke2: [0; 320],
            left: 0,
        };
        account.is_new_guess(&ke2, now);
        account.keeps(2)
    }

    #[test]
    fn the_third_of_two_guesses_is_noticed_and_a_repeated_one_is_not() {
        let mut account = Account::default();
        (1..=3).for_each(|number| account.asked(&attempt(number), u64::from(number)));
        assert!(answer(&mut account, 1, 10));
        assert!(answer(&mut account, 1, 11));
        assert!(answer(&mut account, 2, 12));
        assert!(!answer(&mut account, 3, 13));
    }

    #[test]
    fn a_success_that_was_counted_before_the_guesses_began_refills_nothing() {
        let mut account = Account::default();
        account.asked(&RequestBody::Success(success(1)), 1);
        account.acknowledged(&success(1), 2);
        (1..=3).for_each(|number| account.asked(&attempt(number), 2 + u64::from(number)));
        assert!(answer(&mut account, 1, 10));
        assert!(answer(&mut account, 2, 11));
        assert!(!answer(&mut account, 3, 12));
    }

    #[test]
    fn a_guess_that_was_begun_before_a_success_may_be_answered_after_it() {
        let mut account = Account::default();
        (1..=3).for_each(|number| account.asked(&attempt(number), u64::from(number)));
        account.asked(&RequestBody::Success(success(1)), 4);
        account.acknowledged(&success(1), 5);
        assert!((1..=3).all(|number| answer(&mut account, number, 10)));
    }
}
