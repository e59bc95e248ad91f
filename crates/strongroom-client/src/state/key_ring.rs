//! The backup key in the operating system's key ring.

use super::StateError;
use crate::BackupKey;
use keyring::{Entry, Error};
use zeroize::Zeroizing;

const SERVICE: &str = "strongroom backup key";

pub(super) fn load(name: &str) -> Result<Option<BackupKey>, StateError> {
    match entry(name)?.get_password() {
        Ok(digits) => {
            let digits = Zeroizing::new(digits);
            BackupKey::from_digits(&digits).map(Some).map_err(|error| StateError::KeyRing(error.to_string()))
        }
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(StateError::KeyRing(error.to_string())),
    }
}

pub(super) fn save(name: &str, key: &BackupKey) -> Result<(), StateError> {
    entry(name)?.set_password(&key.to_digits()).map_err(|error| StateError::KeyRing(error.to_string()))
}

pub(super) fn forget(name: &str) -> Result<(), StateError> {
    match entry(name)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(StateError::KeyRing(error.to_string())),
    }
}

fn entry(name: &str) -> Result<Entry, StateError> {
    Entry::new(SERVICE, name).map_err(|error| StateError::KeyRing(error.to_string()))
}
