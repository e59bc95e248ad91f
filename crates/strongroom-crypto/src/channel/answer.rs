//! The keys of answers.
//!
//! Specification: `docs/spec/crypto.md`, "Answers".

use alloc::vec::Vec;

use crate::channel::CHANNEL_ENCAPSULATED_LENGTH;
use crate::hash::digest;
use crate::hpke_suite::{Export, export};
use crate::kdf::derive;
use crate::label::labels;
use crate::rng::Rng;
use crate::seal::{OpenError, decrypt, encrypt};
use crate::secret::{Secret, SecretBytes};

/// Seals and opens the answers of one context, on both sides.
pub(super) struct AnswerSecret {
    secret: Secret<32>,
    encapsulated_hash: [u8; 32],
}

impl AnswerSecret {
    pub(super) fn of(context: &impl Export, encapsulated: &[u8; CHANNEL_ENCAPSULATED_LENGTH]) -> Self {
        Self {
            secret: export(context, labels::CHANNEL_ANSWER_SECRET),
            encapsulated_hash: digest(labels::CHANNEL_ENCAPSULATED_HASH, &[encapsulated]),
        }
    }

    /// Seals the answer to the request of this sequence number: response
    /// nonce, ciphertext, tag.
    pub(super) fn seal(&self, sequence: u64, aad: &[u8], plaintext: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
        let mut response_nonce = [0; 32];
        rng.fill(&mut response_nonce);
        let (key, nonce) = self.key_and_nonce(&response_nonce, sequence);
        let ciphertext = encrypt(key.expose(), nonce.expose(), aad, plaintext);
        [response_nonce.as_slice(), &ciphertext].concat()
    }

    /// Opens the answer to the request of this sequence number.
    pub(super) fn open(&self, sequence: u64, aad: &[u8], sealed: &[u8]) -> Result<SecretBytes, OpenError> {
        let (response_nonce, ciphertext) = sealed.split_first_chunk::<32>().ok_or(OpenError)?;
        let (key, nonce) = self.key_and_nonce(response_nonce, sequence);
        decrypt(key.expose(), nonce.expose(), aad, ciphertext)
    }

    fn key_and_nonce(&self, response_nonce: &[u8; 32], sequence: u64) -> (Secret<32>, Secret<12>) {
        let derived = derive::<44>(
            self.secret.expose(),
            labels::CHANNEL_ANSWER_KEY,
            &[&self.encapsulated_hash, response_nonce, &sequence.to_be_bytes()],
        );
        let (key, nonce) = derived.expose().split_at(32);
        (
            Secret::filled(|out: &mut [u8; 32]| out.copy_from_slice(key)),
            Secret::filled(|out: &mut [u8; 12]| out.copy_from_slice(nonce)),
        )
    }
}
