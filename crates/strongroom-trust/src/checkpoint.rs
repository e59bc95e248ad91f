//! Checkpoints: how large a log is, and its root. Format: C2SP `tlog-checkpoint`.

use crate::{
    ClaimedNote, Moment, NoteError, counted,
    limits::{CHECKPOINT_BYTES_MAX, CHECKPOINT_EXTENSIONS_MAX, KEY_NAME_BYTES_MAX, LOG_SIZE_MAX},
    merkle,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;
use strongroom_protocol::ids::Digest;

/// What a checkpoint says; nobody has signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointBody {
    /// The log's name.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
    /// Lines that mean nothing here, without line feeds.
    pub extensions: Vec<String>,
}

/// A checkpoint of an allowed log that enough witnesses cosigned.
///
/// Holding it proves that so many witnesses saw the log grow to it and to nothing else. It does
/// not prove that the log has not grown since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessedCheckpoint {
    pub(crate) body: CheckpointBody,
    pub(crate) note: ClaimedNote,
    pub(crate) times: Vec<(String, Moment)>,
    pub(crate) quorum_time: Moment,
}

/// A note is no checkpoint, or not one that counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note has another form.
    #[error("the checkpoint: {0}")]
    Note(NoteError),
    /// The text has another form.
    #[error("the checkpoint: {0}")]
    Form(&'static str),
    /// A log without leaves has another root than it should.
    #[error("the checkpoint: the root of an empty log is another one")]
    EmptyRoot,
    /// No log of this name is trusted.
    #[error("the checkpoint is of a log that is not trusted")]
    ForeignOrigin,
    /// The log did not sign it.
    #[error("the log did not sign the checkpoint")]
    LogUnsigned,
    /// The log's signature does not verify, or stands twice.
    #[error("the checkpoint: {0}")]
    LogSignature(NoteError),
    /// A trusted witness's signature does not verify, or stands twice.
    #[error("the checkpoint's witnesses: {0}")]
    Cosignature(NoteError),
    /// Fewer witnesses cosigned it than have to.
    #[error(
        "{} cosigned the checkpoint, {} to",
        counted(*met as u64, "witness", "witnesses"),
        counted(*needed as u64, "has", "have")
    )]
    TooFewWitnesses {
        /// How many have to.
        needed: usize,
        /// How many did.
        met: usize,
    },
}

impl CheckpointError {
    /// Its name in the vectors and for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Note(_) | Self::Form(_) | Self::EmptyRoot => "checkpoint-form",
            Self::ForeignOrigin => "foreign-origin",
            Self::LogUnsigned => "log-unsigned",
            Self::LogSignature(_) => "log-signature",
            Self::Cosignature(_) => "cosignature",
            Self::TooFewWitnesses { .. } => "too-few-witnesses",
        }
    }
}

impl CheckpointBody {
    /// Reads a checkpoint's text.
    ///
    /// # Errors
    /// [`CheckpointError::Form`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let error = CheckpointError::Form;
        let lines = text.strip_suffix('\n').ok_or(error("the text ends without a line feed"))?;
        let mut lines = lines.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty());
        let origin = next().filter(|origin| origin.len() <= KEY_NAME_BYTES_MAX);
        let origin = origin.ok_or(error("the origin is missing or too long"))?.into();
        let size = next().and_then(read_size).ok_or(error("the size is no number that may stand"))?;
        let root = next().and_then(read_hash).ok_or(error("the root is no hash"))?;
        let extensions: Vec<String> = lines.map(Into::into).collect();
        if extensions.len() > CHECKPOINT_EXTENSIONS_MAX || extensions.iter().any(String::is_empty) {
            return Err(error("an extension is empty, or there are too many"));
        }
        if size == 0 && root != merkle::EMPTY_ROOT {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(Self { origin, size, root, extensions })
    }
}

impl fmt::Display for CheckpointBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, hash_text(&self.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl WitnessedCheckpoint {
    /// What it says.
    pub fn body(&self) -> &CheckpointBody {
        &self.body
    }

    /// The note as it stands, cosignatures included.
    pub fn note(&self) -> &ClaimedNote {
        &self.note
    }

    /// Which witnesses cosigned it and when, the newest first.
    pub fn times(&self) -> &[(String, Moment)] {
        &self.times
    }

    /// The newest time at or after which as many witnesses as have to cosigned it: the freshness.
    pub fn quorum_time(&self) -> Moment {
        self.quorum_time
    }

    /// The newest cosignature's time.
    pub fn newest_time(&self) -> Moment {
        self.times.first().map_or(self.quorum_time, |(_, at)| *at)
    }
}

/// Reads a checkpoint's note, whose signatures are still to be verified.
///
/// # Errors
/// [`CheckpointError::Note`].
pub fn read_checkpoint_note(bytes: &[u8]) -> Result<ClaimedNote, CheckpointError> {
    ClaimedNote::parse(bytes, CHECKPOINT_BYTES_MAX).map_err(CheckpointError::Note)
}

/// A number of leaves, or the index of one, without sign and leading zeros.
pub(crate) fn read_size(text: &str) -> Option<u64> {
    let size = text.parse::<u64>().ok()?;
    (size <= LOG_SIZE_MAX && size.to_string() == text).then_some(size)
}

/// A hash in base64.
pub(crate) fn read_hash(text: &str) -> Option<Digest> {
    if text.len() != 44 {
        return None;
    }
    STANDARD.decode(text).ok()?.try_into().ok().map(Digest::new)
}

pub(crate) fn hash_text(hash: &Digest) -> String {
    STANDARD.encode(hash.as_bytes())
}

#[cfg(test)]
mod tests;
