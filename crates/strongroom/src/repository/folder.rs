//! A folder as storage: the files of a repository on a disk.
//!
//! Differs from the library's own folder storage in four points that a backup
//! rests on: a folder that cannot be listed is an error and not an empty one,
//! no file is read beyond its kind's limit, a written file and its name are
//! both on the disk before the next step, and what went wrong keeps its cause.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rustic_core::{
    ALL_FILE_TYPES, BytesList, ErrorKind, FileType, Id, ReadBackend, RusticError, RusticResult, WriteBackend,
};

use super::limits;

/// The storage in one folder.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

/// What went wrong in the folder, and at which path.
#[derive(Debug, thiserror::Error)]
pub(super) enum FolderFault {
    #[error("reading {} failed", .path.display())]
    Reading { path: PathBuf, source: io::Error },
    #[error("writing {} failed", .path.display())]
    Writing { path: PathBuf, source: io::Error },
    #[error("{} is larger than any such file", .path.display())]
    TooLarge { path: PathBuf },
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    fn parent(&self, kind: FileType, id: &Id) -> PathBuf {
        match kind {
            FileType::Config => self.root.clone(),
            FileType::Pack => self.pack_folder(id.to_hex().get(..2).unwrap_or_default()),
            FileType::Index | FileType::Key | FileType::Snapshot => self.root.join(kind.dirname()),
        }
    }

    fn pack_folder(&self, first_byte: &str) -> PathBuf {
        self.root.join(FileType::Pack.dirname()).join(first_byte)
    }

    fn path(&self, kind: FileType, id: &Id) -> PathBuf {
        match kind {
            FileType::Config => self.root.join("config"),
            _ => self.parent(kind, id).join(id.to_hex().as_str()),
        }
    }

    fn config_size(&self) -> Result<Vec<(Id, u32)>, FolderFault> {
        let path = self.root.join("config");
        match fs::metadata(&path) {
            Ok(metadata) => Ok(vec![(Id::default(), size_of(&path, metadata.len())?)]),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(FolderFault::Reading { path, source }),
        }
    }

    fn listed(&self, kind: FileType) -> Result<Vec<(Id, u32)>, FolderFault> {
        let mut found = Vec::new();
        match kind {
            FileType::Config => return self.config_size(),
            FileType::Pack => {
                for byte in 0..=u8::MAX {
                    list_into(&self.pack_folder(&format!("{byte:02x}")), &mut found)?;
                }
            }
            FileType::Index | FileType::Key | FileType::Snapshot => {
                list_into(&self.root.join(kind.dirname()), &mut found)?;
            }
        }
        Ok(found)
    }

    fn written(&self, kind: FileType, id: &Id, content: BytesList) -> Result<(), FolderFault> {
        let (parent, path) = (self.parent(kind, id), self.path(kind, id));
        let unfinished = parent.join(format!("{}-tmp-", id.to_hex().as_str()));
        let at = |at: &Path| {
            let path = at.to_path_buf();
            |source| FolderFault::Writing { path, source }
        };
        fs::create_dir_all(&parent).map_err(at(&parent))?;
        if let Err(source) = write_and_sync(&unfinished, content) {
            // What is left of an unfinished file is no damage: its name is no id.
            let _ = fs::remove_file(&unfinished);
            return Err(FolderFault::Writing { path, source });
        }
        fs::rename(&unfinished, &path).map_err(at(&path))?;
        sync_folder(&parent).map_err(at(&parent))
    }
}

impl ReadBackend for Folder {
    fn location(&self) -> String {
        format!("local:{}", self.root.display())
    }

    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.listed(kind).map_err(wrapped)
    }

    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        read_at_most(&self.path(kind, id), bytes_max(kind)).map(Bytes::from).map_err(wrapped)
    }

    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        _cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        let path = self.path(kind, id);
        read_range(&path, offset, length)
            .map(Bytes::from)
            .map_err(|source| wrapped(FolderFault::Reading { path, source }))
    }

    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.path(kind, id).display().to_string()
    }
}

impl WriteBackend for Folder {
    fn create(&self) -> RusticResult<()> {
        let packs = (0..=u8::MAX).map(|byte| self.pack_folder(&format!("{byte:02x}")));
        let folders = ALL_FILE_TYPES.iter().map(|kind| self.root.join(kind.dirname()));
        for path in folders.chain(packs) {
            fs::create_dir_all(&path).map_err(|source| wrapped(FolderFault::Writing { path, source }))?;
        }
        Ok(())
    }

    fn write_bytes(&self, kind: FileType, id: &Id, _cacheable: bool, content: BytesList) -> RusticResult<()> {
        self.written(kind, id, content).map_err(wrapped)
    }

    fn remove(&self, kind: FileType, id: &Id, _cacheable: bool) -> RusticResult<()> {
        let path = self.path(kind, id);
        fs::remove_file(&path).map_err(|source| wrapped(FolderFault::Writing { path, source }))
    }
}

fn wrapped(fault: FolderFault) -> Box<RusticError> {
    RusticError::with_source(ErrorKind::Backend, fault.to_string(), fault)
}

pub(super) fn bytes_max(kind: FileType) -> u64 {
    match kind {
        FileType::Config => limits::CONFIG_BYTES_MAX,
        FileType::Key => limits::KEY_FILE_BYTES_MAX,
        FileType::Snapshot => limits::SNAPSHOT_FILE_BYTES_MAX,
        FileType::Index => limits::INDEX_FILE_BYTES_MAX,
        FileType::Pack => limits::PACK_FILE_BYTES_MAX,
    }
}

/// Adds the files of one folder whose names are ids; a missing folder is empty.
fn list_into(folder: &Path, found: &mut Vec<(Id, u32)>) -> Result<(), FolderFault> {
    let failed = |source| FolderFault::Reading { path: folder.to_path_buf(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let Some(Ok(id)) = entry.file_name().to_str().map(str::parse::<Id>) else {
            continue;
        };
        let metadata = entry.metadata().map_err(failed)?;
        if metadata.is_file() {
            found.push((id, size_of(&entry.path(), metadata.len())?));
        }
    }
    Ok(())
}

fn size_of(path: &Path, length: u64) -> Result<u32, FolderFault> {
    u32::try_from(length).map_err(|_| FolderFault::TooLarge { path: path.to_path_buf() })
}

/// Reads a whole file, and refuses one of more than `bytes_max` bytes.
pub(super) fn read_at_most(path: &Path, bytes_max: u64) -> Result<Vec<u8>, FolderFault> {
    let failed = |source| FolderFault::Reading { path: path.to_path_buf(), source };
    let mut contents = Vec::new();
    let mut limited = File::open(path).map_err(failed)?.take(bytes_max.saturating_add(1));
    let read = limited.read_to_end(&mut contents).map_err(failed)?;
    if u64::try_from(read).is_ok_and(|read| read <= bytes_max) {
        Ok(contents)
    } else {
        Err(FolderFault::TooLarge { path: path.to_path_buf() })
    }
}

fn read_range(path: &Path, offset: u32, length: u32) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(u64::from(offset)))?;
    let mut contents = Vec::new();
    let read = file.take(u64::from(length)).read_to_end(&mut contents)?;
    if u32::try_from(read) == Ok(length) { Ok(contents) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn write_and_sync(path: &Path, content: BytesList) -> io::Result<()> {
    let mut file = File::create(path)?;
    io::copy(&mut content.reader(), &mut file)?;
    file.sync_all()
}

/// Makes a new name in a folder survive a power cut, where the system can.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
