//! What Cloudflare's `plexi` reads: the same epochs, in its JSON and with its signature.
//! Page: `docs/spec/auditor.md`, "plexi".
//!
//! A key of its own signs here: plexi's message is binary, and what one key signs in one form must never pass
//! for another.

mod answers;
mod message;

pub use answers::{PlexiAnswers, PlexiEpoch};
pub use message::{PlexiKey, signature_message};

/// Ed25519 over a protobuf message: the only ciphersuite made here.
const CIPHERSUITE: u32 = 1;
