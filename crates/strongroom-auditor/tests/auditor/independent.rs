//! Other people's code on what the auditor makes: Go's `sumdb/note` and `sumdb/tlog`, Python's `aics-tlog`, the
//! crates `signed_note` and `tlog_tiles`, and the command `plexi`.
//!
//! The crates are always there. Each other test says that it skipped where its program is not installed:
//!
//! ```text
//! apt-get install golang-go golang-golang-x-mod-dev protobuf-compiler; cargo install plexi-cli --locked
//! python3.12 -m venv tlog && tlog/bin/pip install aics-tlog==0.2.1; export STRONGROOM_PYTHON=tlog/bin/python
//! cargo test -p strongroom-auditor --test auditor independent -- --nocapture
//! ```
//!
//! Python has to be 3.12 or newer. `STRONGROOM_PLEXI` names a `plexi` that lies elsewhere than on the path.

mod crates;
mod plexi;
mod program;
mod units;

use crate::{storage::Fate, world::*};
use program::Program;
use std::{path::Path, sync::Arc};
use strongroom_auditor::{
    log::LogKeeper,
    storage::{Directory, Storage},
};
use units::Corpus;

#[test]
fn go_reads_the_whole_log_and_notices_every_changed_file() {
    if let Some(go) = Program::go(&World::new().root()) {
        reads_the_whole_log(&go);
    }
}

#[test]
fn python_reads_the_whole_log_and_notices_every_changed_file() {
    if let Some(python) = Program::python(&World::new().root()) {
        reads_the_whole_log(&python);
    }
}

#[test]
fn go_agrees_on_ten_thousand_mutated_units() {
    let corpus = Corpus::shared();
    if let Some(go) = Program::go(&corpus.root) {
        corpus.compare("Go", &go.units(&corpus.units));
    }
}

#[test]
fn python_agrees_on_ten_thousand_mutated_units() {
    let corpus = Corpus::shared();
    if let Some(python) = Program::python(&corpus.root) {
        corpus.compare("Python", &python.units(&corpus.units));
    }
}

#[test]
fn other_crates_agree_on_ten_thousand_mutated_units() {
    let corpus = Corpus::shared();
    let keys = crates::Keys::of(&corpus.root.contents().to_string());
    let verdict = |unit: &Vec<u8>| keys.verify(unit).err().unwrap_or_else(|| "ok".into());
    corpus.compare("signed_note and tlog_tiles", &corpus.units.iter().map(verdict).collect::<Vec<_>>());
}

/// Grows a log and has the program read it after every step, each time from the checkpoint of before.
fn reads_the_whole_log(program: &Program) {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let public = folder.path().join("auditor/public");
    let older = folder.path().join("older");
    let log = keeper(&world, &folder.path().join("auditor"));
    for size in (20..=300).step_by(20) {
        grow(&world, &log, size, "leaf");
        let accepted = program.log(&public, older.exists().then_some(&older));
        assert_eq!(String::from_utf8_lossy(&accepted.stdout), format!("ok {size}\n"), "{accepted:?}");
        std::fs::copy(public.join("checkpoint"), &older).unwrap();
    }
    for path in ["checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/entries/000", "tile/entries/001.p/44"] {
        let path = public.join(path);
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 3] ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(!program.log(&public, None).status.success(), "{path:?}");
        std::fs::write(&path, whole).unwrap();
    }
    // The same key's other history: signed and witnessed, and yet no beginning of this one.
    let other = World::new();
    let forked = keeper(&other, &folder.path().join("forked"));
    grow(&other, &forked, 20, "another leaf");
    let refused = program.log(&public, Some(&folder.path().join("forked/public/checkpoint")));
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
    assert!(program.log(&public, Some(&older)).status.success());
}

fn keeper(world: &World, home: &Path) -> LogKeeper {
    let directory: Arc<dyn Storage> = Arc::new(Directory::create(home).unwrap());
    LogKeeper::new(directory, world.log.key.clone(), Arc::new(secret(ORIGIN)))
}

fn grow(world: &World, keeper: &LogKeeper, size: u64, word: &str) {
    let leaf = |number: u64| format!("{word} {number}\n").repeat(number as usize % 9 + 1).into_bytes();
    keeper.begin((size - 20..size).map(leaf).collect()).unwrap();
    keeper.complete(&world.policy(), &world.ways(&Fate::immortal())).unwrap();
}
