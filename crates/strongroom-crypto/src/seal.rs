//! Sealing: authenticated encryption of stored and transported bytes.
//!
//! Specification: `docs/spec/crypto.md`, "Seals". Three kinds, told apart by
//! where the nonce comes from: [`seal`] draws 24 random bytes
//! (XChaCha20-Poly1305), [`seal_once`] uses the zero nonce for a key that
//! seals exactly one plaintext, [`seal_counted`] counts frames of one
//! direction of a session (both ChaCha20-Poly1305, RFC 8439). The associated
//! data is the framed label and parts; it is bound, not carried.
//!
//! Absent on purpose: key rotation and replay windows; who holds a key knows
//! which version or counter it expects.

use alloc::vec::Vec;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, XChaCha20Poly1305};

use crate::frame::frame;
use crate::label::Label;
use crate::rng::Rng;
use crate::secret::{Secret, SecretBytes};

/// How much longer [`seal`]'s result is than its plaintext: nonce and tag.
pub const SEAL_OVERHEAD: usize = 40;

/// How much longer the results of [`seal_once`] and [`seal_counted`] are than
/// their plaintext: the tag.
pub const SEAL_ONCE_OVERHEAD: usize = 16;

/// A sealed value does not open: key, label, associated data, counter or the
/// bytes themselves are not those of the sealing. Which one cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed bytes do not open under this key and context")]
pub struct OpenError;

/// Seals under a random nonce; the result is the nonce, the ciphertext and
/// the tag.
///
/// A plaintext beyond the cipher's 256 GiB, which no caller can hold, gives an
/// empty result that opens nowhere.
#[must_use]
pub fn seal(
    key: &Secret<32>,
    label: Label,
    associated: &[&[u8]],
    plaintext: &[u8],
    rng: &mut dyn Rng,
) -> Vec<u8> {
    let mut nonce = [0; 24];
    rng.fill(&mut nonce);
    let aad = frame(label, associated);
    let payload = Payload { msg: plaintext, aad: &aad };
    XChaCha20Poly1305::new(key.expose().into())
        .encrypt(&nonce.into(), payload)
        .map(|ciphertext| [nonce.as_slice(), &ciphertext].concat())
        .unwrap_or_default()
}

/// Opens what [`seal`] made under the same key, label and associated data.
///
/// # Errors
///
/// [`OpenError`] where anything differs.
pub fn open(
    key: &Secret<32>,
    label: Label,
    associated: &[&[u8]],
    sealed: &[u8],
) -> Result<SecretBytes, OpenError> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<24>().ok_or(OpenError)?;
    decrypt_extended(key.expose(), nonce, &frame(label, associated), ciphertext)
}

/// Seals the one plaintext of a key that never seals another; the result is
/// ciphertext and tag, and the same inputs give the same bytes.
///
/// A second plaintext under the same key would give both away: the key must
/// be derived for this value alone.
#[must_use]
pub fn seal_once(key: &Secret<32>, label: Label, associated: &[&[u8]], plaintext: &[u8]) -> Vec<u8> {
    encrypt(key.expose(), &[0; 12], &frame(label, associated), plaintext)
}

/// Opens what [`seal_once`] made under the same key, label and associated
/// data.
///
/// # Errors
///
/// [`OpenError`] where anything differs.
pub fn open_once(
    key: &Secret<32>,
    label: Label,
    associated: &[&[u8]],
    sealed: &[u8],
) -> Result<SecretBytes, OpenError> {
    decrypt(key.expose(), &[0; 12], &frame(label, associated), sealed)
}

/// Seals one frame of one direction of a session; the result is ciphertext
/// and tag.
///
/// The caller never uses a counter twice under one key.
#[must_use]
pub fn seal_counted(
    key: &Secret<32>,
    label: Label,
    counter: u64,
    associated: &[&[u8]],
    plaintext: &[u8],
) -> Vec<u8> {
    encrypt(key.expose(), &counted_nonce(counter), &frame(label, associated), plaintext)
}

/// Opens the frame that [`seal_counted`] made with this very counter.
///
/// # Errors
///
/// [`OpenError`] where anything differs, the counter included.
pub fn open_counted(
    key: &Secret<32>,
    label: Label,
    counter: u64,
    associated: &[&[u8]],
    sealed: &[u8],
) -> Result<SecretBytes, OpenError> {
    decrypt(key.expose(), &counted_nonce(counter), &frame(label, associated), sealed)
}

/// Four zero bytes and the counter, most significant byte first.
fn counted_nonce(counter: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    for (out, byte) in nonce.iter_mut().skip(4).zip(counter.to_be_bytes()) {
        *out = byte;
    }
    nonce
}

/// XChaCha20-Poly1305, the inverse of what [`seal`] does.
pub(crate) fn decrypt_extended(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    sealed: &[u8],
) -> Result<SecretBytes, OpenError> {
    let payload = Payload { msg: sealed, aad };
    XChaCha20Poly1305::new(key.into())
        .decrypt(nonce.into(), payload)
        .map(SecretBytes::new)
        .map_err(|_| OpenError)
}

/// ChaCha20-Poly1305 as RFC 8439 has it: ciphertext, then tag.
pub(crate) fn encrypt(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plaintext, aad };
    ChaCha20Poly1305::new(key.into()).encrypt(nonce.into(), payload).unwrap_or_default()
}

/// The inverse of [`encrypt`].
pub(crate) fn decrypt(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    sealed: &[u8],
) -> Result<SecretBytes, OpenError> {
    let payload = Payload { msg: sealed, aad };
    ChaCha20Poly1305::new(key.into())
        .decrypt(nonce.into(), payload)
        .map(SecretBytes::new)
        .map_err(|_| OpenError)
}

#[cfg(test)]
mod tests;
