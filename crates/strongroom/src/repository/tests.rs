//! What a repository promises, each promise as a test.

mod damage;
mod hostile;
mod restic;
mod round_trip;
mod storage;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{BackupSummary, Repository, RepositoryError, RepositoryKey, RepositoryLocation};
use crate::progress::Progress;
use crate::sample::compare_trees;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OTHER_KEY: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn key_of(digits: &str) -> RepositoryKey {
    RepositoryKey::from_hex(Zeroizing::new(digits.to_owned())).unwrap()
}

/// A folder with a source and a new repository in it.
struct Bench {
    folder: TempDir,
    repository: Repository,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("source")).unwrap();
        let location = RepositoryLocation::folder(folder.path().join("repo"));
        let repository = Repository::create(&location, &key_of(KEY)).unwrap();
        Self { folder, repository }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source(&self) -> PathBuf {
        self.path("source")
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.source().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    fn location(&self) -> RepositoryLocation {
        RepositoryLocation::folder(self.path("repo"))
    }

    fn reopened(&self) -> Result<Repository, RepositoryError> {
        Repository::open(&self.location(), &key_of(KEY))
    }

    fn back_up(&self) {
        let _ = self.backed_up();
    }

    fn backed_up(&self) -> BackupSummary {
        let summary = self.repository.backup(&self.source(), &Progress::silent()).unwrap();
        assert_eq!(summary.unreadable.count, 0, "{summary:?}");
        summary
    }

    /// Restores into a new folder, whose path it gives back.
    fn restored(&self, snapshot: Option<&str>) -> Result<PathBuf, RepositoryError> {
        let target =
            (0..).map(|number| self.path(&format!("target-{number}"))).find(|path| !path.exists()).unwrap();
        self.reopened()?.restore(snapshot, &target, &Progress::silent())?;
        Ok(target)
    }
}

fn assert_equal(a: &Path, b: &Path) {
    let found = compare_trees(a, b).unwrap();
    assert!(found.is_equal(), "{:#?}", found.first);
    assert_same_times(a, b);
}

fn assert_same_times(a: &Path, b: &Path) {
    for entry in fs::read_dir(a).unwrap() {
        let entry = entry.unwrap();
        let (ours, theirs) = (entry.path(), b.join(entry.file_name()));
        let modified = |path: &Path| fs::symlink_metadata(path).unwrap().modified().unwrap();
        assert_eq!(modified(&ours), modified(&theirs), "{}", ours.display());
        if entry.file_type().unwrap().is_dir() {
            assert_same_times(&ours, &theirs);
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Bytes that no compression makes smaller, other ones for each seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(
            &(state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_le_bytes()[3..],
        );
    }
    bytes.truncate(length);
    bytes
}

fn link(points_to: &str, at: PathBuf) {
    symlink(points_to, at).unwrap();
}
