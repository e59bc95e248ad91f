//! The password protocol: OPAQUE-3DH (RFC 9807) in one profile.
//!
//! Specification: `docs/spec/crypto.md`, "OPAQUE profile". ristretto255-SHA512,
//! HKDF-SHA-512, HMAC-SHA-512, SHA-512; empty context; empty credential
//! identifier; client identity = vault id ‖ registration id, server identity =
//! fleet id. A slot's random 64-byte seed stands for both the OPRF seed and
//! the server's key pair, so that erasing the seed erases both.
//!
//! Every element that crosses the boundary is decoded as the canonical
//! encoding of an element that is not the identity; a server that sends the
//! client's own element back is refused.
//!
//! Absent on purpose: counting guesses (the HSM charges one *before* it calls
//! [`begin_login`]), the session key (the channel is HPKE's), and fake records
//! (whether a vault exists is decided before, by its id).

mod client;
mod server;
mod suite;

pub use client::{
    CLIENT_LOGIN_LENGTH, ClientLogin, ClientLoginError, ClientRegistration, LoggedIn, PASSWORD_LENGTH_MAX,
    Registered,
};
pub use server::{
    LOGIN_STATE_LENGTH, LoginState, begin_login, check_ke1, check_record, check_request,
    evaluate_registration, finish_login,
};

/// Length of a registration request: the blinded element.
pub const REQUEST_LENGTH: usize = 32;
/// Length of a registration response: evaluated element, server public key.
pub const RESPONSE_LENGTH: usize = 64;
/// Length of a record: client public key, masking key, envelope.
pub const RECORD_LENGTH: usize = 192;
/// Length of KE1: blinded element, nonce, key share.
pub const KE1_LENGTH: usize = 96;
/// Length of KE2: evaluated element, masking nonce, masked response, nonce,
/// key share, MAC.
pub const KE2_LENGTH: usize = 320;
/// Length of KE3: the client's MAC.
pub const KE3_LENGTH: usize = 64;

/// Names the two ends of the protocol; both must be the same on both sides.
///
/// It has no `Debug`: a vault id is a capability.
#[derive(Clone, Copy)]
pub struct Identities<'a> {
    /// The client's identity: vault id and registration id, 48 bytes.
    pub client: &'a [u8],
    /// The server's identity: the fleet id, 32 bytes.
    pub server: &'a [u8],
}

/// A step of the protocol refused its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpaqueError {
    /// The other side's message, or the caller's argument, is not well formed:
    /// a length, a point or a scalar that does not decode, or the identity.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// The server sent an element back that the client had sent.
    #[error("the server reflected the client's element")]
    Reflected,
    /// KE3 is not the proof that the login expects.
    #[error("the proof of the password does not match")]
    WrongProof,
    /// The device could not stretch the password.
    #[error("the password could not be stretched")]
    Stretching,
}

#[cfg(test)]
mod tests;
