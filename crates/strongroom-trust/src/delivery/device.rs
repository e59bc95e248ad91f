//! What a device brings along to the verification.

use super::Memory;
use crate::{Epoch, Moment, limits::CLOCK_TOLERANCE_SECONDS};
use strongroom_protocol::ids::Digest;

/// What a device knows by itself: its times, its floors, its memory.
#[derive(Debug, Clone, Copy)]
pub struct DeviceView<'a> {
    /// The device's clock.
    pub clock: Moment,
    /// When the program was built.
    pub build: Moment,
    /// The floors under the epoch, besides the memory's.
    pub epochs: ClaimedEpochs,
    /// What the device kept of the last unit that it believed.
    pub memory: Option<&'a Memory>,
    /// A proof of consistency between the memory's checkpoint and the unit's, where it could be had;
    /// from the smaller to the larger, whichever is which.
    pub consistency: Option<&'a [Digest]>,
}

/// Epochs that a bundle is measured by.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClaimedEpochs {
    /// The floor that the app shipped with.
    pub app: Option<Epoch>,
    /// What the locator beside the backup names; whoever writes the storage can write anything there.
    pub locator: Option<Epoch>,
    /// The highest epoch of a bundle that verified in this very run, from another node say.
    pub found: Option<Epoch>,
}

impl DeviceView<'_> {
    /// The latest time that does not rest on the unit at hand.
    pub(super) fn own_time(&self) -> Moment {
        let remembered = self.memory.map_or(Moment::FIRST, Memory::quorum_time);
        self.clock.max(self.build).max(remembered)
    }

    /// Whether a signed time lies further ahead than clocks go wrong.
    pub(super) fn is_ahead(&self, at: Moment) -> bool {
        at > self.own_time().plus_seconds(CLOCK_TOLERANCE_SECONDS)
    }
}
