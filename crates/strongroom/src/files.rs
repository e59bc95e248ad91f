//! Small files that whole parties rest on: read within bounds, written whole or not at all.

use crate::error::CommandError;
use std::{
    fs::{self, File, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};
use tempfile::NamedTempFile;

/// What anybody may read.
const PUBLIC: u32 = 0o644;

/// Reads a file, or of a longer one a byte more than may stand: whoever reads it on then says so.
///
/// # Errors
/// The system refuses.
pub fn read_at_most(path: &Path, bytes_max: usize) -> Result<Vec<u8>, CommandError> {
    read(path, bytes_max).map_err(|error| CommandError::file(path, "read", &error))
}

fn read(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let bytes_max = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file that anybody may read, in place of what lies there: whoever reads meanwhile has the old
/// one or the new one, and so has the disk after a power loss.
///
/// # Errors
/// The system refuses; what lay there stays.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let written = unfinished(path, bytes).and_then(|file| file.persist(path).map_err(|error| error.error));
    let synced = written.and_then(|_| sync(folder_of(path)));
    synced.map_err(|error| CommandError::file(path, "written", &error))
}

/// Writes a new file that anybody may read.
///
/// # Errors
/// Something lies there already, or the system refuses.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let written =
        unfinished(path, bytes).and_then(|file| file.persist_noclobber(path).map_err(|error| error.error));
    match written.and_then(|_| sync(folder_of(path))) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(CommandError::usage(format!(
            "{} is there already and is not written over. Choose another name, or move it away.",
            path.display()
        ))),
        written => written.map_err(|error| CommandError::file(path, "written", &error)),
    }
}

fn unfinished(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::with_prefix_in(".unfinished-", folder_of(path))?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(Permissions::from_mode(PUBLIC))?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_file_is_read_a_byte_too_far_and_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read_at_most(&path, 100).unwrap().len(), 100);
        assert_eq!(read_at_most(&path, 40).unwrap().len(), 41);
    }

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("unit");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root");
        create(&path, b"first").unwrap();
        let error = create(&path, b"second").unwrap_err();
        assert!(error.to_string().contains("not written over"), "{error}");
        assert_eq!(error.exit().code(), 2);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
