//! The client's end of the channel.
//!
//! Specification: `docs/spec/crypto.md`, "Channel".

use alloc::vec::Vec;

use crate::channel::answer::AnswerSecret;
use crate::channel::{CHANNEL_ENCAPSULATED_LENGTH, CHANNEL_PUBLIC_LENGTH, PublicKeyError};
use crate::hpke_suite::{Sender, export, send};
use crate::label::labels;
use crate::rng::Rng;
use crate::seal::OpenError;
use crate::secret::SecretBytes;

/// Seals requests to one HSM and opens its answers.
///
/// Holding an opened answer proves that the holder of the channel key made it
/// for this very request; that the key is an HSM's is proved elsewhere.
pub struct ClientContext {
    sender: Sender,
    answers: AnswerSecret,
    sealed_count: u64,
}

impl ClientContext {
    /// Opens a context to a channel key; the bytes are the encapsulated key,
    /// to be sent in front of the first request.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] where the channel key is malformed.
    pub fn open_to(
        public: &[u8; CHANNEL_PUBLIC_LENGTH],
        info: &[u8],
        rng: &mut dyn Rng,
    ) -> Result<(Self, [u8; CHANNEL_ENCAPSULATED_LENGTH]), PublicKeyError> {
        let (sender, encapsulated) = send(public, info, rng)?;
        let answers = AnswerSecret::of(&sender, &encapsulated);
        let context = Self { sender, answers, sealed_count: 0 };
        Ok((context, encapsulated))
    }

    /// Seals the next request: ciphertext and tag.
    ///
    /// A request beyond the cipher's limits (256 GiB, 2^64 requests), which no
    /// caller can reach, gives an empty result that opens nowhere.
    #[must_use]
    pub fn seal_next(&mut self, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let sealed = self.sender.seal(plaintext, aad).unwrap_or_default();
        self.sealed_count = self.sealed_count.saturating_add(1);
        sealed
    }

    /// Gives the name by which the HSM finds this context again.
    #[must_use]
    pub fn context_id(&self) -> [u8; 16] {
        *export(&self.sender, labels::CHANNEL_CONTEXT_ID).expose()
    }

    /// Opens the answer to the request sealed last.
    ///
    /// # Errors
    ///
    /// [`OpenError`] where nothing was sealed yet, or where the bytes are not
    /// the HSM's answer to that request under this associated data.
    pub fn open_answer(&self, aad: &[u8], sealed: &[u8]) -> Result<SecretBytes, OpenError> {
        let sequence = self.sealed_count.checked_sub(1).ok_or(OpenError)?;
        self.answers.open(sequence, aad, sealed)
    }
}
