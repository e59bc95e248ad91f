//! What the storage and the disk can do to an operation.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use rustic_core::{
    BytesList, ErrorKind, FileType, Id, ReadBackend, ReadSource as _, ReadSourceOpen as _, RusticError,
    RusticResult, WriteBackend,
};

use super::*;
use crate::repository::authentic::Authentic;
use crate::repository::folder::{Folder, FolderFault};
use crate::repository::source::Source;

#[test]
fn nothing_there_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    for place in [folder.path().join("nowhere"), folder.path().to_path_buf()] {
        let location = RepositoryLocation::folder(place);
        let refused = Repository::open(&location, &key_of(KEY)).unwrap_err();
        assert!(matches!(refused, RepositoryError::Missing { .. }), "{refused:?}");
    }
    assert!(!folder.path().join("nowhere").exists());
}

#[test]
fn another_key_is_the_wrong_key() {
    let bench = Bench::new();
    let refused = Repository::open(&bench.location(), &key_of(OTHER_KEY)).unwrap_err();
    assert!(matches!(refused, RepositoryError::WrongKey { .. }), "{refused:?}");
    assert!(refused.to_string().contains("does not open the backup"));
}

#[test]
fn a_second_repository_is_not_made_over_the_first() {
    let bench = Bench::new();
    let refused = Repository::create(&bench.location(), &key_of(OTHER_KEY)).unwrap_err();
    assert!(matches!(refused, RepositoryError::Exists { .. }), "{refused:?}");
    bench.reopened().unwrap();
}

#[test]
fn an_interrupted_creation_is_begun_again() {
    let bench = Bench::new();
    fs::remove_file(bench.path("repo/config")).unwrap();
    let refused = bench.reopened().unwrap_err();
    assert!(matches!(refused, RepositoryError::Missing { .. }), "{refused:?}");
    Repository::create(&bench.location(), &key_of(KEY)).unwrap();
    assert_eq!(fs::read_dir(bench.path("repo/keys")).unwrap().count(), 1);
    bench.reopened().unwrap();
}

#[test]
fn only_64_lower_case_digits_are_a_key() {
    let refused = |digits: &str| RepositoryKey::from_hex(Zeroizing::new(digits.to_owned())).is_err();
    assert!(refused(""));
    assert!(refused(&KEY[1..]));
    assert!(refused(&format!("{KEY}0")));
    assert!(refused(&KEY.to_uppercase()));
    assert!(refused(&KEY.replace('0', "g")));
    assert_eq!(key_of(KEY).reveal_hex(), KEY);
}

#[test]
fn what_prints_a_repository_prints_no_key() {
    let bench = Bench::new();
    let expected = format!("Repository({})", bench.path("repo").display());
    assert_eq!(format!("{:?}", bench.repository), expected);
}

#[test]
fn object_stores_are_named_as_what_is_missing() {
    let found = RepositoryLocation::parse("./opendal:s3").unwrap();
    assert_eq!(found.as_folder(), Some(Path::new("./opendal:s3")));
    if cfg!(not(feature = "object-stores")) {
        let refused = RepositoryLocation::parse("opendal:s3?bucket=b").unwrap_err();
        assert!(refused.to_string().contains("--features object-stores"));
    }
}

#[test]
fn a_source_that_is_missing_or_no_folder_is_refused() {
    let bench = Bench::new();
    bench.write("file", "x");
    for source in [bench.path("nowhere"), bench.source().join("file")] {
        let refused = bench.repository.backup(&source, &Progress::silent());
        assert!(matches!(refused, Err(RepositoryError::Source { .. })), "{refused:?}");
    }
    assert!(bench.repository.snapshots().unwrap().is_empty());
}

#[test]
fn a_target_that_holds_something_is_left_alone() {
    let bench = Bench::new();
    bench.write("x", "new");
    bench.back_up();
    let target = bench.path("target");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("x"), "old").unwrap();
    let refused = bench.repository.restore(None, &target, &Progress::silent());
    assert!(matches!(refused, Err(RepositoryError::TargetNotEmpty { .. })), "{refused:?}");
    assert_eq!(fs::read(target.join("x")).unwrap(), b"old");

    let refused = bench.repository.restore(None, &target.join("x"), &Progress::silent());
    assert!(refused.is_err());
    assert_eq!(fs::read(target.join("x")).unwrap(), b"old");
}

#[test]
fn a_new_target_is_entered_by_its_owner_only() {
    let bench = Bench::new();
    bench.back_up();
    let target = bench.restored(None).unwrap();
    let mode = fs::metadata(target).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o700);
}

/// A folder that refuses to write one kind of file.
#[derive(Debug)]
struct Refusing {
    folder: Folder,
    kind: FileType,
    why: io::ErrorKind,
}

impl ReadBackend for Refusing {
    fn location(&self) -> String {
        self.folder.location()
    }
    fn list_with_size(&self, kind: FileType) -> RusticResult<Vec<(Id, u32)>> {
        self.folder.list_with_size(kind)
    }
    fn read_full(&self, kind: FileType, id: &Id) -> RusticResult<Bytes> {
        self.folder.read_full(kind, id)
    }
    fn read_partial(
        &self,
        kind: FileType,
        id: &Id,
        cacheable: bool,
        offset: u32,
        length: u32,
    ) -> RusticResult<Bytes> {
        self.folder.read_partial(kind, id, cacheable, offset, length)
    }
    fn warmup_path(&self, kind: FileType, id: &Id) -> String {
        self.folder.warmup_path(kind, id)
    }
}

impl WriteBackend for Refusing {
    fn write_bytes(&self, kind: FileType, id: &Id, cacheable: bool, content: BytesList) -> RusticResult<()> {
        if kind != self.kind {
            return self.folder.write_bytes(kind, id, cacheable, content);
        }
        let fault = FolderFault::Writing { path: PathBuf::from("the disk"), source: self.why.into() };
        Err(RusticError::with_source(ErrorKind::Backend, "refused", fault))
    }
    fn remove(&self, kind: FileType, id: &Id, cacheable: bool) -> RusticResult<()> {
        self.folder.remove(kind, id, cacheable)
    }
}

fn backup_on_refusing_disk(kind: FileType, why: io::ErrorKind) -> RepositoryError {
    let mut bench = Bench::new();
    for number in 0..40 {
        bench.write(&format!("{number}/file"), noise(number, 1_200_000));
    }
    let folder = Folder::new(&bench.path("repo"));
    let refusing = Arc::new(Refusing { folder, kind, why });
    bench.repository.backend =
        Arc::new(Authentic::new(refusing, &bench.location(), &bench.repository.refusal));
    let refused = bench.repository.backup(&bench.source(), &Progress::silent()).unwrap_err();
    assert!(bench.repository.snapshots().unwrap().is_empty());
    refused
}

#[test]
fn a_full_disk_is_called_full_whatever_was_being_written() {
    for kind in [FileType::Pack, FileType::Index, FileType::Snapshot] {
        let refused = backup_on_refusing_disk(kind, io::ErrorKind::StorageFull);
        assert!(matches!(refused, RepositoryError::Full { .. }), "{kind:?}: {refused:?}");
    }
}

#[test]
fn a_read_only_disk_is_called_so() {
    for why in [io::ErrorKind::ReadOnlyFilesystem, io::ErrorKind::PermissionDenied] {
        let refused = backup_on_refusing_disk(FileType::Pack, why);
        assert!(matches!(refused, RepositoryError::ReadOnly { .. }), "{refused:?}");
    }
}

#[test]
fn a_file_in_the_way_of_the_repository_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    let location = RepositoryLocation::folder(folder.path().join("file/repo"));
    let refused = Repository::create(&location, &key_of(KEY)).unwrap_err();
    assert!(refused.to_string().contains("file/repo"), "{refused}");
}

#[test]
fn a_file_that_vanishes_before_it_is_read_is_named() {
    let bench = Bench::new();
    bench.write("folder/gone", "x");
    let source = Source::new(&bench.source(), None).unwrap();
    let entries: Vec<_> = source.entries().map(Result::unwrap).collect();
    assert_eq!(source.tally().expected(), 1);
    fs::remove_file(bench.source().join("folder/gone")).unwrap();
    let opened: Vec<_> = entries.into_iter().filter(|entry| entry.node.is_file()).collect();
    assert_eq!(opened[0].path, Path::new("folder/gone"));
    for entry in opened {
        assert!(entry.open.unwrap().open().is_err());
    }
    let tally = source.tally();
    assert_eq!((tally.expected(), tally.unreadable().count), (0, 1));
    assert!(tally.unreadable().first[0].starts_with("folder/gone: "), "{tally:?}");
}

#[test]
fn files_without_permission_are_named_and_the_others_are_backed_up() {
    let bench = Bench::new();
    bench.write("secret", "x");
    bench.write("closed/inside", "x");
    bench.write("open", "x");
    set_mode(&bench.source().join("secret"), 0);
    set_mode(&bench.source().join("closed"), 0);
    if fs::read(bench.source().join("secret")).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let summary = bench.repository.backup(&bench.source(), &Progress::silent()).unwrap();
    set_mode(&bench.source().join("closed"), 0o700);
    assert_eq!((summary.files, summary.unreadable.count), (1, 2));
    assert!(summary.unreadable.first.iter().any(|line| line.starts_with("secret: ")));
}
