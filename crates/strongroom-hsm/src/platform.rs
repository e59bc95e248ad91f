//! What an HSM stands on: sealed state, a small rollback-proof memory, and a measure of itself.
//! Page: `docs/spec/anchor.md`.
//!
//! A platform offers no more than this. It is the only thing besides the pipe that the
//! program around the step touches; the step itself never sees it.

pub mod simulation;

use crate::anchor::Anchor;
use strongroom_crypto::Secret;
use strongroom_protocol::{
    genesis::{Class, Platform as Kind},
    ids::Digest,
};

/// Why a platform did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The anchor is another boot's: this HSM was started twice, or its platform was copied.
    #[error("the anchor belongs to another boot of this HSM")]
    Superseded,
    /// Neither copy of the anchor is whole.
    #[error("no copy of the anchor in {0} is whole: this HSM cannot know what it acknowledged and must be replaced")]
    AnchorDestroyed(String),
    /// The platform's files cannot be read or written.
    #[error("{what} {path}: {cause}")]
    Files {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: String,
        /// What the operating system says.
        cause: std::io::Error,
    },
    /// No randomness is to be had.
    #[error("no randomness: {0}")]
    Randomness(String),
}

/// What an HSM stands on.
pub trait Platform {
    /// Reads the newest whole copy of the anchor; none before the birth.
    ///
    /// # Errors
    /// See [`PlatformError`].
    fn read_anchor(&mut self) -> Result<Option<Anchor>, PlatformError>;

    /// Takes the anchor over for a new boot: boot counter and sequence grow by one, the incarnation
    /// is replaced. From then on every swap by an earlier boot fails. Gives none before the birth.
    ///
    /// # Errors
    /// See [`PlatformError`].
    fn take_over(&mut self, incarnation: [u8; 16]) -> Result<Option<Anchor>, PlatformError>;

    /// Replaces the anchor, if it still bears this incarnation and the sequence before `anchor`'s; `both`
    /// overwrites both copies, one after the other. Durable when it returns.
    ///
    /// # Errors
    /// [`PlatformError::Superseded`] if the anchor is another boot's.
    fn swap_anchor(&mut self, anchor: &Anchor, both: bool) -> Result<(), PlatformError>;

    /// Every sealed state that is kept, the newest first.
    ///
    /// # Errors
    /// See [`PlatformError`].
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
