//! What somebody saw of a log: its newest checkpoint and the tiles under it, or an older checkpoint alone.

use crate::{
    error::CommandError,
    files::read_at_most,
    log_files::{FileFault, LogPlace},
};
use std::path::Path;
use strongroom_trust::{
    CheckpointBody, ClaimedDelivery, Memory,
    limits::{CHECKPOINT_BYTES_MAX, UNIT_BYTES_MAX},
    read_checkpoint_note,
    tile::{CHECKPOINT_PATH, LogFiles as _, TileTree},
};

/// What somebody saw of a log; nobody has verified it.
#[derive(Debug)]
pub struct LogView {
    /// Where it was found, for people.
    pub name: String,
    /// The checkpoint's note.
    pub checkpoint: Vec<u8>,
    /// The log's files, where the view is of a whole log.
    pub files: Option<LogPlace>,
}

impl LogView {
    /// Looks at a log's URL or folder, or reads a file: a checkpoint, a delivery unit, or a device's memory of one.
    ///
    /// # Errors
    /// It cannot be read, or holds no checkpoint.
    pub fn open(place: &str) -> Result<Self, CommandError> {
        let name = place.to_owned();
        if LogPlace::is_named_by(place) {
            let files = LogPlace::open(place)?;
            let checkpoint = newest(&files)?;
            return Ok(Self { name, checkpoint, files: Some(files) });
        }
        let bytes = read_at_most(Path::new(place), UNIT_BYTES_MAX.max(CHECKPOINT_BYTES_MAX))?;
        let no_checkpoint = format!(
            "{place} holds no checkpoint. Give a log's URL or folder, a checkpoint, a delivery unit, or what a device \
             remembers of one."
        );
        let checkpoint = checkpoint_in(&bytes).ok_or_else(|| CommandError::usage(no_checkpoint))?;
        Ok(Self { name, checkpoint: checkpoint.into_bytes(), files: None })
    }

    /// What its checkpoint says, by its own account.
    ///
    /// # Errors
    /// It is none.
    pub fn claimed(&self) -> Result<CheckpointBody, CommandError> {
        let read = || CheckpointBody::parse(read_checkpoint_note(&self.checkpoint)?.text());
        read().map_err(|error| CommandError::untrusted(format!("{}: {error}.", self.name)))
    }

    /// The hashes under its checkpoint, where the view is of a whole log.
    #[must_use]
    pub fn tree(&self, size: u64) -> Option<TileTree<&LogPlace>> {
        self.files.as_ref().map(|files| TileTree::new(files, size))
    }
}

fn newest(files: &LogPlace) -> Result<Vec<u8>, CommandError> {
    files.read(CHECKPOINT_PATH, CHECKPOINT_BYTES_MAX).map_err(|fault| no_checkpoint(files, &fault))
}

/// Says that a log shows no checkpoint.
pub fn no_checkpoint(place: impl std::fmt::Display, fault: &FileFault) -> CommandError {
    let what_to_do = match fault {
        FileFault::Missing => "Is this the log's folder or prefix? Its file `checkpoint` lies right below",
        FileFault::TooLong(_) => "Something else answers there than a log",
        FileFault::Unreachable(_) => "Nothing is known about the log; try again later",
    };
    CommandError::other(format!("The checkpoint of {place} cannot be had: {fault}. {what_to_do}."))
}

/// The checkpoint that a file is or holds.
fn checkpoint_in(bytes: &[u8]) -> Option<String> {
    let of_note = || {
        let note = read_checkpoint_note(bytes).ok()?;
        CheckpointBody::parse(note.text()).ok()?;
        Some(note.to_string())
    };
    let of_unit = || Some(ClaimedDelivery::parse(bytes).ok()?.status_proof().checkpoint.to_string());
    let of_memory = || Some(Memory::parse(bytes).ok()?.checkpoint().to_string());
    of_note().or_else(of_unit).or_else(of_memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(name: &str) -> String {
        format!("{}/../../vectors/trust/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn a_checkpoint_is_found_in_a_unit_and_in_a_memory() {
        let size = |name: &str| LogView::open(&vector(name)).unwrap().claimed().unwrap().size;
        assert_eq!((size("units/golden.txt"), size("memories/size-9.txt")), (1000, 9));
        let error = LogView::open(&vector("roots/quorum-2.txt")).unwrap_err();
        assert!(error.to_string().contains("holds no checkpoint"), "{error}");
        assert_eq!(error.exit().code(), 2);
    }

    #[test]
    fn a_folder_without_a_checkpoint_is_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let error = LogView::open(folder.path().to_str().unwrap()).unwrap_err();
        assert!(error.to_string().contains("it is not there. Is this the log's folder"), "{error}");
    }
}
