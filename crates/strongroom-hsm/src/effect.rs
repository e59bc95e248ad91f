//! What `step` asks to be done, and what comes back. Page: `docs/spec/pipe.md`.
//!
//! Effects are carried out in order. Those for the host cross the pipe as they are;
//! those for the platform never do: the program around the step carries them out
//! and feeds their completion back as an input.

use crate::anchor::Anchor;
use strongroom_protocol::pipe::{HostMessage, HsmMessage};

/// What the platform is asked to do.
pub enum PlatformTask {
    /// Writes a sealed state beside the older ones.
    WriteState(Vec<u8>),
    /// Replaces the anchor if it still is this boot's; both copies where asked.
    SwapAnchor {
        /// What the anchor becomes; its sequence is one more than the expected one.
        anchor: Anchor,
        /// Whether both copies are overwritten, as at a checkpoint.
        both: bool,
    },
    /// Forgets every sealed state but the one written last.
    ForgetOldStates,
    /// Reads the anchor and compares its incarnation with this boot's.
    CheckAnchor(u64),
}

/// How the platform's task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformDone {
    /// The sealed state is durable.
    StateWritten,
    /// The anchor is replaced.
    Swapped,
    /// The anchor belongs to another boot.
    Superseded,
    /// The older states are gone.
    OldStatesForgotten,
    /// The anchor still names this boot.
    AnchorHolds(u64),
    /// The platform failed.
    Failed(String),
}

/// One effect.
pub enum Effect {
    /// For the host.
    Host(HsmMessage),
    /// For the platform.
    Platform(PlatformTask),
}

/// One input.
pub enum Input {
    /// From the host; an enemy's bytes until proven otherwise.
    Host(HostMessage),
    /// From the platform.
    Platform(PlatformDone),
}

/// Collects the effects of one step.
#[derive(Default)]
pub struct Effects(Vec<Effect>);

impl Effects {
    /// Adds an effect for the host.
    pub fn host(&mut self, message: HsmMessage) {
        self.0.push(Effect::Host(message));
    }

    /// Adds an effect for the platform.
    pub fn platform(&mut self, task: PlatformTask) {
        self.0.push(Effect::Platform(task));
    }

    /// Takes what was collected.
    pub fn take(&mut self) -> Vec<Effect> {
        core::mem::take(&mut self.0)
    }
}
