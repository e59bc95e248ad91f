//! A witness's folder: its key, the logs that it watches, what it cosigned.

use super::Witness;
use crate::{
    key::{KeyFileError, Passphrase, SealedKey, Stretching},
    limits::KEY_FILE_BYTES_MAX,
    storage::{Directory, Storage, StorageError},
};
use std::{path::Path, sync::Arc};
use strongroom_crypto::Rng;
use strongroom_trust::{KeyName, WitnessKey};

const KEY: &str = "private/key";
/// The public key as text, for trust roots and for auditors.
const PUBLIC_KEY: &str = "public/key";

/// A witness's folder cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum WitnessFolderError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There is no key in it.
    #[error("this is no witness's folder: it holds no {KEY}")]
    NoKey,
    /// The key does not open.
    #[error(transparent)]
    Key(#[from] KeyFileError),
}

/// Makes a witness's folder with a new key of this name.
///
/// # Errors
/// See [`WitnessFolderError`].
pub fn init_witness(
    folder: &Path,
    name: KeyName,
    passphrase: &Passphrase,
    stretching: Stretching,
    rng: &mut dyn Rng,
) -> Result<WitnessKey, WitnessFolderError> {
    let directory = Directory::create(folder)?;
    let key = SealedKey::<4>::generate(name, passphrase, stretching, rng)?;
    directory.replace(KEY, key.to_string().as_bytes())?;
    directory.replace(PUBLIC_KEY, format!("{}\n", key.key()).as_bytes())?;
    Ok(key.key().clone())
}

/// Opens a witness's folder.
///
/// # Errors
/// See [`WitnessFolderError`].
pub fn open_witness(folder: &Path, passphrase: &Passphrase) -> Result<Witness, WitnessFolderError> {
    let directory = Directory::open(folder)?;
    let bytes = directory.read(KEY, KEY_FILE_BYTES_MAX)?.ok_or(WitnessFolderError::NoKey)?;
    let key = SealedKey::<4>::parse(&bytes)?;
    let secret = key.open(passphrase)?;
    Ok(Witness::new(Arc::new(directory), key.key().clone(), Arc::new(secret)))
}
