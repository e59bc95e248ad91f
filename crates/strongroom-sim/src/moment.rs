//! Simulated time.

use std::fmt;

/// Moments in one tick of an HSM's clock at its ordinary pace.
pub const MOMENTS_PER_TICK: u64 = 100;
/// Ticks in one simulated second, at the ordinary pace.
pub const TICKS_PER_SECOND: u64 = 100;

/// A point in simulated time, counted from the beginning of a run. A moment is a tenth of a millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(pub u64);

impl Moment {
    /// The moment so many ticks after the beginning.
    pub const fn of_tick(tick: u64) -> Self {
        Self(tick * MOMENTS_PER_TICK)
    }

    /// The ticks that have passed.
    pub const fn tick(self) -> u64 {
        self.0 / MOMENTS_PER_TICK
    }

    /// The moment so many moments later.
    #[must_use]
    pub const fn after(self, moments: u64) -> Self {
        Self(self.0.saturating_add(moments))
    }

    /// The moment so many ticks later.
    #[must_use]
    pub const fn after_ticks(self, ticks: u64) -> Self {
        self.after(ticks.saturating_mul(MOMENTS_PER_TICK))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.tick(), self.0 % MOMENTS_PER_TICK)
    }
}
