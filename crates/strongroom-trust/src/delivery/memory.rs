//! What a device keeps of the last unit that it believed.

use crate::{
    ClaimedNote, CountersignedNote, Epoch, Moment, NoteError, SectionsError, StatusNumber,
    body::Body,
    bundle::BundleBody,
    checkpoint::{CheckpointBody, CheckpointError, read_checkpoint_note},
    limits::UNIT_BYTES_MAX,
    lines::{LineError, Lines},
    sections::{Sections, Taker, compose},
    status::StatusBody,
};
use std::fmt;
use strongroom_protocol::ids::Digest;

const HEADER: &str = "strongroom.example/trust-memory/v1";
const SECTIONS: usize = 4;

/// The newest bundle, status and checkpoint that the device believed, whole, so that a lie can be shown.
///
/// It is the device's own and as true as its disk: reading it verifies no signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    bundle: CountersignedNote,
    epoch: Epoch,
    status: CountersignedNote,
    status_number: StatusNumber,
    checkpoint: ClaimedNote,
    log: CheckpointBody,
    quorum_time: Moment,
}

/// Bytes are no memory of a delivery unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// They are no file of its sections.
    #[error("the memory: {0}")]
    Sections(#[from] SectionsError),
    /// A note has another form.
    #[error("the memory: {0}")]
    Note(#[from] NoteError),
    /// A text has another form.
    #[error("the memory: {0}")]
    Form(#[from] LineError),
    /// The checkpoint has another form.
    #[error("the memory: {0}")]
    Checkpoint(#[from] CheckpointError),
}

impl Memory {
    /// Reads what [`Memory`]'s `to_string` wrote.
    ///
    /// # Errors
    /// See [`MemoryError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, MemoryError> {
        let sections = Sections::parse(bytes, HEADER, UNIT_BYTES_MAX, SECTIONS)?;
        let mut sections = Taker::new(&sections);
        let bundle = CountersignedNote::parse(sections.take("bundle")?)?;
        let status = CountersignedNote::parse(sections.take("status")?)?;
        let checkpoint = read_checkpoint_note(sections.take("checkpoint")?)?;
        let mut witnessed = Lines::of(sections.take("witnessed")?, UNIT_BYTES_MAX)?;
        sections.end()?;
        let quorum_time = witnessed.expect("time")?.parse()?;
        witnessed.end()?;
        Self::of(bundle, status, checkpoint, quorum_time)
    }

    pub(super) fn of(
        bundle: CountersignedNote,
        status: CountersignedNote,
        checkpoint: ClaimedNote,
        quorum_time: Moment,
    ) -> Result<Self, MemoryError> {
        let epoch = BundleBody::parse(bundle.body())?.contents().epoch;
        let status_number = StatusBody::parse(status.body())?.contents().number;
        let log = CheckpointBody::parse(checkpoint.text())?;
        Ok(Self { bundle, epoch, status, status_number, checkpoint, log, quorum_time })
    }

    /// The bundle's epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The bundle's digest.
    pub fn digest(&self) -> Digest {
        self.bundle.digest()
    }

    /// The whole bundle.
    pub fn bundle(&self) -> &CountersignedNote {
        &self.bundle
    }

    /// The status note's number.
    pub fn status_number(&self) -> StatusNumber {
        self.status_number
    }

    /// The whole status note.
    pub fn status(&self) -> &CountersignedNote {
        &self.status
    }

    /// What the checkpoint says.
    pub fn log(&self) -> &CheckpointBody {
        &self.log
    }

    /// The whole checkpoint.
    pub fn checkpoint(&self) -> &ClaimedNote {
        &self.checkpoint
    }

    /// When enough witnesses had seen the log. It is the quorum's time and not the newest, so that no
    /// single witness can push a device's time ahead for good.
    pub fn quorum_time(&self) -> Moment {
        self.quorum_time
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let witnessed = format!("time {}\n", self.quorum_time);
        f.write_str(&compose(
            HEADER,
            &[
                ("bundle", self.bundle.as_str()),
                ("status", self.status.as_str()),
                ("checkpoint", self.checkpoint.as_str()),
                ("witnessed", &witnessed),
            ],
        ))
    }
}
