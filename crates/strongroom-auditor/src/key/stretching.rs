//! From a passphrase to the key that seals a key file: Argon2id (RFC 9106) with a salt of the file's own.

use crate::limits::{STRETCHING_KIBIBYTES_MAX, STRETCHING_LANES_MAX, STRETCHING_PASSES_MAX};
use argon2::{Algorithm, Argon2, Params, Version};
use strongroom_crypto::{Secret, SecretBytes};
use zeroize::Zeroizing;

/// What opens a key file.
pub struct Passphrase(SecretBytes);

/// How much work opening a key file takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretching {
    kibibytes: u32,
    passes: u32,
    lanes: u32,
}

impl Passphrase {
    /// Takes a passphrase as it was typed, without the line feed.
    pub fn new(typed: String) -> Self {
        Self(SecretBytes::new(typed.into_bytes()))
    }
}

impl Stretching {
    /// 64 MiB, three passes, four lanes: the second recommendation of RFC 9106.
    pub const STANDARD: Self = Self { kibibytes: 65_536, passes: 3, lanes: 4 };

    /// Takes memory in KiB, passes and lanes, within the bounds of a file that somebody else may have written.
    pub fn new(kibibytes: u32, passes: u32, lanes: u32) -> Option<Self> {
        let is_bounded = kibibytes <= STRETCHING_KIBIBYTES_MAX
            && passes <= STRETCHING_PASSES_MAX
            && lanes <= STRETCHING_LANES_MAX;
        let is_possible = Params::new(kibibytes, passes, lanes, Some(32)).is_ok();
        (is_bounded && is_possible).then_some(Self { kibibytes, passes, lanes })
    }

    pub(super) fn numbers(self) -> (u32, u32, u32) {
        (self.kibibytes, self.passes, self.lanes)
    }

    /// Nothing where there is not enough memory.
    pub(super) fn stretch(self, passphrase: &Passphrase, salt: &[u8; 16]) -> Option<Secret<32>> {
        let params = Params::new(self.kibibytes, self.passes, self.lanes, Some(32)).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(passphrase.0.expose(), salt, key.as_mut()).ok()?;
        Secret::from_slice(key.as_slice())
    }
}
