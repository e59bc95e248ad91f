//! What the rules of a vault need to know of its fleet and of the log.

/// The fleet's budget, and how far the log has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Guesses between two successes, from the genesis.
    pub guesses: u8,
    /// How many checkpoints were applied before this entry.
    pub checkpoint: u64,
}
