//! A simulated platform: files of an ordinary process. INSECURE.
//!
//! It protects nobody from whoever runs the machine: the state key lies in a file, and a
//! copy of the folder is a copy of the HSM. What it keeps are the rules: one boot at a
//! time, no step without a durable write, a cut-off write that harms nothing.
//!
//! The folder holds `anchor` (two copies, written in place under an exclusive lock),
//! `device` (a random name) and `state-1`, `state-2`, … (sealed states). Page:
//! `docs/spec/anchor.md`.

use crate::{
    anchor::{ANCHOR_BYTES, Anchor},
    platform::{
        Platform, PlatformError, STATES_MAX, measurement_of,
        slots::{Slot, Slots},
    },
};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use strongroom_crypto::{Secret, SecretBytes};
use strongroom_protocol::{
    genesis::{Class, Platform as Kind},
    ids::Digest,
    limits::SEALED_STATE_BYTES_MAX,
};

/// Where the second copy begins: in a page of its own, so that a page that is lost takes one copy only.
const SECOND_AT: u64 = 4096;
/// Bytes of the anchor's file.
const FILE_BYTES: usize = 8192;
/// How long a lock that another process holds is waited for. It is held for one write.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// What the name of a sealed state's file begins with.
const STATE_PREFIX: &str = "state-";

/// A folder that plays a device.
pub struct Simulation {
    folder: PathBuf,
    anchor: File,
    device: Digest,
    measurement: Digest,
}

impl Simulation {
    /// Opens a folder, and makes it a device the first time.
    ///
    /// # Errors
    /// The folder is missing, cannot be written, is full or locked, or its files are damaged.
    pub fn open(folder: &Path) -> Result<Self, PlatformError> {
        if !folder.is_dir() {
            return Err(PlatformError::NoFolder(folder.into()));
        }
        let measurement = measure()?;
        let path = folder.join("anchor");
        // The anchor's file is there before the first state is written.
        if !path.exists() && !state_numbers(folder)?.is_empty() {
            return Err(foreign(
                &path,
                "is missing beside sealed states: this HSM cannot come back, replace it by a new member",
            ));
        }
        let mut anchor = private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .open(&path)
            .map_err(at(&path))?;
        let device = locked(&mut anchor, &path, |anchor| {
            make_room(anchor, &path)?;
            let born = read_slots(anchor, &path)?.into_anchor().is_some();
            let device = name(folder, born)?;
            sync_folder(folder)?;
            Ok(device)
        })?;
        Ok(Self { folder: folder.into(), anchor, device, measurement })
    }

    fn with_slots<T>(
        &mut self,
        act: impl FnOnce(&mut File, &Path, Slots) -> Result<T, PlatformError>,
    ) -> Result<T, PlatformError> {
        let path = self.folder.join("anchor");
        locked(&mut self.anchor, &path, |file| {
            let slots = read_slots(file, &path)?;
            act(file, &path, slots)
        })
    }

    fn state_path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{STATE_PREFIX}{number}"))
    }
}

impl Platform for Simulation {
    fn read_anchor(&mut self) -> Result<Option<Anchor>, PlatformError> {
        self.with_slots(|_, _, slots| Ok(slots.into_anchor()))
    }

    fn take_over(&mut self, incarnation: [u8; 16]) -> Result<Option<Anchor>, PlatformError> {
        self.with_slots(|file, path, slots| {
            let taken = slots.taken_over(incarnation)?;
            if let Some(anchor) = &taken {
                write_anchor(file, path, &slots, anchor, false)?;
            }
            Ok(taken)
        })
    }

    fn swap_anchor(&mut self, anchor: &Anchor, both: bool) -> Result<(), PlatformError> {
        self.with_slots(|file, path, slots| {
            slots.check_swap(anchor)?;
            write_anchor(file, path, &slots, anchor, both)
        })
    }

    fn read_states(&mut self) -> Result<Vec<Vec<u8>>, PlatformError> {
        let read = |number| {
            let path = self.state_path(number);
            let file = File::open(&path).map_err(at(&path))?;
            let mut sealed = Vec::new();
            let bound = u64::try_from(SEALED_STATE_BYTES_MAX).unwrap_or(u64::MAX);
            file.take(bound).read_to_end(&mut sealed).map_err(at(&path))?;
            Ok(sealed)
        };
        state_numbers(&self.folder)?.into_iter().rev().map(read).collect()
    }

    fn write_state(&mut self, sealed: &[u8]) -> Result<(), PlatformError> {
        if sealed.len() > SEALED_STATE_BYTES_MAX {
            return Err(PlatformError::Misused("the sealed state is too long"));
        }
        let numbers = state_numbers(&self.folder)?;
        if numbers.len() >= STATES_MAX {
            return Err(PlatformError::TooManyStates(self.folder.display().to_string()));
        }
        let number = numbers.last().map_or(1, |last| last.saturating_add(1));
        let path = self.state_path(number);
        // None is overwritten before it is to be forgotten; a cut-off one does not open.
        let written = private(OpenOptions::new().write(true).create_new(true))
            .open(&path)
            .and_then(|mut file| file.write_all(sealed).and_then(|()| file.sync_all()));
        if let Err(cause) = written {
            let _ = fs::remove_file(&path);
            return Err(at(&path)(cause));
        }
        sync_folder(&self.folder)
    }

    fn forget_old_states(&mut self) -> Result<(), PlatformError> {
        let mut numbers = state_numbers(&self.folder)?;
        numbers.pop();
        for number in numbers {
            let path = self.state_path(number);
            fs::remove_file(&path).map_err(at(&path))?;
        }
        sync_folder(&self.folder)
    }

    fn draw_seed(&mut self) -> Result<Secret<32>, PlatformError> {
        entropy()
    }

    fn device(&self) -> Digest {
        self.device
    }

    fn measurement(&self) -> Digest {
        self.measurement
    }

    fn kind(&self) -> Kind {
        Kind::Simulation
    }

    fn class(&self) -> Class {
        Class::Durable
    }
}

/// The numbers of the sealed states' files, rising.
fn state_numbers(folder: &Path) -> Result<Vec<u64>, PlatformError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let name = entry.map_err(at(folder))?.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(STATE_PREFIX));
        numbers.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
        if numbers.len() > STATES_MAX {
            return Err(PlatformError::TooManyStates(folder.display().to_string()));
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Does something under the exclusive lock of the anchor's file.
fn locked<T>(
    file: &mut File,
    path: &Path,
    act: impl FnOnce(&mut File) -> Result<T, PlatformError>,
) -> Result<T, PlatformError> {
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(cause)) => return Err(at(path)(cause)),
            Err(TryLockError::WouldBlock) if begun.elapsed() > LOCK_PATIENCE => {
                return Err(PlatformError::Locked(path.into()));
            }
            // A confined program may yield, and may not sleep.
            Err(TryLockError::WouldBlock) => thread::yield_now(),
        }
    }
    let outcome = act(file);
    file.unlock().map_err(at(path))?;
    outcome
}

/// Fills a file that is being made up to its length; one that holds something already is left alone.
fn make_room(file: &mut File, path: &Path) -> Result<(), PlatformError> {
    file.seek(SeekFrom::Start(0)).map_err(at(path))?;
    let there = read_up_to(FILE_BYTES, file).map_err(at(path))?;
    if there.expose().len() == FILE_BYTES || there.expose().iter().any(|byte| *byte != 0) {
        return Ok(());
    }
    file.seek(SeekFrom::Start(0)).map_err(at(path))?;
    file.write_all(&[0; FILE_BYTES]).map_err(at(path))?;
    file.sync_all().map_err(at(path))
}

fn read_slots(file: &mut File, path: &Path) -> Result<Slots, PlatformError> {
    let first = read_copy(file, path, Slot::First)?;
    let second = read_copy(file, path, Slot::Second)?;
    Slots::read(first.expose(), second.expose(), &path.display().to_string())
}

fn read_copy(file: &mut File, path: &Path, slot: Slot) -> Result<SecretBytes, PlatformError> {
    file.seek(SeekFrom::Start(offset(slot))).map_err(at(path))?;
    let copy = read_up_to(ANCHOR_BYTES, file).map_err(at(path))?;
    if copy.expose().len() == ANCHOR_BYTES { Ok(copy) } else { Err(foreign(path, "is cut short")) }
}

/// Reads so many bytes, or as many as there are, into a buffer that never grows.
fn read_up_to(bytes: usize, file: &mut File) -> io::Result<SecretBytes> {
    let mut buffer = Vec::with_capacity(bytes);
    let bound = u64::try_from(bytes).unwrap_or(u64::MAX);
    let outcome = file.take(bound).read_to_end(&mut buffer);
    let read = SecretBytes::new(buffer);
    outcome.map(|_| read)
}

fn offset(slot: Slot) -> u64 {
    match slot {
        Slot::First => 0,
        Slot::Second => SECOND_AT,
    }
}

fn write_anchor(
    file: &mut File,
    path: &Path,
    slots: &Slots,
    anchor: &Anchor,
    both: bool,
) -> Result<(), PlatformError> {
    let copy = anchor.encode();
    for slot in slots.targets(both) {
        file.seek(SeekFrom::Start(offset(slot))).map_err(at(path))?;
        file.write_all(copy.expose()).map_err(at(path))?;
        file.sync_data().map_err(at(path))?;
    }
    Ok(())
}

/// Reads the device's name, or draws one for a device that was not born yet.
fn name(folder: &Path, born: bool) -> Result<Digest, PlatformError> {
    let path = folder.join("device");
    match fs::read(&path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(name) => return Ok(Digest::new(name)),
            Err(_) if born => return Err(foreign(&path, "is not 32 bytes long")),
            // A birth that was cut off.
            Err(_) => {}
        },
        Err(cause) if cause.kind() == ErrorKind::NotFound && !born => {}
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            return Err(foreign(&path, "is missing beside an anchor"));
        }
        Err(cause) => return Err(at(&path)(cause)),
    }
    let name = *entropy()?.expose();
    let mut file =
        private(OpenOptions::new().write(true).create(true).truncate(true)).open(&path).map_err(at(&path))?;
    file.write_all(&name).and_then(|()| file.sync_all()).map_err(at(&path))?;
    Ok(Digest::new(name))
}

fn entropy() -> Result<Secret<32>, PlatformError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|cause| PlatformError::Randomness(cause.to_string()))?;
    Ok(Secret::new(bytes))
}

/// Measures the program that runs, even where its file was replaced meanwhile.
fn measure() -> Result<Digest, PlatformError> {
    let running = Path::new("/proc/self/exe");
    let path =
        if running.exists() { running.into() } else { std::env::current_exe().map_err(at(running))? };
    fs::read(&path).map(|program| measurement_of(&program)).map_err(at(&path))
}

fn sync_folder(folder: &Path) -> Result<(), PlatformError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

/// Only the owner reads what lies here.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn foreign(path: &Path, what: &str) -> PlatformError {
    PlatformError::Foreign { place: path.display().to_string(), what: what.into() }
}

/// Names the place in what the operating system says.
fn at(path: &Path) -> impl Fn(io::Error) -> PlatformError + '_ {
    |cause| told(path, cause)
}

/// Tells the causes apart that an operator can mend.
pub(super) fn told(path: &Path, cause: io::Error) -> PlatformError {
    match cause.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => PlatformError::ReadOnly(path.into()),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => PlatformError::Full(path.into()),
        _ => PlatformError::Medium { place: path.display().to_string(), cause: cause.to_string() },
    }
}
