//! How far a log is, by its files.

use super::{Batch, LogError, LogKeeper};
use crate::{limits::BATCH_BYTES_MAX, storage::public};
use strongroom_trust::{
    CheckpointBody, ClaimedNote, limits::CHECKPOINT_BYTES_MAX, read_checkpoint_note, tile::CHECKPOINT_PATH,
};

pub(super) const NEXT: &str = "private/next";
pub(super) const SIGNED: &str = "private/signed";

/// How far a log is.
#[derive(Debug, Clone)]
pub struct LogState {
    /// The checkpoint that everybody may read.
    pub published: Option<(ClaimedNote, CheckpointBody)>,
    /// The largest that the log's key signed.
    pub signed: Option<(ClaimedNote, CheckpointBody)>,
    /// Leaves that are on their way.
    pub batch: Option<Batch>,
}

impl LogState {
    /// How many leaves everybody may read.
    pub fn published_size(&self) -> u64 {
        self.published.as_ref().map_or(0, |(_, body)| body.size)
    }

    /// How many leaves the log's key signed for.
    pub fn signed_size(&self) -> u64 {
        self.signed.as_ref().map_or(0, |(_, body)| body.size)
    }

    /// How many leaves there will be.
    pub(super) fn target(&self) -> u64 {
        self.batch.as_ref().map_or(self.published_size(), Batch::end)
    }

    fn check(self) -> Result<Self, LogError> {
        let (published, signed, target) = (self.published_size(), self.signed_size(), self.target());
        let batch_fits = self.batch.as_ref().is_none_or(|batch| batch.start() == published);
        let roots_agree = match (&self.published, &self.signed) {
            (Some((_, one)), Some((_, other))) => one.size != other.size || one.root == other.root,
            (Some(_), None) => false,
            (None, _) => true,
        };
        if batch_fits && roots_agree && (signed == published || signed == target) {
            return Ok(self);
        }
        Err(LogError::Broken("the log's state".into()))
    }
}

impl LogKeeper {
    /// Reads how far the log is.
    ///
    /// # Errors
    /// A file is missing or broken.
    pub fn state(&self) -> Result<LogState, LogError> {
        let published = self.read_checkpoint(&public(CHECKPOINT_PATH))?;
        let signed = self.read_checkpoint(SIGNED)?;
        let size = published.as_ref().map_or(0, |(_, body)| body.size);
        // A batch that is published already was left by a stop between the last two steps.
        let batch = self.read_batch()?.filter(|batch| batch.end() != size);
        LogState { published, signed, batch }.check()
    }

    fn read_checkpoint(&self, path: &str) -> Result<Option<(ClaimedNote, CheckpointBody)>, LogError> {
        let Some(bytes) = self.storage.read(path, CHECKPOINT_BYTES_MAX)? else { return Ok(None) };
        let broken = || LogError::Broken(path.into());
        let note = read_checkpoint_note(&bytes).map_err(|_| broken())?;
        let body = CheckpointBody::parse(note.text()).map_err(|_| broken())?;
        let mut keys = std::iter::once(&self.key).chain(&self.retired);
        let is_signed = keys.any(|key| note.is_signed_by(key).is_ok_and(|signed| signed));
        if body.origin == self.origin() && is_signed { Ok(Some((note, body))) } else { Err(broken()) }
    }

    fn read_batch(&self) -> Result<Option<Batch>, LogError> {
        let Some(bytes) = self.storage.read(NEXT, BATCH_BYTES_MAX)? else { return Ok(None) };
        Batch::parse(&bytes).map(Some).ok_or_else(|| LogError::Broken(NEXT.into()))
    }
}
