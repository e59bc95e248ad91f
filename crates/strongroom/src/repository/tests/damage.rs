//! No damage to any file of a repository goes unnoticed, and none panics.

use super::*;

/// A bench with one snapshot of a small tree, and all files of its repository.
fn small_repository() -> (Bench, Vec<PathBuf>) {
    let bench = Bench::new();
    bench.write("one", noise(1, 50_000));
    bench.write("folder/two", "two");
    link("one", bench.source().join("three"));
    bench.back_up();
    let files = files_below(&bench.path("repo"));
    assert_eq!(files.len(), 6, "config, key, snapshot, index and two packs: {files:?}");
    (bench, files)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Restores and checks; true where both noticed the damage.
fn is_noticed(bench: &Bench, what: &str) -> bool {
    let noticed = match bench.restored(None) {
        Ok(target) => {
            assert_equal(&bench.source(), &target);
            false
        }
        Err(
            RepositoryError::Damaged { .. }
            | RepositoryError::DamagedFiles { .. }
            | RepositoryError::NoSnapshot { .. },
        ) => true,
        Err(other) => panic!("{what}: {other:?}"),
    };
    match bench.reopened().and_then(|repository| repository.check(&Progress::silent())) {
        Ok(_) => false,
        Err(RepositoryError::Damaged { .. }) => noticed,
        Err(other) => panic!("{what}: {other:?}"),
    }
}

fn with_each_file(change: impl Fn(&Path, &[u8])) {
    let (bench, files) = small_repository();
    for file in files {
        let contents = fs::read(&file).unwrap();
        change(&file, &contents);
        let what = file.display().to_string();
        let is_snapshot = what.contains("/snapshots/") && !file.exists();
        assert!(is_noticed(&bench, &what) || is_snapshot, "{what}");
        fs::write(&file, contents).unwrap();
    }
    assert_equal(&bench.source(), &bench.restored(None).unwrap());
}

#[test]
fn a_changed_byte_in_any_file_is_noticed() {
    with_each_file(|file, contents| {
        let mut contents = contents.to_vec();
        let middle = contents.len() / 2;
        contents[middle] ^= 1;
        fs::write(file, contents).unwrap();
    });
}

#[test]
fn a_truncated_file_is_noticed() {
    with_each_file(|file, contents| fs::write(file, &contents[..contents.len() / 2]).unwrap());
}

#[test]
fn an_emptied_file_is_noticed() {
    with_each_file(|file, _| fs::write(file, "").unwrap());
}

#[test]
fn a_missing_file_is_noticed() {
    with_each_file(|file, _| fs::remove_file(file).unwrap());
}

#[test]
fn one_damaged_file_does_not_keep_the_others_from_coming_back() {
    let bench = Bench::new();
    bench.write("good", noise(1, 600_000));
    bench.back_up();
    let before = files_below(&bench.path("repo/data"));
    bench.write("bad", noise(2, 600_000));
    bench.back_up();
    let largest_new = files_below(&bench.path("repo/data"))
        .into_iter()
        .filter(|file| !before.contains(file))
        .max_by_key(|file| fs::metadata(file).unwrap().len())
        .unwrap();
    let mut contents = fs::read(&largest_new).unwrap();
    contents[1_000] ^= 1;
    fs::write(&largest_new, contents).unwrap();

    let target = bench.path("target");
    let damaged = bench.repository.restore(None, &target, &Progress::silent()).unwrap_err();
    let RepositoryError::DamagedFiles { count, first, .. } = &damaged else {
        panic!("{damaged:?}");
    };
    assert_eq!(*count, 1);
    assert!(first[0].starts_with("bad: "), "{first:?}");
    assert!(!target.join("bad").exists());
    assert_eq!(fs::read(target.join("good")).unwrap(), noise(1, 600_000));
}

#[test]
fn exchanged_packs_are_noticed() {
    let bench = Bench::new();
    bench.write("one", noise(1, 300_000));
    bench.back_up();
    let first = files_below(&bench.path("repo/data"));
    bench.write("two", noise(2, 300_000));
    bench.back_up();
    let size = |file: &PathBuf| fs::metadata(file).unwrap().len();
    let (new, old): (Vec<_>, Vec<_>) = files_below(&bench.path("repo/data"))
        .into_iter()
        .filter(|file| size(file) > 200_000)
        .partition(|file| !first.contains(file));
    assert_eq!(size(&new[0]), size(&old[0]), "each blob is where the other is looked for");
    fs::rename(&new[0], bench.path("aside")).unwrap();
    fs::rename(&old[0], &new[0]).unwrap();
    fs::rename(bench.path("aside"), &old[0]).unwrap();

    assert!(is_noticed(&bench, "exchanged packs"));
    let target = bench.path("target");
    let damaged = bench.repository.restore(None, &target, &Progress::silent());
    assert!(matches!(damaged, Err(RepositoryError::DamagedFiles { count: 2, .. })), "{damaged:?}");
    assert_eq!(fs::read_dir(target).unwrap().count(), 0);
}

#[test]
fn one_snapshot_under_the_name_of_another_is_noticed() {
    let bench = Bench::new();
    let old = bench.backed_up().snapshot;
    bench.write("x", "x");
    let new = bench.backed_up().snapshot;
    let file = |id: &str| bench.path("repo/snapshots").join(id);
    fs::copy(file(&old), file(&new)).unwrap();
    let refused = bench.restored(None).unwrap_err();
    assert!(matches!(refused, RepositoryError::Damaged { .. }), "{refused:?}");
    bench.restored(Some(&old)).unwrap();
}

#[test]
fn files_that_are_too_large_are_not_read() {
    for (name, length) in [("config", 100_000), ("snapshots", 17 << 20), ("keys", 100_000)] {
        let bench = Bench::new();
        bench.back_up();
        let place = bench.path("repo").join(name);
        let file = if place.is_dir() { files_below(&place).remove(0) } else { place };
        fs::OpenOptions::new().write(true).open(file).unwrap().set_len(length).unwrap();
        let refused = bench.restored(None).unwrap_err();
        assert!(matches!(refused, RepositoryError::Damaged { .. }), "{name}: {refused:?}");
    }
}

#[test]
fn a_key_file_that_asks_for_all_memory_is_refused_unread() {
    let bench = Bench::new();
    let file = files_below(&bench.path("repo/keys")).remove(0);
    let text = fs::read_to_string(&file).unwrap();
    let greedy = text.replace("\"N\":131072", "\"N\":1073741824");
    assert_ne!(greedy, text);
    fs::remove_file(&file).unwrap();
    // Under its right name, as somebody would put it there on purpose.
    let id = rustic_id_of(greedy.as_bytes());
    fs::write(bench.path("repo/keys").join(id), greedy).unwrap();
    let refused = bench.reopened().unwrap_err();
    assert!(refused.to_string().contains("is no key file"), "{refused}");
}

/// Names contents as the format does, through the library: it writes a file under its name.
fn rustic_id_of(contents: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(contents).iter().map(|byte| format!("{byte:02x}")).collect()
}
