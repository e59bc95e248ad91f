//! Files in a plain directory.

use super::{Storage, StorageError, StorageLock};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Where a file is written before it is renamed; one suffices, since whoever writes holds the lock.
const WRITING: &str = "private/writing";
const LOCK: &str = "private/lock";
const PRIVATE: &str = "private";

/// A folder, with what may be handed out in `public/` and the rest in `private/`, on one file system.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// Makes a new folder.
    ///
    /// # Errors
    /// It is there already and not empty, or cannot be made.
    pub fn create(root: &Path) -> Result<Self, StorageError> {
        let error = |cause| io_error(root, cause);
        fs::create_dir_all(root).map_err(error)?;
        if fs::read_dir(root).map_err(error)?.next().is_some() {
            return Err(error(io::Error::from(io::ErrorKind::DirectoryNotEmpty)));
        }
        fs::DirBuilder::new().mode(0o700).create(root.join(PRIVATE)).map_err(error)?;
        fs::create_dir(root.join("public")).map_err(error)?;
        sync(root)?;
        Ok(Self { root: root.into() })
    }

    /// Takes a folder that was made before.
    ///
    /// # Errors
    /// It is none of ours.
    pub fn open(root: &Path) -> Result<Self, StorageError> {
        if root.join(PRIVATE).is_dir() {
            return Ok(Self { root: root.into() });
        }
        Err(io_error(root, io::Error::from(io::ErrorKind::NotFound)))
    }

    fn place(&self, path: &str) -> Result<PathBuf, StorageError> {
        let is_word = |word: &str| {
            let is_plain =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
            !word.is_empty() && !word.starts_with('.') && word.bytes().all(is_plain)
        };
        if path.split('/').all(is_word) {
            return Ok(self.root.join(path));
        }
        Err(StorageError::Path(path.into()))
    }

    /// Makes the folders above a file, each of them durable.
    fn make_folders(&self, folder: &Path) -> Result<(), StorageError> {
        if folder.is_dir() || !folder.starts_with(&self.root) {
            return Ok(());
        }
        if let Some(above) = folder.parent() {
            self.make_folders(above)?;
            match fs::create_dir(folder) {
                Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(io_error(folder, cause));
                }
                _ => sync(above)?,
            }
        }
        Ok(())
    }

    /// Writes and syncs the file that is to be renamed; nobody else may read it.
    fn write_aside(&self, bytes: &[u8]) -> Result<PathBuf, StorageError> {
        let aside = self.root.join(WRITING);
        let write = || {
            // A file that a program left when it was stopped may have other permissions.
            match fs::remove_file(&aside) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
                _ => {}
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
            file.write_all(bytes)?;
            Ok(file)
        };
        let file = write().map_err(|cause| io_error(&aside, cause))?;
        file.sync_all().map_err(|cause| io_error(&aside, cause))?;
        Ok(aside)
    }
}

impl Storage for Directory {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, StorageError> {
        let place = self.place(path)?;
        let file = match File::open(&place) {
            Ok(file) => file,
            Err(cause) if is_absent(&cause) => return Ok(None),
            Err(cause) => return Err(io_error(&place, cause)),
        };
        let mut bytes = Vec::new();
        let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        file.take(bound).read_to_end(&mut bytes).map_err(|cause| io_error(&place, cause))?;
        if bytes.len() > bytes_max {
            return Err(StorageError::TooLong { path: path.into(), max: bytes_max });
        }
        Ok(Some(bytes))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let place = self.place(path)?;
        let folder = place.parent().unwrap_or(&self.root);
        self.make_folders(folder)?;
        let aside = self.write_aside(bytes)?;
        if path.starts_with("public/") {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
            fs::set_permissions(&aside, permissions).map_err(|cause| io_error(&aside, cause))?;
        }
        fs::rename(&aside, &place).map_err(|cause| io_error(&place, cause))?;
        sync(folder)
    }

    fn remove(&self, path: &str) -> Result<(), StorageError> {
        let place = self.place(path)?;
        let removed = if place.is_dir() { fs::remove_dir_all(&place) } else { fs::remove_file(&place) };
        match removed {
            Err(cause) if !is_absent(&cause) => Err(io_error(&place, cause)),
            _ => place.parent().filter(|folder| folder.is_dir()).map_or(Ok(()), sync),
        }
    }

    fn lock(&self) -> Result<StorageLock, StorageError> {
        let place = self.root.join(LOCK);
        let locked = || {
            let file =
                OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&place)?;
            file.lock()?;
            Ok(file)
        };
        locked().map(StorageLock::new).map_err(|cause| io_error(&place, cause))
    }
}

fn sync(folder: &Path) -> Result<(), StorageError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|cause| io_error(folder, cause))
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn io_error(path: &Path, cause: io::Error) -> StorageError {
    StorageError::Io { path: path.display().to_string(), cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, Directory) {
        let folder = tempfile::tempdir().unwrap();
        let directory = Directory::create(folder.path()).unwrap();
        (folder, directory)
    }

    #[test]
    fn a_file_is_replaced_read_within_its_bound_and_removed() {
        let (folder, directory) = directory();
        assert_eq!(directory.read("public/tile/0/000", 10).unwrap(), None);
        directory.replace("public/tile/0/000.p/1", b"one").unwrap();
        directory.replace("public/tile/0/000.p/1", b"two").unwrap();
        assert_eq!(directory.read("public/tile/0/000.p/1", 3).unwrap().unwrap(), b"two");
        assert!(matches!(directory.read("public/tile/0/000.p/1", 2), Err(StorageError::TooLong { .. })));
        directory.remove("public/tile/0/000.p").unwrap();
        directory.remove("public/tile/0/000.p").unwrap();
        assert_eq!(directory.read("public/tile/0/000.p/1", 3).unwrap(), None);
        assert!(!folder.path().join(WRITING).exists());
    }

    #[test]
    fn no_path_leads_out_of_the_folder_or_to_hidden_files() {
        let (_folder, directory) = directory();
        for path in
            ["", "/etc/passwd", "../x", "public/../private/lock", "public//x", "public/.x", "A", "a\0"]
        {
            assert!(matches!(directory.read(path, 1), Err(StorageError::Path(_))), "{path}");
            assert!(matches!(directory.replace(path, b"x"), Err(StorageError::Path(_))), "{path}");
        }
    }

    #[test]
    fn private_files_are_readable_by_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, directory) = directory();
        directory.replace("private/next", b"x").unwrap();
        directory.replace("public/checkpoint", b"x").unwrap();
        let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("private"), mode("private/next"), mode("public/checkpoint")), (0o700, 0o600, 0o644));
    }

    #[test]
    fn a_folder_in_use_is_not_made_anew_and_a_foreign_one_is_not_opened() {
        let (folder, _directory) = directory();
        assert!(Directory::create(folder.path()).is_err());
        assert!(Directory::open(folder.path()).is_ok());
        assert!(Directory::open(tempfile::tempdir().unwrap().path()).is_err());
    }

    #[test]
    fn a_second_lock_waits_for_the_first() {
        let (_folder, directory) = directory();
        let first = directory.lock().unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let other = directory.clone();
        let waiting = std::thread::spawn(move || {
            let _second = other.lock().unwrap();
            sender.send(()).unwrap();
        });
        assert!(receiver.recv_timeout(std::time::Duration::from_millis(50)).is_err());
        drop(first);
        receiver.recv().unwrap();
        waiting.join().unwrap();
    }
}
