//! The vaults of a device that are on their way to another fleet, one file each, named as the old vault's are.

use super::{DeviceFolder, StateError, file_error, read, remove, write};
use crate::{
    Locator, PendingMove,
    limits::{MOVE_BYTES_MAX, MOVES_MAX},
};
use std::{fs, path::Path};

const KIND: &str = "move";

impl DeviceFolder {
    /// The move that a vault is on, by its old locator or by its new one.
    ///
    /// # Errors
    /// A file cannot be read, or is damaged.
    pub fn load_move(&self, locator: &Locator) -> Result<Option<PendingMove>, StateError> {
        Ok(self.moves()?.into_iter().find(|moving| moving.is_about(locator)))
    }

    /// Every move that is not done.
    ///
    /// # Errors
    /// A file cannot be read, or is damaged.
    pub fn moves(&self) -> Result<Vec<PendingMove>, StateError> {
        let entries = fs::read_dir(&self.path).map_err(file_error("read", &self.path))?;
        let paths = entries.flatten().map(|entry| entry.path());
        let moves = paths.filter(|path| path.extension().is_some_and(|kind| kind == KIND)).take(MOVES_MAX);
        moves.filter_map(|path| read_move(&path).transpose()).collect()
    }

    /// Keeps a move; it is on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save_move(&self, moving: &PendingMove) -> Result<(), StateError> {
        let path = self.file(moving.old.vault(), KIND);
        write(&path, moving.to_text().as_bytes()).map_err(file_error("written", &path))
    }

    /// Forgets a move that is done.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget_move(&self, moving: &PendingMove) -> Result<(), StateError> {
        remove(&self.file(moving.old.vault(), KIND))
    }
}

fn read_move(path: &Path) -> Result<Option<PendingMove>, StateError> {
    let Some(text) = read(path, MOVE_BYTES_MAX)? else { return Ok(None) };
    let moving = PendingMove::from_text(&text);
    moving.map(Some).map_err(|source| StateError::State { path: path.into(), source })
}
