//! Which key stretching a device uses, and what it accepts. Page: `docs/spec/flows.md`, "Key stretching".
//!
//! The number of the parameters comes back with an answer, and a fleet that lowers it would make
//! stolen memory cheaper to search; so the device has a floor and refuses before it stretches.

use strongroom_crypto::stretching::{NoStretching, Stretch, StretchError, StretchingParameters};

/// What a device uses for a new slot, and the least it accepts of an old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StretchingPolicy {
    /// These parameters, or ones with a higher number.
    AtLeast(StretchingParameters),
    /// None at all: for load generators and tests. Such a slot falls to a guess at full speed
    /// once its seed is known.
    InsecureNone,
}

impl Default for StretchingPolicy {
    fn default() -> Self {
        Self::AtLeast(StretchingParameters::ONE)
    }
}

/// The answer names parameters that the device does not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StretchingRefused {
    /// They are weaker than the device's floor.
    #[error("the fleet asks for key stretching number {number}, and this device accepts none below {floor}")]
    TooWeak {
        /// The number in the answer.
        number: u16,
        /// The device's floor.
        floor: u16,
    },
    /// A newer program made the slot.
    #[error("key stretching number {0} is not known; a newer version of this program may know it")]
    Unknown(u16),
}

/// The stretching that was settled on.
pub(crate) enum Chosen {
    Parameters(StretchingParameters),
    None,
}

impl Chosen {
    pub(crate) fn number(&self) -> u16 {
        match self {
            Self::Parameters(parameters) => parameters.number(),
            Self::None => 0,
        }
    }
}

impl Stretch for Chosen {
    fn stretch(&self, input: &[u8], out: &mut [u8; 64]) -> Result<(), StretchError> {
        match self {
            Self::Parameters(parameters) => parameters.stretch(input, out),
            Self::None => NoStretching.stretch(input, out),
        }
    }
}

impl StretchingPolicy {
    /// What a new slot is made with.
    pub(crate) fn for_upload(self) -> Chosen {
        match self {
            Self::AtLeast(parameters) => Chosen::Parameters(parameters),
            Self::InsecureNone => Chosen::None,
        }
    }

    /// What the answer's number means, if it is good enough.
    pub(crate) fn for_answer(self, number: u16) -> Result<Chosen, StretchingRefused> {
        let floor = match self {
            Self::AtLeast(floor) => floor.number(),
            Self::InsecureNone => 0,
        };
        if number < floor {
            return Err(StretchingRefused::TooWeak { number, floor });
        }
        if number == 0 {
            return Ok(Chosen::None);
        }
        StretchingParameters::from_number(number)
            .map(Chosen::Parameters)
            .ok_or(StretchingRefused::Unknown(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_below_the_floor_and_nothing_unknown_is_taken() {
        let policy = StretchingPolicy::default();
        assert_eq!(policy.for_answer(0).err(), Some(StretchingRefused::TooWeak { number: 0, floor: 1 }));
        assert_eq!(policy.for_answer(2).err(), Some(StretchingRefused::Unknown(2)));
        assert_eq!(policy.for_answer(1).map(|chosen| chosen.number()).ok(), Some(1));
        assert_eq!(policy.for_upload().number(), 1);
    }

    #[test]
    fn none_is_used_only_where_it_was_asked_for() {
        let policy = StretchingPolicy::InsecureNone;
        assert_eq!(policy.for_upload().number(), 0);
        assert_eq!(policy.for_answer(0).map(|chosen| chosen.number()).ok(), Some(0));
        assert_eq!(policy.for_answer(1).map(|chosen| chosen.number()).ok(), Some(1));
    }
}
