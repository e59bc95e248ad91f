//! The folder that a restore writes into, and nothing outside it.
//!
//! Every path is opened relative to the folder's own handle, by a system call
//! that refuses to leave it, so that neither `..` nor a link, put there by a
//! snapshot or by another program meanwhile, leads anywhere else. Files and
//! links are only ever made, never opened where one stands.

use std::fs::{self, FileTimes, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _, SystemTimeSpec};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt as _, OpenOptions, OpenOptionsExt as _};
use rustic_core::repofile::Metadata;

use super::RepositoryError;

/// Bits of a mode in the snapshot's own numbering, which is Go's.
const GO_SETGID: u32 = 1 << 22;
const GO_STICKY: u32 = 1 << 20;
const PERMISSIONS: u32 = 0o777;
const SETGID: u32 = 0o2000;
const STICKY: u32 = 0o1000;

/// What only the owner may read, write and enter, until its own mode is set.
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// A folder, empty when it was taken.
pub(super) struct Target {
    root: Dir,
    path: PathBuf,
}

/// What a snapshot says of a file or folder, apart from its contents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attributes {
    mode: Option<u32>,
    modified: Option<SystemTime>,
}

impl Attributes {
    /// Takes the permission bits and the time from a snapshot.
    ///
    /// What is restored belongs to whoever restores it, so the bits that run a
    /// file as its owner or group are left out.
    pub(super) fn of(metadata: &Metadata, is_folder: bool) -> Self {
        let mode = metadata.mode.map(|go| {
            let sticky = if go & GO_STICKY == 0 { 0 } else { STICKY };
            let setgid = if is_folder && go & GO_SETGID != 0 { SETGID } else { 0 };
            (go & PERMISSIONS) | sticky | setgid
        });
        Self { mode, modified: metadata.mtime.map(SystemTime::from) }
    }

    fn apply(self, file: &fs::File) -> io::Result<()> {
        if let Some(mode) = self.mode {
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        match self.modified {
            Some(time) => file.set_times(FileTimes::new().set_modified(time)),
            None => Ok(()),
        }
    }
}

impl Target {
    /// Takes a folder that is empty, or makes one that only its owner can enter.
    pub(super) fn take(path: &Path) -> Result<Self, RepositoryError> {
        let failed = |error| RepositoryError::writing(path, error);
        fs::DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(path).map_err(failed)?;
        let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
        if root.entries().map_err(failed)?.next().is_some() {
            return Err(RepositoryError::TargetNotEmpty { path: path.to_path_buf() });
        }
        Ok(Self { root, path: path.to_path_buf() })
    }

    /// Returns the folder as it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder; its attributes come when all is in it.
    pub(super) fn make_folder(&self, at: &Path) -> Result<(), RepositoryError> {
        let mut builder = DirBuilder::new();
        builder.mode(PRIVATE_FOLDER);
        let made = self.root.create_dir_with(at, &builder);
        made.map_err(|error| self.failed(at, error))
    }

    /// Makes a file to write into.
    pub(super) fn make_file(&self, at: &Path) -> Result<fs::File, RepositoryError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(PRIVATE_FILE);
        let made = self.root.open_with(at, &options);
        made.map(cap_std::fs::File::into_std).map_err(|error| self.failed(at, error))
    }

    /// Sets the attributes of a file that is written.
    pub(super) fn finish_file(
        &self,
        at: &Path,
        file: &fs::File,
        attributes: Attributes,
    ) -> Result<(), RepositoryError> {
        attributes.apply(file).map_err(|error| self.failed(at, error))
    }

    /// Removes a file that turned out to be damaged.
    pub(super) fn remove_file(&self, at: &Path) -> Result<(), RepositoryError> {
        let removed = self.root.remove_file(at);
        removed.map_err(|error| self.failed(at, error))
    }

    /// Makes a symbolic link; where it points to is not looked at.
    pub(super) fn make_link(
        &self,
        at: &Path,
        points_to: &Path,
        attributes: Attributes,
    ) -> Result<(), RepositoryError> {
        let failed = |error| self.failed(at, error);
        self.root.symlink_contents(points_to, at).map_err(failed)?;
        let Some(time) = attributes.modified else {
            return Ok(());
        };
        let time = SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time));
        self.root.set_symlink_times(at, None, Some(time)).map_err(failed)
    }

    /// Sets the attributes of a folder that is filled.
    pub(super) fn finish_folder(&self, at: &Path, attributes: Attributes) -> Result<(), RepositoryError> {
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        self.root
            .open_with(at, &options)
            .and_then(|folder| attributes.apply(&folder.into_std()))
            .map_err(|error| self.failed(at, error))
    }

    fn failed(&self, at: &Path, error: io::Error) -> RepositoryError {
        RepositoryError::writing(&self.path.join(at), error)
    }
}
