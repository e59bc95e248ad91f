//! The same rules on every platform, and what files alone can suffer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::{
    anchor::ANCHOR_BYTES,
    platform::{memory::Memory, simulation::Simulation},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

const FIRST_BOOT: [u8; 16] = [0xb1; 16];
const SECOND_BOOT: [u8; 16] = [0xb2; 16];

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("strongroom-platform-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn open(&self) -> Simulation {
        Simulation::open(&self.0).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn follow(anchor: &Anchor, head_table: u8) -> Anchor {
    Anchor { sequence: anchor.sequence + 1, head_table: Digest::new([head_table; 32]), ..anchor.duplicate() }
}

/// Births an HSM and gives its anchor.
fn born(platform: &mut dyn Platform) -> Anchor {
    assert!(platform.take_over(FIRST_BOOT).unwrap().is_none());
    let unborn = Anchor::first(FIRST_BOOT, Secret::new([1; 32]));
    let anchor = follow(&unborn, 1);
    platform.swap_anchor(&anchor, true).unwrap();
    anchor
}

fn read(platform: &mut dyn Platform) -> Vec<u8> {
    platform.read_anchor().unwrap().unwrap().encode().expose().to_vec()
}

/// Runs a test on two handles of one device, in memory and in files.
fn on_each(test: impl Fn(&mut dyn Platform, &mut dyn Platform)) {
    let memory = Memory::new([9; 32], Class::Durable);
    test(&mut memory.clone(), &mut memory.clone());
    let folder = Folder::new();
    test(&mut folder.open(), &mut folder.open());
}

#[test]
fn a_swap_stands_and_the_next_one_follows_it() {
    on_each(|one, other| {
        assert!(one.read_anchor().unwrap().is_none());
        let mut anchor = born(one);
        for (step, both) in [(2, false), (3, true), (4, false), (5, false)] {
            let next = follow(&anchor, step);
            one.swap_anchor(&next, both).unwrap();
            anchor = next;
            assert_eq!(read(other), anchor.encode().expose());
        }
    });
}

#[test]
fn a_second_take_over_makes_every_swap_of_the_first_boot_fail() {
    on_each(|one, other| {
        let anchor = born(one);
        let taken = other.take_over(SECOND_BOOT).unwrap().unwrap();
        assert_eq!((taken.boot, taken.sequence, taken.incarnation), (2, 2, SECOND_BOOT));
        assert!(taken.state_key.matches(&anchor.state_key));
        let refused = one.swap_anchor(&follow(&anchor, 2), false);
        assert_eq!(refused, Err(PlatformError::Superseded));
        other.swap_anchor(&follow(&taken, 3), false).unwrap();
        // Nor does it help the first boot to guess the sequence.
        let guessed = Anchor { sequence: 3, ..anchor.duplicate() };
        assert_eq!(one.swap_anchor(&follow(&guessed, 4), true), Err(PlatformError::Superseded));
    });
}

#[test]
fn of_two_births_on_one_device_one_fails() {
    on_each(|one, other| {
        let unborn = Anchor::first(SECOND_BOOT, Secret::new([2; 32]));
        assert!(other.take_over(SECOND_BOOT).unwrap().is_none());
        born(one);
        let refused = other.swap_anchor(&follow(&unborn, 1), true);
        assert_eq!(refused, Err(PlatformError::Superseded));
    });
}

#[test]
fn a_swap_that_no_boot_may_make_is_refused() {
    on_each(|one, _| {
        let anchor = born(one);
        let fleet = FleetId::new([0xf1; 32]);
        let adopted = Anchor { fleet, ..follow(&anchor, 2) };
        one.swap_anchor(&adopted, true).unwrap();
        let other = FleetId::new([0xf2; 32]);
        let mut outcome = |new: Anchor| one.swap_anchor(&new, false).unwrap_err();
        assert_eq!(
            outcome(Anchor { fleet: other, ..follow(&adopted, 3) }),
            PlatformError::WrongFleet { anchored: fleet, asked: other }
        );
        let skipped = Anchor { sequence: adopted.sequence + 2, ..adopted.duplicate() };
        assert_eq!(outcome(skipped), PlatformError::Superseded);
        assert_eq!(outcome(adopted.duplicate()), PlatformError::Superseded);
        assert!(matches!(outcome(Anchor { sequence: 0, ..adopted.duplicate() }), PlatformError::Misused(_)));
        assert!(matches!(outcome(Anchor { boot: 2, ..follow(&adopted, 3) }), PlatformError::Misused(_)));
        let renamed = Anchor { incarnation: SECOND_BOOT, ..follow(&adopted, 3) };
        assert_eq!(outcome(renamed), PlatformError::Superseded);
        assert_eq!(read(one), adopted.encode().expose());
    });
}

#[test]
fn states_stay_side_by_side_until_the_older_ones_are_to_be_forgotten() {
    on_each(|one, other| {
        assert!(one.read_states().unwrap().is_empty());
        one.write_state(b"first").unwrap();
        one.write_state(b"second").unwrap();
        assert_eq!(other.read_states().unwrap(), [b"second".to_vec(), b"first".to_vec()]);
        one.forget_old_states().unwrap();
        assert_eq!(other.read_states().unwrap(), [b"second".to_vec()]);
        one.write_state(b"third").unwrap();
        assert_eq!(other.read_states().unwrap(), [b"third".to_vec(), b"second".to_vec()]);
    });
}

#[test]
fn more_states_than_a_start_ever_leaves_are_an_error() {
    let mut memory = Memory::new([9; 32], Class::Durable);
    for _ in 0..STATES_MAX {
        memory.write_state(b"state").unwrap();
    }
    assert!(matches!(memory.write_state(b"one more"), Err(PlatformError::TooManyStates(_))));
    assert_eq!(memory.read_states().unwrap().len(), STATES_MAX);
    memory.forget_old_states().unwrap();
    memory.write_state(b"one more").unwrap();

    let folder = Folder::new();
    let mut files = folder.open();
    for number in 1..=STATES_MAX {
        fs::write(folder.file(&format!("state-{number}")), b"state").unwrap();
    }
    assert_eq!(files.read_states().unwrap().len(), STATES_MAX);
    assert!(matches!(files.write_state(b"one more"), Err(PlatformError::TooManyStates(_))));
    files.forget_old_states().unwrap();
    files.write_state(b"one more").unwrap();
    assert_eq!(files.read_states().unwrap(), [b"one more".to_vec(), b"state".to_vec()]);
}

#[test]
fn a_device_keeps_its_name_and_two_devices_have_two() {
    on_each(|one, other| {
        assert_eq!(one.device(), other.device());
        assert_eq!(one.measurement(), other.measurement());
        assert!(!one.draw_seed().unwrap().matches(&other.draw_seed().unwrap()));
        assert_eq!((one.kind(), one.class()), (Kind::Simulation, Class::Durable));
    });
    assert_ne!(Folder::new().open().device(), Folder::new().open().device());
    assert_ne!(
        Platform::device(&Memory::new([1; 32], Class::Durable)),
        Platform::device(&Memory::new([2; 32], Class::Durable))
    );
}

/// What survives when the power goes at every byte of every write of a short life.
#[test]
fn a_power_cut_in_any_write_leaves_the_anchor_before_or_after_it() {
    let life = |platform: &mut dyn Platform| -> Result<(), PlatformError> {
        let unborn = Anchor::first(FIRST_BOOT, Secret::new([1; 32]));
        let mut anchor = follow(&unborn, 1);
        platform.write_state(b"birth")?;
        platform.swap_anchor(&anchor, true)?;
        platform.forget_old_states()?;
        for (step, both) in [(2, false), (3, false), (4, true), (5, false)] {
            let next = follow(&anchor, step);
            if both {
                platform.write_state(&[step; 40])?;
            }
            platform.swap_anchor(&next, both)?;
            if both {
                platform.forget_old_states()?;
            }
            anchor = next;
        }
        platform.take_over(SECOND_BOOT).map(|_| ())
    };
    let whole = Memory::new([9; 32], Class::Durable);
    life(&mut whole.clone()).unwrap();
    assert_eq!(whole.writes(), 10);
    let mut sequences = Vec::new();
    for write in 0..whole.writes() {
        for bytes in (0..=ANCHOR_BYTES).step_by(8) {
            let mut memory = Memory::new([9; 32], Class::Durable);
            memory.cut_power(write, bytes);
            assert!(life(&mut memory.clone()).is_err());
            assert!(memory.read_anchor().is_err());
            memory.restore_power();
            let sequence = memory.read_anchor().unwrap().map(|anchor| anchor.sequence);
            sequences.push((write, sequence));
            if sequence.is_some() {
                assert!(!memory.read_states().unwrap().is_empty());
                let taken = memory.take_over(SECOND_BOOT).unwrap().unwrap();
                memory.swap_anchor(&follow(&taken, 9), true).unwrap();
            }
        }
    }
    sequences.dedup();
    // Write 0 is the first state, 1 and 2 the birth, 3 and 4 two swaps, 5 the second state, and so on.
    let expected = [
        (0, None),
        (1, None),
        (1, Some(1)),
        (2, Some(1)),
        (3, Some(1)),
        (3, Some(2)),
        (4, Some(2)),
        (4, Some(3)),
        (5, Some(3)),
        (6, Some(3)),
        (6, Some(4)),
        (7, Some(4)),
        (8, Some(4)),
        (8, Some(5)),
        (9, Some(5)),
        (9, Some(6)),
    ];
    assert_eq!(sequences, expected);
}

#[test]
fn an_image_that_is_put_back_is_an_anchor_of_before() {
    let mut memory = Memory::new([9; 32], Class::Durable);
    let anchor = born(&mut memory);
    memory.write_state(b"before").unwrap();
    let before = memory.image();
    let next = follow(&anchor, 2);
    memory.swap_anchor(&next, true).unwrap();
    memory.forget_old_states().unwrap();
    memory.put_back(before);
    assert_eq!(read(&mut memory), anchor.encode().expose());
    assert_eq!(memory.swap_anchor(&follow(&next, 3), false), Err(PlatformError::Superseded));
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn a_torn_copy_in_the_file_leaves_the_other() {
    let folder = Folder::new();
    let mut platform = folder.open();
    let anchor = born(&mut platform);
    let next = follow(&anchor, 2);
    platform.swap_anchor(&next, false).unwrap();
    // The swap wrote one copy; the other still holds the anchor before.
    let file = fs::read(folder.file("anchor")).unwrap();
    let newest_at = if Anchor::decode(&file[..ANCHOR_BYTES]).unwrap().sequence == 2 { 0 } else { 4096 };
    overwrite(&folder.file("anchor"), newest_at + 100, &[0xff; 20]);
    assert_eq!(read(&mut folder.open()), anchor.encode().expose());
    overwrite(&folder.file("anchor"), 4096 - newest_at + 100, &[0xff; 20]);
    let torn = Simulation::open(&folder.0).err();
    assert_eq!(torn, Some(PlatformError::AnchorDestroyed(folder.file("anchor").display().to_string())));
}

#[test]
fn the_anchor_s_file_is_written_in_place_and_nothing_else_is() {
    let folder = Folder::new();
    let mut platform = folder.open();
    let anchor = born(&mut platform);
    let mut names: Vec<_> = fs::read_dir(&folder.0)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["anchor", "device"]);
    let file = fs::read(folder.file("anchor")).unwrap();
    assert_eq!(file.len(), 8192);
    assert_eq!(&file[..ANCHOR_BYTES], anchor.encode().expose());
    assert_eq!(&file[4096..4096 + ANCHOR_BYTES], anchor.encode().expose());
    let zeros = file.iter().filter(|byte| **byte != 0).count();
    assert!(zeros <= 2 * ANCHOR_BYTES);
}

#[test]
fn a_foreign_cut_or_missing_file_is_named() {
    let message = |folder: &Folder| {
        let error = Simulation::open(&folder.0).map(|mut platform| platform.read_anchor().err());
        let text = match error {
            Ok(error) => error.unwrap().to_string(),
            Err(error) => error.to_string(),
        };
        text.replace(&folder.0.display().to_string(), "F")
    };
    let folder = Folder::new();
    born(&mut folder.open());
    folder.open().write_state(b"state").unwrap();

    let whole = fs::read(folder.file("anchor")).unwrap();
    fs::write(folder.file("anchor"), &whole[..5000]).unwrap();
    // What is left of a cut file still holds both copies.
    assert!(folder.open().read_anchor().unwrap().is_some());
    fs::write(folder.file("anchor"), &whole[..300]).unwrap();
    assert_eq!(message(&folder), "F/anchor: is cut short");
    fs::remove_file(folder.file("anchor")).unwrap();
    assert_eq!(
        message(&folder),
        "F/anchor: is missing beside sealed states: this HSM cannot come back, replace it by a new member"
    );
    fs::write(folder.file("anchor"), &whole).unwrap();
    fs::write(folder.file("device"), b"short").unwrap();
    assert_eq!(message(&folder), "F/device: is not 32 bytes long");
    fs::remove_file(folder.file("device")).unwrap();
    assert_eq!(message(&folder), "F/device: is missing beside an anchor");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = Simulation::open(Path::new("/nowhere/at/all")).err().unwrap();
    assert_eq!(error.to_string(), "/nowhere/at/all: there is no such folder; make it, or correct the path");
}

#[test]
fn a_birth_that_was_cut_off_begins_again() {
    let folder = Folder::new();
    let name = folder.open().device();
    // The file was made and not filled.
    File::create(folder.file("anchor")).unwrap();
    assert!(folder.open().read_anchor().unwrap().is_none());
    // The name was not written whole.
    fs::write(folder.file("device"), b"").unwrap();
    assert_ne!(folder.open().device(), name);
    // The first copy was torn.
    overwrite(&folder.file("anchor"), 0, &[1; 100]);
    born(&mut folder.open());
    assert!(folder.open().read_anchor().unwrap().is_some());
}

#[test]
fn a_lock_that_another_process_keeps_is_an_error_in_the_end() {
    let folder = Folder::new();
    let mut platform = folder.open();
    born(&mut platform);
    let other = OpenOptions::new().read(true).write(true).open(folder.file("anchor")).unwrap();
    other.lock().unwrap();
    assert_eq!(platform.read_anchor().err(), Some(PlatformError::Locked(folder.file("anchor"))));
    other.unlock().unwrap();
    assert!(platform.read_anchor().unwrap().is_some());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_what_a_simulation_keeps() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mut platform = folder.open();
    born(&mut platform);
    platform.write_state(b"state").unwrap();
    for name in ["anchor", "device", "state-1"] {
        assert_eq!(fs::metadata(folder.file(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_causes_that_an_operator_can_mend_are_told_apart() {
    use std::io::{Error, ErrorKind};
    let told = |kind: ErrorKind| super::simulation::told(Path::new("/f"), Error::from(kind));
    assert_eq!(told(ErrorKind::PermissionDenied), PlatformError::ReadOnly("/f".into()));
    assert_eq!(told(ErrorKind::ReadOnlyFilesystem), PlatformError::ReadOnly("/f".into()));
    assert_eq!(told(ErrorKind::StorageFull), PlatformError::Full("/f".into()));
    assert_eq!(told(ErrorKind::QuotaExceeded), PlatformError::Full("/f".into()));
    assert!(matches!(told(ErrorKind::Interrupted), PlatformError::Medium { .. }));
}

#[test]
fn a_measurement_is_the_digest_of_the_program() {
    assert_eq!(
        measurement_of(b"program").to_hex(),
        "e8ec55bf6dcd97fccdf2aa2da0ba0a0cf1c707f237c3fb4eb440114a2c8ea285"
    );
    let running = fs::read("/proc/self/exe").unwrap();
    assert_eq!(Folder::new().open().measurement(), measurement_of(&running));
}
