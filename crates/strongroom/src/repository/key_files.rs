//! The key files, checked before any of them is tried.
//!
//! They lie in the storage unencrypted and say how much memory and work the
//! derivation of a key takes. Without a bound, whoever can write to the
//! storage could make a device run out of either. And a key file that is
//! damaged must not look like a wrong key.

use std::sync::Arc;

use rustic_core::{FileType, Id, WriteBackend};
use serde_json::Value;

use super::error::classify;
use super::{RepositoryError, RepositoryLocation, limits};

/// Checks that key files stand there, are what their names say and ask for no
/// more than restic's and rustic's do.
pub(super) fn verify(
    location: &RepositoryLocation,
    backend: &Arc<dyn WriteBackend>,
) -> Result<(), RepositoryError> {
    let fault = |e: Box<rustic_core::RusticError>| classify(location, &e);
    let listed = backend.list_with_size(FileType::Key).map_err(fault)?;
    if listed.is_empty() {
        return Err(RepositoryError::damaged(location, "it has no key files"));
    }
    if listed.len() > limits::KEY_FILES_MAX {
        let what = format!("it has more than {} key files", limits::KEY_FILES_MAX);
        return Err(RepositoryError::damaged(location, what));
    }
    for (id, size) in listed {
        if u64::from(size) > limits::KEY_FILE_BYTES_MAX {
            return Err(RepositoryError::damaged(location, broken(&id)));
        }
        let contents = backend.read_full(FileType::Key, &id).map_err(fault)?;
        if !is_bearable(&contents) {
            return Err(RepositoryError::damaged(location, broken(&id)));
        }
    }
    Ok(())
}

fn broken(id: &Id) -> String {
    format!("keys/{} is no key file", id.to_hex().as_str())
}

/// Says whether the derivation that a key file asks for stays within limits.
fn is_bearable(contents: &[u8]) -> bool {
    let Ok(file) = serde_json::from_slice::<Value>(contents) else {
        return false;
    };
    let number = |name| file.get(name).and_then(Value::as_u64).unwrap_or(0);
    let (cost, block, passes) = (number("N"), number("r"), number("p"));
    let memory = cost.saturating_mul(block).saturating_mul(128);
    cost.is_power_of_two()
        && block > 0
        && (1..=limits::KDF_PASSES_MAX).contains(&passes)
        && memory <= limits::KDF_MEMORY_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::is_bearable;

    #[test]
    fn what_restic_and_rustic_ask_for_is_bearable() {
        assert!(is_bearable(br#"{"kdf":"scrypt","N":32768,"r":8,"p":7}"#));
        assert!(is_bearable(br#"{"kdf":"scrypt","N":131072,"r":8,"p":1}"#));
    }

    #[test]
    fn too_much_or_nonsense_is_not() {
        assert!(!is_bearable(br#"{"kdf":"scrypt","N":1073741824,"r":8,"p":1}"#));
        assert!(!is_bearable(br#"{"kdf":"scrypt","N":32768,"r":8,"p":1000000}"#));
        assert!(!is_bearable(br#"{"kdf":"scrypt","N":32768,"r":4294967295,"p":1}"#));
        assert!(!is_bearable(br#"{"kdf":"scrypt","N":0,"r":8,"p":1}"#));
        assert!(!is_bearable(br#"{"kdf":"scrypt","N":3,"r":8,"p":1}"#));
        assert!(!is_bearable(br#"{"N":-1}"#));
        assert!(!is_bearable(b""));
        assert!(!is_bearable(b"[]"));
    }
}
