//! What the person has or knows.
//!
//! A password is put into Unicode's normal form C (as RFC 8265 does for opaque strings), so that two keyboards that
//! write one text differently give one password. Nothing else is changed: case and spaces count.
//!
//! Absent on purpose: recovery codes and passkeys, whose slots the protocol knows already.

use strongroom_crypto::{SecretBytes, opaque::PASSWORD_LENGTH_MAX};
use strongroom_protocol::client::SlotKind;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A password or PIN.
///
/// ```
/// use strongroom_client::Credential;
///
/// let credential = Credential::password("correct horse battery staple");
/// # let _ = credential;
/// ```
pub struct Credential {
    secret: SecretBytes,
}

/// The credential cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// There is none.
    #[error("the password is empty")]
    Empty,
    /// It is longer than the protocol allows.
    #[error("the password is longer than {PASSWORD_LENGTH_MAX} bytes")]
    TooLong,
}

impl Credential {
    /// Takes a password or PIN as it was typed.
    pub fn password(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        // Form C is at most three times as long as its input, so the buffer never moves and leaves no copy.
        let mut normal = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
        normal.extend(text.nfc());
        Self { secret: SecretBytes::new(core::mem::take(&mut *normal).into_bytes()) }
    }

    /// Makes a second holder of the same credential.
    pub fn duplicate(&self) -> Self {
        Self { secret: self.secret.duplicate() }
    }

    /// The slot that it opens.
    pub(crate) fn slot_kind(&self) -> SlotKind {
        SlotKind::Password
    }

    /// The bytes that OPAQUE takes for the password.
    pub(crate) fn expose(&self) -> Result<&[u8], CredentialError> {
        match self.secret.expose() {
            [] => Err(CredentialError::Empty),
            bytes if bytes.len() > PASSWORD_LENGTH_MAX => Err(CredentialError::TooLong),
            bytes => Ok(bytes),
        }
    }
}

impl core::fmt::Debug for Credential {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Credential(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_write_one_letter_are_one_password() {
        let composed = Credential::password("caf\u{e9}");
        let decomposed = Credential::password("cafe\u{301}");
        assert_eq!(composed.expose().unwrap(), b"caf\xc3\xa9");
        assert_eq!(decomposed.expose().unwrap(), b"caf\xc3\xa9");
    }

    #[test]
    fn case_and_spaces_count() {
        assert_eq!(Credential::password(" Pin ").expose().unwrap(), b" Pin ");
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert_eq!(Credential::password("").expose(), Err(CredentialError::Empty));
        assert_eq!(Credential::password("a".repeat(1025)).expose(), Err(CredentialError::TooLong));
        assert!(Credential::password("a".repeat(1024)).expose().is_ok());
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Credential::password("secret")), "Credential(…)");
    }
}
