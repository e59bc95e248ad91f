//! Storage that can be stopped before or after any write, as a power loss would.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};
use strongroom_auditor::storage::{Storage, StorageError, StorageLock};

/// Files in memory; what is written is durable.
#[derive(Default, Clone)]
pub struct Memory {
    pub files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Memory {
    pub fn paths(&self) -> Vec<String> {
        self.files.lock().unwrap().keys().cloned().collect()
    }

    pub fn text(&self, path: &str) -> Option<String> {
        self.files.lock().unwrap().get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// A copy of all files, as of a disk that was put away.
    pub fn copy(&self) -> Self {
        Self { files: Arc::new(Mutex::new(self.files.lock().unwrap().clone())) }
    }
}

impl Storage for Memory {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, StorageError> {
        match self.files.lock().unwrap().get(path) {
            Some(bytes) if bytes.len() > bytes_max => {
                Err(StorageError::TooLong { path: path.into(), max: bytes_max })
            }
            found => Ok(found.cloned()),
        }
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.files.lock().unwrap().insert(path.into(), bytes.into());
        Ok(())
    }

    fn remove(&self, path: &str) -> Result<(), StorageError> {
        let folder = format!("{path}/");
        self.files.lock().unwrap().retain(|held, _| held != path && !held.starts_with(&folder));
        Ok(())
    }

    fn lock(&self) -> Result<StorageLock, StorageError> {
        Ok(StorageLock::new(()))
    }
}

/// Counts down steps, and stops the program in the one that is drawn: before it has an effect, or after.
#[derive(Clone)]
pub struct Fate(Arc<Mutex<Steps>>);

struct Steps {
    left: Option<u32>,
    is_after: bool,
    is_dead: bool,
    taken: u32,
}

impl Fate {
    pub fn immortal() -> Self {
        Self(Arc::new(Mutex::new(Steps { left: None, is_after: false, is_dead: false, taken: 0 })))
    }

    pub fn dies_at(step: u32, is_after: bool) -> Self {
        Self(Arc::new(Mutex::new(Steps { left: Some(step), is_after, is_dead: false, taken: 0 })))
    }

    pub fn taken(&self) -> u32 {
        self.0.lock().unwrap().taken
    }

    pub fn is_dead(&self) -> bool {
        self.0.lock().unwrap().is_dead
    }

    pub fn look(&self) -> Result<(), io::Error> {
        if self.is_dead() { Err(io::Error::other("stopped")) } else { Ok(()) }
    }

    /// Takes a step that has an effect.
    pub fn step<T>(&self, act: impl FnOnce() -> T) -> Result<T, io::Error> {
        self.look()?;
        let (dies, is_after) = {
            let mut steps = self.0.lock().unwrap();
            steps.taken += 1;
            let dies = steps.left == Some(0);
            steps.left = steps.left.map(|left| left.saturating_sub(1));
            steps.is_dead |= dies;
            (dies, steps.is_after)
        };
        if dies && !is_after {
            return Err(io::Error::other("stopped"));
        }
        let done = act();
        if dies { Err(io::Error::other("stopped")) } else { Ok(done) }
    }
}

/// Storage of a program that can be stopped.
pub struct Mortal {
    pub files: Memory,
    pub fate: Fate,
}

fn stopped(path: &str) -> impl FnOnce(io::Error) -> StorageError + '_ {
    |cause| StorageError::Io { path: path.into(), cause }
}

impl Storage for Mortal {
    fn read(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, StorageError> {
        self.fate.look().map_err(stopped(path))?;
        self.files.read(path, bytes_max)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.fate.step(|| self.files.replace(path, bytes)).map_err(stopped(path))?
    }

    fn remove(&self, path: &str) -> Result<(), StorageError> {
        self.fate.step(|| self.files.remove(path)).map_err(stopped(path))?
    }

    fn lock(&self) -> Result<StorageLock, StorageError> {
        self.fate.look().map_err(stopped("lock"))?;
        self.files.lock()
    }
}
