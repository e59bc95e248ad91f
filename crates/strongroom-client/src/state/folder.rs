//! A folder of its own, where a device keeps its vaults' keys and states.
//!
//! One vault is two files, named by the first eight bytes of its vault id: enough to tell vaults
//! apart, far too little to address one. Each is written beside itself, put on the disk, and
//! renamed, so that a reader finds the old one or the new one and never half of one. On Unix
//! the folder is its owner's alone (0700), and so are the files (0600).

mod moves;
mod trust;

use super::{DeviceState, StateTextError};
use crate::{BackupKey, BackupKeyError, limits::STATE_BYTES_MAX, trust::TrustStateError};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};
use strongroom_protocol::ids::{FleetId, VaultId, hex};
use zeroize::Zeroizing;

/// Where a device keeps what must outlive the process.
///
/// ```no_run
/// use strongroom_client::DeviceFolder;
///
/// let device = DeviceFolder::open("/home/me/.local/state/strongroom")?;
/// # Ok::<(), strongroom_client::StateError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DeviceFolder {
    path: PathBuf,
    #[cfg(feature = "keyring")]
    uses_key_ring: bool,
}

/// The device's own state cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file or folder cannot be read or written.
    #[error("{} cannot be {act}: {source}", .path.display())]
    File {
        /// What was tried: "read", "written", "made" or "removed".
        act: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A state file is damaged.
    #[error("{} is damaged: {source}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: StateTextError,
    },
    /// A key file is damaged.
    #[error("{} is damaged: {source}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BackupKeyError,
    },
    /// What the device came to believe is damaged, or was kept under another trust root.
    #[error("{} cannot be used: {source}", .path.display())]
    Trust {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: TrustStateError,
    },
    /// The files belong to another vault or fleet.
    #[error("{} belongs to another vault", .0.display())]
    OtherVault(PathBuf),
    /// The operating system's key ring does not work.
    #[error("the operating system's key ring does not work: {0}")]
    KeyRing(String),
}

impl DeviceFolder {
    /// Opens the folder, and makes it where there is none.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StateError> {
        let path = path.into();
        make_folder(&path).map_err(file_error("made", &path))?;
        Ok(Self {
            path,
            #[cfg(feature = "keyring")]
            uses_key_ring: false,
        })
    }

    /// Keeps backup keys in the operating system's key ring from now on, in place of files.
    #[cfg(feature = "keyring")]
    #[must_use]
    pub fn with_key_ring(mut self) -> Self {
        self.uses_key_ring = true;
        self
    }

    /// Reads what is kept of a vault; `None` where nothing is.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or belongs to another vault.
    pub fn load(&self, fleet: FleetId, vault: VaultId) -> Result<Option<DeviceState>, StateError> {
        let path = self.file(vault, "state");
        let Some(text) = read(&path, STATE_BYTES_MAX)? else { return Ok(None) };
        let state = DeviceState::from_text(&text)
            .map_err(|source| StateError::State { path: path.clone(), source })?;
        if state.fleet != fleet || state.vault != vault {
            return Err(StateError::OtherVault(path));
        }
        Ok(Some(state))
    }

    /// Keeps the state of a vault; it is on the disk when this returns.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, state: &DeviceState) -> Result<(), StateError> {
        let path = self.file(state.vault, "state");
        write(&path, state.to_text().as_bytes()).map_err(file_error("written", &path))
    }

    /// Reads the backup key of a vault; `None` where none is kept.
    ///
    /// # Errors
    /// The file or key ring cannot be read, or holds something else.
    pub fn load_key(&self, vault: VaultId) -> Result<Option<BackupKey>, StateError> {
        #[cfg(feature = "keyring")]
        if self.uses_key_ring {
            return super::key_ring::load(&key_name(vault));
        }
        let path = self.file(vault, "key");
        let Some(text) = read(&path, STATE_BYTES_MAX)? else { return Ok(None) };
        let text = core::str::from_utf8(&text).unwrap_or_default();
        BackupKey::from_digits(text).map(Some).map_err(|source| StateError::Key { path, source })
    }

    /// Keeps the backup key of a vault; it is on the disk or in the key ring when this returns.
    ///
    /// # Errors
    /// The file or key ring cannot be written.
    pub fn save_key(&self, vault: VaultId, key: &BackupKey) -> Result<(), StateError> {
        #[cfg(feature = "keyring")]
        if self.uses_key_ring {
            return super::key_ring::save(&key_name(vault), key);
        }
        let path = self.file(vault, "key");
        let mut text = key.to_digits();
        text.push('\n');
        write(&path, text.as_bytes()).map_err(file_error("written", &path))
    }

    /// Removes all that is kept of a vault.
    ///
    /// # Errors
    /// A file or the key ring's entry cannot be removed.
    pub fn forget(&self, vault: VaultId) -> Result<(), StateError> {
        #[cfg(feature = "keyring")]
        if self.uses_key_ring {
            super::key_ring::forget(&key_name(vault))?;
        }
        for kind in ["state", "key"] {
            remove(&self.file(vault, kind))?;
        }
        Ok(())
    }

    fn file(&self, vault: VaultId, kind: &str) -> PathBuf {
        self.path.join(format!("{}.{kind}", key_name(vault)))
    }
}

fn key_name(vault: VaultId) -> String {
    hex_name(*vault.as_bytes())
}

fn hex_name([a, b, c, d, e, f, g, h, ..]: [u8; 32]) -> String {
    hex(&[a, b, c, d, e, f, g, h])
}

fn remove(path: &Path) -> Result<(), StateError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_error("removed", path)(error)),
        _ => Ok(()),
    }
}

fn read(path: &Path, bytes_max: usize) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(file_error("read", path))?,
    };
    let bytes_max = bytes_max.saturating_add(1);
    let mut text = Zeroizing::new(Vec::with_capacity(bytes_max.min(STATE_BYTES_MAX.saturating_add(1))));
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut text).map_err(file_error("read", path))?;
    Ok(Some(text))
}

/// Writes a file so that it is wholly there after any interruption, or as it was before.
fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let beside =
        path.with_extension(format!("{}.new", path.extension().and_then(|e| e.to_str()).unwrap_or("")));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    sync_folder(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn file_error(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let path = path.to_path_buf();
    move |source| StateError::File { act, path, source }
}

#[cfg(test)]
mod tests;
