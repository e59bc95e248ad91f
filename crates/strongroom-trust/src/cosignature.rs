//! Cosignatures: a witness says that, at a time, a checkpoint was the largest it had seen and that the
//! log had only grown until then. Format: C2SP `tlog-cosignature`, version 1 (Ed25519).
//!
//! Absent on purpose: ML-DSA-44 cosignatures. Lines of keys that a trust root does not name are passed
//! over, so a log may carry them.

use crate::{Moment, NoteSignature, WitnessKey};
use strongroom_crypto::{
    note,
    sign::{SignatureError, SigningKey},
};

const TIMESTAMP_BYTES: usize = 8;

/// What a witness signs: a header, the time in seconds, and the checkpoint's text.
pub fn message(checkpoint_text: &str, at: Moment) -> String {
    format!("cosignature/v1\ntime {}\n{checkpoint_text}", at.seconds())
}

/// Puts a signature over [`message`] that was made somewhere else under the witness's name.
pub fn line(key: &WitnessKey, at: Moment, signature: &[u8; 64]) -> NoteSignature {
    NoteSignature::new(key, [at.seconds().to_be_bytes().as_slice(), signature].concat())
}

/// Cosigns a checkpoint's text with a key at hand.
///
/// # Errors
/// The two keys do not belong together.
pub fn cosign(
    key: &WitnessKey,
    secret: &SigningKey,
    checkpoint_text: &str,
    at: Moment,
) -> Result<NoteSignature, SignatureError> {
    let message = message(checkpoint_text, at);
    let signature = note::sign(secret, &message)?;
    note::verify(key.public(), &message, &signature)?;
    Ok(line(key, at, &signature))
}

/// Verifies the timestamp and signature of a line, and gives the time.
pub(crate) fn verify(key: &WitnessKey, text: &str, bytes: &[u8]) -> Result<Moment, SignatureError> {
    let (timestamp, signature) = bytes.split_at_checked(TIMESTAMP_BYTES).ok_or(SignatureError)?;
    let timestamp = timestamp.try_into().map_err(|_| SignatureError)?;
    let signature = signature.try_into().map_err(|_| SignatureError)?;
    let at = Moment::from_seconds(u64::from_be_bytes(timestamp)).ok_or(SignatureError)?;
    note::verify(key.public(), &message(text, at), signature)?;
    Ok(at)
}
