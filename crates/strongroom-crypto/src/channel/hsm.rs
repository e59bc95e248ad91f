//! The HSM's end of the channel.
//!
//! Specification: `docs/spec/crypto.md`, "Channel".

use alloc::vec::Vec;

use crate::channel::answer::AnswerSecret;
use crate::channel::{CHANNEL_ENCAPSULATED_LENGTH, ChannelKeyPair};
use crate::hpke_suite::{Receiver, export};
use crate::label::labels;
use crate::rng::Rng;
use crate::seal::OpenError;
use crate::secret::SecretBytes;

/// Opens the requests of one client context and seals the answers.
///
/// Holding it proves that a request opened under the channel key; it says
/// nothing about who sent it, and the same first request opens again.
pub struct HsmContext {
    receiver: Receiver,
    answers: AnswerSecret,
    last_sequence: u64,
}

impl HsmContext {
    /// Opens the first request of a context.
    ///
    /// # Errors
    ///
    /// [`OpenError`] where key, info, encapsulated key, associated data or
    /// ciphertext are not those of the sealing.
    pub fn open(
        key: &ChannelKeyPair,
        info: &[u8],
        encapsulated: &[u8; CHANNEL_ENCAPSULATED_LENGTH],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<(Self, SecretBytes), OpenError> {
        let mut receiver = key.pair.receive(encapsulated, info).map_err(|_| OpenError)?;
        let plaintext = open_at(&mut receiver, aad, ciphertext)?;
        let answers = AnswerSecret::of(&receiver, encapsulated);
        let context = Self { receiver, answers, last_sequence: 0 };
        Ok((context, plaintext))
    }

    /// Opens the request that follows the last one opened.
    ///
    /// # Errors
    ///
    /// [`OpenError`] where it is another; the context then stays as it was,
    /// and the right request still opens.
    pub fn open_next(&mut self, aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, OpenError> {
        let plaintext = open_at(&mut self.receiver, aad, ciphertext)?;
        self.last_sequence = self.last_sequence.saturating_add(1);
        Ok(plaintext)
    }

    /// Gives the name by which this context is found again.
    #[must_use]
    pub fn context_id(&self) -> [u8; 16] {
        *export(&self.receiver, labels::CHANNEL_CONTEXT_ID).expose()
    }

    /// Seals an answer to the request opened last: response nonce, ciphertext
    /// and tag. Each call draws another response nonce, hence another key.
    #[must_use]
    pub fn seal_answer(&self, aad: &[u8], plaintext: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
        self.answers.seal(self.last_sequence, aad, plaintext, rng)
    }
}

fn open_at(receiver: &mut Receiver, aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, OpenError> {
    receiver.open(ciphertext, aad).map(SecretBytes::new).map_err(|_| OpenError)
}
