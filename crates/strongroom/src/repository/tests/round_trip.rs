//! What is backed up comes back, and later runs add little.

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes};
use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, UNIX_EPOCH};

use super::*;

#[test]
fn a_tree_comes_back_byte_for_byte_with_modes_times_and_links() {
    let bench = Bench::new();
    bench.write("letters/first.txt", "hello");
    bench.write("letters/large.bin", noise(1, 5_000_000));
    bench.write("empty", "");
    fs::create_dir(bench.source().join("empty folder")).unwrap();
    link("letters/first.txt", bench.source().join("link"));
    link("/nowhere/at all", bench.source().join("dangling"));
    link("letters", bench.source().join("link to folder"));
    set_mode(&bench.source().join("letters/first.txt"), 0o640);
    set_mode(&bench.source().join("empty"), 0o400);
    set_mode(&bench.source().join("empty folder"), 0o1750);
    let old = UNIX_EPOCH + Duration::new(1_000_000_007, 123_456_789);
    let file = File::open(bench.source().join("letters/first.txt")).unwrap();
    file.set_times(FileTimes::new().set_modified(old)).unwrap();
    set_mode(&bench.source().join("letters"), 0o500);

    let summary = bench.backed_up();
    assert_eq!((summary.files, summary.bytes), (6, 5_000_005));
    assert_eq!(summary.parent, None);
    let target = bench.restored(None).unwrap();
    assert_equal(&bench.source(), &target);
}

#[test]
fn the_summary_of_a_restore_counts_what_came_back() {
    let bench = Bench::new();
    bench.write("a/b/c", "abc");
    bench.write("d", noise(2, 3_000_000));
    link("d", bench.source().join("e"));
    let backup = bench.backed_up();
    let summary = bench.repository.restore(None, &bench.path("target"), &Progress::silent()).unwrap();
    assert_eq!(summary.snapshot, backup.snapshot);
    assert_eq!((summary.files, summary.folders, summary.links), (2, 2, 1));
    assert_eq!((summary.bytes, summary.special), (3_000_003, 0));
}

#[test]
fn names_of_any_bytes_and_deep_folders_come_back() {
    let bench = Bench::new();
    for name in
        ["ünïcödé", "日本語", "🗝️ key", "with\nnewline", "back\\slash", "\"quoted\"", "-rf", " ", "tab\there"]
    {
        bench.write(name, name);
    }
    let bytes = bench.source().join(OsStr::from_bytes(b"not unicode \xff\xfe"));
    fs::write(bytes, "x").unwrap();
    link("日本語", bench.source().join("link to unicode"));
    let deep = "folder with a rather long name/".repeat(60);
    bench.write(&format!("{deep}end"), "deep");
    bench.back_up();
    let target = bench.restored(None).unwrap();
    assert_equal(&bench.source(), &target);
}

#[test]
fn an_empty_folder_is_backed_up_and_restored() {
    let bench = Bench::new();
    let summary = bench.backed_up();
    assert_eq!((summary.files, summary.bytes), (0, 0));
    let target = bench.restored(None).unwrap();
    assert_eq!(fs::read_dir(target).unwrap().count(), 0);
}

#[test]
fn a_second_run_adds_little() {
    let bench = Bench::new();
    bench.write("large", noise(3, 8_000_000));
    bench.write("small", "one");
    let first = bench.backed_up();
    assert!(first.bytes_added > 8_000_000, "{first:?}");

    bench.write("small", "one and two");
    let second = bench.backed_up();
    assert_eq!(second.parent.as_ref(), Some(&first.snapshot));
    assert_eq!((second.files, second.files_new, second.files_changed), (2, 0, 1));
    assert!(second.bytes_added < 10_000, "{second:?}");

    let third = bench.backed_up();
    assert_eq!((third.files_new, third.files_changed), (0, 0));
    assert!(third.bytes_added < 2_000, "{third:?}");
    assert_equal(&bench.source(), &bench.restored(None).unwrap());
}

#[test]
fn each_snapshot_keeps_its_own_state() {
    let bench = Bench::new();
    bench.write("changes", "before");
    bench.write("goes", "away");
    let first = bench.backed_up().snapshot;
    bench.write("changes", "after!");
    fs::remove_file(bench.source().join("goes")).unwrap();
    bench.write("comes", "new");
    let second = bench.backed_up().snapshot;

    let then = bench.restored(Some(&first[..12])).unwrap();
    assert_eq!(fs::read(then.join("changes")).unwrap(), b"before");
    assert!(then.join("goes").exists() && !then.join("comes").exists());
    let now = bench.restored(Some("latest")).unwrap();
    assert_equal(&bench.source(), &now);

    let listed = bench.repository.snapshots().unwrap();
    let ids: Vec<_> = listed.iter().map(|snapshot| snapshot.id.clone()).collect();
    assert_eq!(ids, [first, second]);
    let source = fs::canonicalize(bench.source()).unwrap();
    assert_eq!(listed[0].paths, [source.to_str().unwrap()]);
    assert_eq!((listed[1].files, listed[1].bytes), (Some(2), Some(9)));
    assert!(listed[0].time.ends_with('Z') && listed[0].time < listed[1].time);
}

#[test]
fn a_snapshot_that_is_not_there_is_unknown() {
    let bench = Bench::new();
    let missing = |wanted: Option<&str>| bench.restored(wanted).unwrap_err();
    assert!(matches!(missing(None), RepositoryError::NoSnapshot { .. }));
    bench.back_up();
    bench.write("x", "x");
    for _ in 0..17 {
        bench.back_up();
    }
    for wanted in ["nonsense", "", "ffffffffffffffffffff", "../..", "latest~1"] {
        let refused = missing(Some(wanted));
        assert!(matches!(refused, RepositoryError::UnknownSnapshot { .. }), "{refused:?}");
    }
    let listed = bench.repository.snapshots().unwrap();
    let shared = listed.iter().find_map(|a| {
        let first = a.id.get(..1)?;
        let sharing = listed.iter().filter(|b| b.id.starts_with(first)).count();
        (sharing > 1).then_some(first)
    });
    let refused = missing(shared);
    assert!(matches!(refused, RepositoryError::AmbiguousSnapshot { .. }), "{refused:?}");
}

#[test]
fn a_repository_inside_the_source_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("message"), "hi").unwrap();
    let location = RepositoryLocation::folder(folder.path().join("repo"));
    let repository = Repository::create(&location, &key_of(KEY)).unwrap();
    let summary = repository.backup(folder.path(), &Progress::silent()).unwrap();
    assert_eq!((summary.files, summary.bytes), (1, 2));
}

#[test]
fn a_source_behind_a_link_is_its_folder() {
    let bench = Bench::new();
    bench.write("x", "x");
    link("source", bench.path("link"));
    let direct = bench.backed_up();
    let linked = bench.repository.backup(&bench.path("link"), &Progress::silent()).unwrap();
    assert_eq!(linked.parent, Some(direct.snapshot));
}

#[test]
fn pipes_and_sockets_are_counted_and_not_restored() {
    let bench = Bench::new();
    let _socket = std::os::unix::net::UnixListener::bind(bench.source().join("socket")).unwrap();
    bench.write("x", "x");
    bench.back_up();
    let summary = bench.repository.restore(None, &bench.path("target"), &Progress::silent()).unwrap();
    assert_eq!((summary.files, summary.special), (1, 1));
    assert!(!bench.path("target/socket").exists());
}

#[test]
fn bits_that_run_a_file_as_its_owner_do_not_come_back() {
    let bench = Bench::new();
    bench.write("program", "#!/bin/true");
    set_mode(&bench.source().join("program"), 0o6755);
    bench.back_up();
    let target = bench.restored(None).unwrap();
    let mode = fs::metadata(target.join("program")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

#[test]
fn the_locator_beside_it_disturbs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let location = RepositoryLocation::folder(folder.path().join("repo"));
    assert_eq!(location.read_locator().unwrap(), None);
    location.write_locator(b"{\"first\":1}").unwrap();
    let repository = Repository::create(&location, &key_of(KEY)).unwrap();
    fs::write(folder.path().join("message"), "hi").unwrap();
    let _ = repository.backup(folder.path(), &Progress::silent()).unwrap();
    location.write_locator(b"{\"second\":2}").unwrap();
    let checked = repository.check(&Progress::silent()).unwrap();
    assert_eq!((checked.snapshots, checked.warnings), (1, 0));
    assert_eq!(location.read_locator().unwrap().unwrap(), b"{\"second\":2}");
}

#[test]
fn nothing_is_written_outside_the_repository_and_the_target() {
    let bench = Bench::new();
    bench.write("x", "x");
    let id = bench.backed_up().snapshot;
    bench.restored(Some(&id)).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(bench.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["repo", "source", "target-0"]);
    if let Some(home) = std::env::var_os("HOME") {
        let cache = PathBuf::from(home).join(".cache/rustic");
        let config = bench.repository.session(&Progress::silent(), "").unwrap();
        assert!(!cache.join(config.config().id.to_hex().as_str()).exists());
    }
}
