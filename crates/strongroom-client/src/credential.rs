//! What the person has or knows, and which slot it opens.
//!
//! A password is put into Unicode's normal form C (as RFC 8265 does for opaque strings), so that two keyboards that
//! write one text differently give one password. Nothing else is changed: case and spaces count.

use crate::{RecoveryCode, passkey::PrfOutput};
use strongroom_crypto::{SecretBytes, opaque::PASSWORD_LENGTH_MAX};
use strongroom_protocol::{
    client::{Passkey, SlotKind},
    ids::{RegistrationId, VaultId},
};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A password or PIN, a recovery code, or a passkey's answer.
///
/// ```
/// use strongroom_client::{Credential, RecoveryCode};
///
/// let credential = Credential::password("correct horse battery staple");
/// let written_down = "not a recovery code";
/// assert!(RecoveryCode::read(written_down).is_err());
/// # let _ = credential;
/// ```
pub struct Credential {
    kind: SlotKind,
    /// The vault and registration that it was made for, where it is good for these alone.
    bound: Option<(VaultId, RegistrationId)>,
    /// What it may be: one secret, but for a recovery code that could not be read for certain.
    secrets: Vec<SecretBytes>,
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
    /// A recovery code that could not be read for certain opens a slot, and none is made with it.
    #[error("the recovery code could not be read for certain")]
    Uncertain,
    /// It is of a kind that this operation does not take.
    #[error("this takes a password, and neither a recovery code nor a passkey")]
    NoPassword,
    /// It is a password, and a password is set by a change of the password.
    #[error("this takes a recovery code or a passkey; a password is set by changing it")]
    Password,
}

impl Credential {
    /// Takes a password or PIN as it was typed.
    pub fn password(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        // Form C is at most three times as long as its input, so the buffer never moves and leaves no copy.
        let mut normal = Zeroizing::new(String::with_capacity(text.len().saturating_mul(3)));
        normal.extend(text.nfc());
        let secret = SecretBytes::new(core::mem::take(&mut *normal).into_bytes());
        Self { kind: SlotKind::Password, bound: None, secrets: vec![secret] }
    }

    /// Takes what a recovery code was read as.
    pub(crate) fn of_codes(codes: &[RecoveryCode]) -> Self {
        let secret = |code: &RecoveryCode| SecretBytes::new(code.characters().collect());
        let secrets = codes.iter().map(secret).collect();
        Self { kind: SlotKind::RecoveryCode, bound: None, secrets }
    }

    /// Takes a passkey's answer for one registration at one vault.
    pub(crate) fn of_passkey(passkey: Passkey, bound: (VaultId, RegistrationId), answer: &PrfOutput) -> Self {
        let secrets = vec![SecretBytes::new(answer.hex_digits())];
        Self { kind: SlotKind::Passkey(passkey), bound: Some(bound), secrets }
    }

    /// Makes a second holder of the same credential.
    pub fn duplicate(&self) -> Self {
        let secrets = self.secrets.iter().map(SecretBytes::duplicate).collect();
        Self { kind: self.kind.clone(), bound: self.bound, secrets }
    }

    /// Whether guesses at it are counted.
    pub fn is_counted(&self) -> bool {
        self.kind == SlotKind::Password
    }

    /// The slot that it opens.
    pub(crate) fn slot_kind(&self) -> &SlotKind {
        &self.kind
    }

    /// The registration that it is good for, where it is good for one alone.
    pub(crate) fn registration(&self) -> Option<RegistrationId> {
        self.bound.map(|(_, registration)| registration)
    }

    /// The vault that it is good for, where it is good for one alone.
    pub(crate) fn vault(&self) -> Option<VaultId> {
        self.bound.map(|(vault, _)| vault)
    }

    /// Each credential that it may be.
    pub(crate) fn each(&self) -> impl Iterator<Item = Self> + '_ {
        self.secrets.iter().map(|secret| Self {
            kind: self.kind.clone(),
            bound: self.bound,
            secrets: vec![secret.duplicate()],
        })
    }

    /// The bytes that OPAQUE takes for the password.
    pub(crate) fn expose(&self) -> Result<&[u8], CredentialError> {
        let [secret] = self.secrets.as_slice() else { return Err(CredentialError::Uncertain) };
        match secret.expose() {
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
