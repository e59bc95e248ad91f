//! What an HSM stands on: sealed state, a small rollback-proof memory, and a measure of itself.
//! Page: `docs/spec/anchor.md`.
//!
//! A platform offers no more than this. It is the only thing besides the pipe that the
//! program around the step touches; the step itself never sees it.
//!
//! Invariants:
//!
//! - An anchor is replaced only by the boot that took it over last, and only where it is
//!   still the one that this boot wrote last.
//! - A write has reached the medium before it is answered.
//! - The copy that is being written is never the only good one.
//!
//! Absent on purpose: what the state and the head table hold ([`crate::state`]), and the
//! order in which they are written ([`crate::keeper`]).

pub mod memory;
#[cfg(feature = "program")]
pub mod simulation;
mod slots;

#[cfg(all(test, feature = "program"))]
mod tests;

use crate::anchor::Anchor;
use std::path::PathBuf;
use strongroom_crypto::{Secret, hash::digest, labels};
use strongroom_protocol::{
    genesis::{Class, Platform as Kind},
    ids::{Digest, FleetId},
};

/// Sealed states that a platform keeps; more tell of a start that never succeeds.
pub const STATES_MAX: usize = 256;

/// Why a platform did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// The anchor is another boot's: this HSM was started twice, or its platform was copied.
    #[error("the anchor belongs to another boot of this HSM")]
    Superseded,
    /// The anchor belongs to a fleet for life.
    #[error("the anchor belongs to fleet {anchored}, not to {asked}")]
    WrongFleet {
        /// The fleet that the anchor names.
        anchored: FleetId,
        /// The fleet that it should name.
        asked: FleetId,
    },
    /// Neither copy of the anchor is whole.
    #[error(
        "no copy of the anchor in {0} is whole: this HSM cannot know what it acknowledged and must be replaced"
    )]
    AnchorDestroyed(String),
    /// Something is there, and not what it should be.
    #[error("{place}: {what}")]
    Foreign {
        /// Where.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// There is no such folder.
    #[error("{}: there is no such folder; make it, or correct the path", .0.display())]
    NoFolder(PathBuf),
    /// This user may not write there.
    #[error("{}: cannot be written by this user; correct its owner or permissions, or mount it writable", .0.display())]
    ReadOnly(PathBuf),
    /// There is no room.
    #[error("{}: the disk is full; make room and start the node again", .0.display())]
    Full(PathBuf),
    /// Another process keeps the lock.
    #[error("{}: locked by another process; stop that one, then start the node again", .0.display())]
    Locked(PathBuf),
    /// There are too many sealed states.
    #[error("{0}: more than {STATES_MAX} sealed states; this HSM was started too often without success")]
    TooManyStates(String),
    /// The medium fails in any other way.
    #[error("{place}: {cause}")]
    Medium {
        /// Where.
        place: String,
        /// What it says.
        cause: String,
    },
    /// No randomness is to be had.
    #[error("no randomness: {0}")]
    Randomness(String),
    /// The caller asked for what no boot may do.
    #[error("no boot may do this: {0}")]
    Misused(&'static str),
}

/// What an HSM stands on.
pub trait Platform {
    /// Reads the newest whole copy of the anchor; none before the birth.
    ///
    /// # Errors
    /// Both copies are torn, another program wrote them, or the medium fails.
    fn read_anchor(&mut self) -> Result<Option<Anchor>, PlatformError>;

    /// Takes the anchor over for a new boot: boot counter and sequence grow by one, the incarnation
    /// is replaced. From then on every swap by an earlier boot fails. Gives none before the birth.
    ///
    /// # Errors
    /// See [`PlatformError`].
    fn take_over(&mut self, incarnation: [u8; 16]) -> Result<Option<Anchor>, PlatformError>;

    /// Replaces the anchor, if it still bears this incarnation and the sequence before `anchor`'s; `both`
    /// overwrites both copies, one after the other. Durable when it returns. Before the birth the
    /// sequence before is zero.
    ///
    /// # Errors
    /// [`PlatformError::Superseded`] if the anchor is another boot's: this boot must stop.
    fn swap_anchor(&mut self, anchor: &Anchor, both: bool) -> Result<(), PlatformError>;

    /// Every sealed state that is kept, the newest first. Which of them the anchor belongs to shows
    /// when one opens under its state key; a cut-off write leaves one that opens under none.
    ///
    /// # Errors
    /// There are more than [`STATES_MAX`], or the medium fails.
    fn read_states(&mut self) -> Result<Vec<Vec<u8>>, PlatformError>;

    /// Writes a sealed state beside the older ones. Durable when it returns.
    ///
    /// # Errors
    /// See [`PlatformError`].
    fn write_state(&mut self, sealed: &[u8]) -> Result<(), PlatformError>;

    /// Removes every sealed state but the one written last.
    ///
    /// # Errors
    /// See [`PlatformError`].
    fn forget_old_states(&mut self) -> Result<(), PlatformError>;

    /// Draws a seed from the platform's own source.
    ///
    /// # Errors
    /// See [`PlatformError`].
    fn draw_seed(&mut self) -> Result<Secret<32>, PlatformError>;

    /// Names the device; two devices never share a name.
    fn device(&self) -> Digest;

    /// The digest of the HSM program.
    fn measurement(&self) -> Digest;

    /// What kind of platform it is.
    fn kind(&self) -> Kind;

    /// What its anchor survives.
    fn class(&self) -> Class;
}

/// The digest of a program, as a measurement names it.
#[must_use]
pub fn measurement_of(program: &[u8]) -> Digest {
    Digest::new(digest(labels::MEASUREMENT_HASH, &[program]))
}
