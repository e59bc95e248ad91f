//! Chance from one seed, in streams, so that more draws in one part of the run do not change the others.

use strongroom_crypto::{ChaChaRng, Rng as _};

/// One stream of random decisions.
pub struct Dice(ChaChaRng);

impl Dice {
    /// A stream of a seed.
    pub fn of(seed: u64, stream: u64) -> Self {
        let mut whole = [0; 32];
        whole[..8].copy_from_slice(&seed.to_be_bytes());
        whole[8..16].copy_from_slice(&stream.to_be_bytes());
        Self(ChaChaRng::from_seed(whole))
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    /// A number below a bound, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).unwrap()
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low + 1)
    }

    /// One of several, each as likely as its weight is heavy.
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, u64)]) -> T {
        let total: u64 = choices.iter().map(|(_, weight)| weight).sum();
        let mut drawn = self.number() % total;
        for (choice, weight) in choices {
            match drawn.checked_sub(*weight) {
                Some(rest) => drawn = rest,
                None => return *choice,
            }
        }
        unreachable!("the weights add up to what was drawn from")
    }
}
