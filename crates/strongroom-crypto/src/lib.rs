//! The one cryptographic suite of Strongroom.
//!
//! Specification: `docs/spec/crypto.md`. Everything above this crate handles
//! bytes: no type of the libraries underneath appears in a public signature,
//! so that each of them can be replaced, and read, in one file.
//!
//! Invariants:
//!
//! - Secret bytes live in [`Secret`] and [`SecretBytes`] only.
//! - Every hash, MAC, key derivation, seal and signature takes a [`Label`]
//!   from the one list in [`labels`], and frames what it covers by length.
//! - Randomness is an argument ([`Rng`]); nothing here reaches for an entropy
//!   source, a clock, a file or a thread.
//! - No input makes a function panic.
//!
//! Absent on purpose: a second suite or any negotiation; the encoding of
//! messages (`strongroom-protocol`); when a guess is counted
//! (`strongroom-hsm`); key stretching in a build for the HSM (the feature
//! `stretching` is for clients).

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

extern crate alloc;

#[cfg(test)]
extern crate std;

pub mod channel;
mod frame;
pub mod hash;
mod hpke_suite;
pub mod kdf;
pub mod kem;
pub mod label;
pub mod opaque;
pub mod owner;
pub mod rng;
pub mod seal;
pub mod secret;
pub mod sign;
pub mod stretching;
pub mod wrap;

#[cfg(test)]
mod vectors;

pub use label::{Label, labels};
pub use rng::{ChaChaRng, Rng};
pub use secret::{Secret, SecretBytes};
