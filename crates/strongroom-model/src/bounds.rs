//! How much of the model is looked at.

/// The bounds within which every state is visited.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Elections: terms behind the founding's.
    pub terms: u8,
    /// Entries in a log.
    pub entries: u8,
    /// Attempts, at one vault; the first of them knows the password.
    pub attempts: u8,
    /// Guesses between two successes.
    pub budget: u8,
    /// Whether the first attempt's device sends message 2.
    pub successes: bool,
    /// Whether a request may be opened at a member that does not lead.
    pub followers_open: bool,
    /// Members whose disk is put back and that have not healed yet, at once.
    pub put_back_at_once: u8,
    /// Whether a host may keep one copy of a disk and put that back, beside the disk of the beginning.
    pub copies: bool,
    /// Whether a second process may be started on one platform while the first goes on.
    pub second_boots: bool,
}
