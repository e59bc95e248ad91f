//! Which of the wrong guesses that a fleet counts were this device's own.

/// What a device remembers of wrong guesses since the vault's last success.
///
/// The fleet's count falls only by a success; so a count below the one remembered says that
/// somebody succeeded meanwhile, and that nothing counted now is this device's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuessMemory {
    /// Wrong guesses of this device.
    pub own: u32,
    /// The fleet's count when this device last guessed wrong, that guess included.
    pub seen: u32,
}

impl GuessMemory {
    /// How many of `failed` wrong guesses were made on other devices.
    pub fn elsewhere(self, failed: u32) -> u32 {
        failed.saturating_sub(self.own_of(failed))
    }

    /// After a wrong guess of this device, before which the fleet counted `failed`.
    #[must_use]
    pub fn after_wrong_guess(self, failed: u32) -> Self {
        Self { own: self.own_of(failed).saturating_add(1), seen: failed.saturating_add(1) }
    }

    /// After an attempt of this device that was spent and never finished.
    #[must_use]
    pub fn after_abandoned_attempt(self) -> Self {
        Self { own: self.own.saturating_add(1), seen: self.seen }
    }

    fn own_of(self, failed: u32) -> u32 {
        if failed < self.seen { 0 } else { self.own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_guesses_are_subtracted() {
        let memory = GuessMemory::default().after_wrong_guess(2);
        assert_eq!(memory, GuessMemory { own: 1, seen: 3 });
        assert_eq!(memory.elsewhere(3), 2);
        assert_eq!(memory.elsewhere(5), 4);
    }

    #[test]
    fn a_success_elsewhere_makes_everything_foreign_again() {
        let memory = GuessMemory { own: 3, seen: 3 };
        assert_eq!(memory.elsewhere(2), 2);
        assert_eq!(memory.after_wrong_guess(0), GuessMemory { own: 1, seen: 1 });
    }

    #[test]
    fn an_abandoned_attempt_is_own_too() {
        let memory = GuessMemory::default().after_abandoned_attempt();
        assert_eq!(memory.elsewhere(1), 0);
    }
}
