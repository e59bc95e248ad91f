//! The only types in which secret bytes live.
//!
//! Specification: `docs/spec/crypto.md`, "Secrets". Both types overwrite their
//! bytes when dropped and keep them on the heap, so that moving a secret
//! copies a pointer and leaves nothing behind.
//!
//! Absent on purpose: `Debug`, `Display`, `PartialEq`, `Hash`, `Clone` and
//! serialisation. A secret leaves by a method whose name says so.

use alloc::boxed::Box;
use alloc::vec::Vec;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::rng::Rng;

/// Holds `N` secret bytes and overwrites them when dropped.
///
/// It has no `Debug`, no equality and no copy:
///
/// ```compile_fail
/// let key = strongroom_crypto::Secret::new([7; 32]);
/// println!("{key:?}");
/// ```
///
/// ```compile_fail
/// let key = strongroom_crypto::Secret::new([7; 32]);
/// println!("{key}");
/// ```
///
/// ```compile_fail
/// let key = strongroom_crypto::Secret::new([7; 32]);
/// let _ = key == key;
/// ```
///
/// ```compile_fail
/// let key = strongroom_crypto::Secret::new([7; 32]);
/// let _ = key.clone();
/// ```
pub struct Secret<const N: usize> {
    bytes: Box<Zeroizing<[u8; N]>>,
}

impl<const N: usize> Secret<N> {
    /// Takes over the given bytes; the parameter's own copy is overwritten,
    /// the caller's copies are the caller's to overwrite.
    #[must_use]
    pub fn new(mut bytes: [u8; N]) -> Self {
        let secret = Self::filled(|out| *out = bytes);
        bytes.zeroize();
        secret
    }

    /// Draws fresh random bytes.
    #[must_use]
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self::filled(|out| rng.fill(out))
    }

    /// Copies the bytes of a slice, or answers `None` where its length is not
    /// `N`.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != N {
            return None;
        }
        Some(Self::filled(|out| out.copy_from_slice(bytes)))
    }

    /// Builds a secret in place, so that no copy is left on the stack.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut bytes = Box::new(Zeroizing::new([0; N]));
        fill(&mut bytes);
        Self { bytes }
    }

    /// Shows the bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        &self.bytes
    }

    /// Makes a second holder of the same bytes.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::filled(|out| out.copy_from_slice(self.expose()))
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

/// Holds secret bytes of a length known only when the program runs, and
/// overwrites them when dropped.
///
/// ```compile_fail
/// let opened = strongroom_crypto::SecretBytes::new(vec![7; 3]);
/// println!("{opened:?}");
/// ```
///
/// ```compile_fail
/// let opened = strongroom_crypto::SecretBytes::new(vec![7; 3]);
/// let _ = opened.clone();
/// ```
///
/// ```compile_fail
/// let opened = strongroom_crypto::SecretBytes::new(vec![7; 3]);
/// let _ = opened == opened;
/// ```
pub struct SecretBytes {
    bytes: Zeroizing<Vec<u8>>,
}

impl SecretBytes {
    /// Takes over the given bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: Zeroizing::new(bytes) }
    }

    /// Shows the bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes a second holder of the same bytes.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { bytes: self.bytes.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_of_another_length_is_refused() {
        assert!(Secret::<4>::from_slice(&[1, 2, 3]).is_none());
        assert!(Secret::<4>::from_slice(&[1, 2, 3, 4, 5]).is_none());
        let taken = Secret::<4>::from_slice(&[1, 2, 3, 4]).unwrap();
        assert_eq!(taken.expose(), &[1, 2, 3, 4]);
    }

    #[test]
    fn a_secret_matches_its_duplicate_and_no_other() {
        let secret = Secret::new([9; 32]);
        assert!(secret.matches(&secret.duplicate()));
        let mut other = [9; 32];
        other[31] ^= 1;
        assert!(!secret.matches(&Secret::new(other)));
    }

    #[test]
    fn duplicated_bytes_are_equal() {
        let bytes = SecretBytes::new(alloc::vec![1, 2, 3]);
        assert_eq!(bytes.duplicate().expose(), &[1, 2, 3]);
    }
}
