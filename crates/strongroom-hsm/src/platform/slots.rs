//! Two copies of an anchor, side by side, and the rules by which one follows another.
//!
//! A write goes to the copy that is not the newest. So a torn one leaves the
//! other, on which nothing newer was acknowledged.

use crate::{
    anchor::{Anchor, CopyError},
    platform::PlatformError,
};
use strongroom_protocol::ids::FleetId;

const NO_FLEET: FleetId = FleetId::new([0; 32]);

/// Which of the two copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    First,
    Second,
}

impl Slot {
    const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

enum Copy {
    /// Never written.
    Blank,
    Torn,
    Whole(Anchor),
}

/// The anchor as two copies give it.
pub(super) struct Slots {
    newest: Option<(Slot, Anchor)>,
}

impl Slots {
    /// Reads two copies. A torn copy beside a blank one is a birth that was cut off: nothing
    /// was acknowledged on it, and there is no anchor yet.
    pub(super) fn read(first: &[u8], second: &[u8], place: &str) -> Result<Self, PlatformError> {
        let newest = match (read_copy(first, place)?, read_copy(second, place)?) {
            (Copy::Whole(first), Copy::Whole(second)) if second.sequence > first.sequence => {
                Some((Slot::Second, second))
            }
            (Copy::Whole(first), _) => Some((Slot::First, first)),
            (_, Copy::Whole(second)) => Some((Slot::Second, second)),
            (Copy::Torn, Copy::Torn) => return Err(PlatformError::AnchorDestroyed(place.into())),
            (Copy::Blank, _) | (_, Copy::Blank) => None,
        };
        Ok(Self { newest })
    }

    pub(super) fn into_anchor(self) -> Option<Anchor> {
        self.newest.map(|(_, anchor)| anchor)
    }

    /// The anchor that a take-over by this incarnation writes.
    pub(super) fn taken_over(&self, incarnation: [u8; 16]) -> Result<Option<Anchor>, PlatformError> {
        let Some((_, anchor)) = &self.newest else { return Ok(None) };
        let raised = anchor.boot.checked_add(1).zip(anchor.sequence.checked_add(1));
        let (boot, sequence) = raised.ok_or(PlatformError::Misused("a counter is at its end"))?;
        Ok(Some(Anchor { boot, sequence, incarnation, ..anchor.duplicate() }))
    }

    /// Checks that `new` may follow what stands here: it bears the same incarnation and the next sequence.
    pub(super) fn check_swap(&self, new: &Anchor) -> Result<(), PlatformError> {
        if planted!(AnchorWithoutCompare) {
            return Ok(());
        }
        let before = new.sequence.checked_sub(1).ok_or(PlatformError::Misused("a swap to sequence zero"))?;
        let Some((_, anchor)) = &self.newest else {
            // Before the birth there is nothing that could be another boot's.
            return if before == 0 { Ok(()) } else { Err(PlatformError::Superseded) };
        };
        if anchor.sequence != before || anchor.incarnation != new.incarnation {
            return Err(PlatformError::Superseded);
        }
        if anchor.boot != new.boot {
            return Err(PlatformError::Misused("the boot counter changes without a take-over"));
        }
        if anchor.fleet != NO_FLEET && anchor.fleet != new.fleet {
            return Err(PlatformError::WrongFleet { anchored: anchor.fleet, asked: new.fleet });
        }
        Ok(())
    }

    /// The copies to be overwritten, in this order: first the one that is not the newest.
    pub(super) fn targets(&self, both: bool) -> impl Iterator<Item = Slot> {
        let mut newest = self.newest.as_ref().map_or(Slot::Second, |(slot, _)| *slot);
        if planted!(OverwritesNewestCopy) {
            newest = newest.other();
        }
        [newest.other(), newest].into_iter().take(if both { 2 } else { 1 })
    }
}

fn read_copy(bytes: &[u8], place: &str) -> Result<Copy, PlatformError> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(Copy::Blank);
    }
    match Anchor::decode(bytes) {
        Ok(anchor) => Ok(Copy::Whole(anchor)),
        Err(CopyError::Torn) => Ok(Copy::Torn),
        Err(CopyError::Foreign(error)) => {
            Err(PlatformError::Foreign { place: place.into(), what: error.to_string() })
        }
    }
}
