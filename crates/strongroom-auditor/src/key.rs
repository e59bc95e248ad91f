//! Keys of auditor, log and witness: what signs with them, and how they lie in files.
//!
//! Whoever signs does so through [`TextSigner`], so that a key can move out of a file into a device that shows
//! no secret.

mod file;
mod stretching;

pub use file::{KeyFileError, SealedKey};
pub use stretching::{Passphrase, Stretching};

use strongroom_crypto::{
    note,
    sign::{SignatureError, SigningKey},
};
use strongroom_trust::{Moment, NoteKey, NoteSignature, WitnessKey, cosignature};

/// Signs texts by a key that it does not show.
pub trait TextSigner: Send + Sync {
    /// Signs a text as it stands: plain Ed25519, as signed notes have it.
    ///
    /// # Errors
    /// The key cannot be used.
    fn sign(&self, text: &str) -> Result<[u8; 64], SignerError>;

    /// Signs a text, checks the signature by the public key, and gives the line of a note.
    ///
    /// # Errors
    /// The key cannot be used, or is not this one.
    fn line(&self, key: &NoteKey, text: &str) -> Result<NoteSignature, SignerError> {
        let signature = self.sign(text)?;
        note::verify(key.public(), text, &signature).map_err(|_| SignerError::OtherKey)?;
        Ok(NoteSignature::new(key, signature.to_vec()))
    }

    /// Cosigns a checkpoint's text, checks the signature, and gives the line.
    ///
    /// # Errors
    /// As [`Self::line`].
    fn cosignature(
        &self,
        key: &WitnessKey,
        checkpoint_text: &str,
        at: Moment,
    ) -> Result<NoteSignature, SignerError> {
        let message = cosignature::message(checkpoint_text, at);
        let signature = self.sign(&message)?;
        note::verify(key.public(), &message, &signature).map_err(|_| SignerError::OtherKey)?;
        Ok(cosignature::line(key, at, &signature))
    }
}

/// A key did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The key that signed is not the one that should.
    #[error("the key that signed is not the one that should have")]
    OtherKey,
    /// The text is none that is ever signed.
    #[error("this is no text to be signed")]
    NoText,
    /// The device that holds the key does not sign.
    #[error("the key cannot be used: {0}")]
    Unusable(String),
}

impl From<SignatureError> for SignerError {
    fn from(_: SignatureError) -> Self {
        Self::NoText
    }
}

impl TextSigner for SigningKey {
    fn sign(&self, text: &str) -> Result<[u8; 64], SignerError> {
        Ok(note::sign(self, text)?)
    }
}
