//! The channel between a client and an HSM.
//!
//! Specification: `docs/spec/crypto.md`, "Channel". A request is an HPKE
//! message to an HSM's channel key; further requests may continue its
//! context, in order. The answer to each request comes back under a key of its
//! own, derived from the context's exported secret, the encapsulated key, the
//! request's sequence number and a random response nonce (RFC 9458 §4.4 in
//! spirit).
//!
//! Absent on purpose: padding, time-outs and the bounded table of contexts
//! (the HSM), and who vouches for a channel key (the node's and the fleet's
//! signatures).

mod answer;
mod client;
mod hsm;
mod key_pair;

pub use client::ClientContext;
pub use hsm::HsmContext;
pub use key_pair::{ChannelKeyPair, key_id};

pub use crate::hpke_suite::PublicKeyError;
pub use crate::seal::OpenError;

use alloc::vec::Vec;

use crate::frame::frame;
use crate::label::labels;

/// Length of a channel public key.
pub const CHANNEL_PUBLIC_LENGTH: usize = crate::hpke_suite::PUBLIC_LENGTH;

/// Length of the encapsulated key that opens a context.
pub const CHANNEL_ENCAPSULATED_LENGTH: usize = crate::hpke_suite::ENCAPSULATED_LENGTH;

/// How much longer a request's ciphertext is than its plaintext: the tag.
pub const REQUEST_OVERHEAD: usize = 16;

/// How much longer a sealed answer is than its plaintext: response nonce and
/// tag.
pub const ANSWER_OVERHEAD: usize = 48;

/// Builds the HPKE info of a request: the framed label and the parts the two
/// sides must agree on (fleet id, configuration, node).
#[must_use]
pub fn request_info(parts: &[&[u8]]) -> Vec<u8> {
    frame(labels::CHANNEL_REQUEST_INFO, parts)
}

#[cfg(test)]
mod tests;
