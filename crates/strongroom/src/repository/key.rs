//! The repository key: what stock restic would be told as its password.

use rustic_core::Credentials;
use zeroize::Zeroizing;

/// Characters of a repository key.
const HEX_DIGITS: usize = 64;

/// The password of a repository: 64 lower-case hexadecimal digits.
///
/// It is derived from the backup key (`docs/spec/crypto.md`, label
/// `repository`); this type knows its shape only. It has no `Debug`, `Clone`
/// or equality and is zeroised when dropped. The repository library keeps a
/// copy of its own while it opens a repository.
pub struct RepositoryKey(Zeroizing<String>);

/// Why a string is no repository key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a repository key is 64 lower-case hexadecimal digits")]
pub struct RepositoryKeyError;

impl RepositoryKey {
    /// Takes the 64 digits as they were derived.
    ///
    /// # Errors
    ///
    /// [`RepositoryKeyError`] where the length or a digit is another one.
    /// Upper case is refused too: as a password it would be another one.
    pub fn from_hex(digits: Zeroizing<String>) -> Result<Self, RepositoryKeyError> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() == HEX_DIGITS && digits.bytes().all(is_digit) {
            Ok(Self(digits))
        } else {
            Err(RepositoryKeyError)
        }
    }

    /// Shows the digits, for a person or another program to use.
    #[must_use]
    pub fn reveal_hex(&self) -> &str {
        &self.0
    }

    pub(super) fn credentials(&self) -> Credentials {
        Credentials::password(self.0.as_str())
    }
}
