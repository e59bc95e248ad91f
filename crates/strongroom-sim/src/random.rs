//! The simulator's own randomness: streams of one seed, so that a change in one part of the world
//! does not change what the others draw.

use strongroom_crypto::{ChaChaRng, Rng};

/// One stream of random decisions.
pub struct Random {
    rng: ChaChaRng,
    pool: [u8; 256],
    used: usize,
}

/// Which stream of a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Stream {
    /// What is drawn once for the whole run.
    Plan = 1,
    /// Who does what mischief when.
    Mischief,
    /// Frames between nodes.
    Peers,
    /// Frames of clients.
    Exchanges,
    /// Disks.
    Disks,
    /// Platforms and processes.
    Programs,
    /// What clients decide.
    Clients,
    /// What enemies decide.
    Enemies,
    /// The keys and nonces of clients.
    Devices,
    /// The seed of a platform's own randomness.
    Platforms,
}

impl Random {
    /// A stream of a seed.
    pub fn of(seed: u64, stream: Stream) -> Self {
        Self { rng: generator(seed, stream, 0), pool: [0; 256], used: 256 }
    }

    /// A number below `bound`; zero where the bound is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.number() % bound }
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether something happens that happens so many times in a million.
    pub fn chance(&mut self, per_million: u32) -> bool {
        per_million > 0 && self.below(1_000_000) < u64::from(per_million)
    }

    /// Whether a coin shows its head.
    pub fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// One of several; none of none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(usize::try_from(self.below(items.len() as u64)).unwrap_or(0))
    }

    /// A place below a length.
    pub fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        if self.used + 8 > self.pool.len() {
            self.rng.fill(&mut self.pool);
            self.used = 0;
        }
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.pool[self.used..self.used + 8]);
        self.used += 8;
        u64::from_le_bytes(bytes)
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill(&mut bytes);
        bytes
    }

    /// The generator itself, for those who want one that is fit for keys.
    pub fn generator(&mut self) -> &mut ChaChaRng {
        &mut self.rng
    }
}

/// A generator of its own for one of many.
pub fn generator(seed: u64, stream: Stream, number: u32) -> ChaChaRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8] = stream as u8;
    bytes[12..16].copy_from_slice(&number.to_be_bytes());
    ChaChaRng::from_seed(bytes)
}
