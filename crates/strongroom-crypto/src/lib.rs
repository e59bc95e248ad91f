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
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

extern crate alloc;

#[cfg(any(test, strongroom_sim))]
extern crate std;

/// Turns a function to its stand-in where a simulation has switched it on; nothing in every other build.
macro_rules! stand_in {
    ($instead:expr) => {
        #[cfg(strongroom_sim)]
        if crate::stand_in::is_on() {
            return $instead;
        }
    };
}

pub mod channel;
mod frame;
pub mod hash;
#[cfg_attr(strongroom_sim, path = "stand_in/hpke_suite.rs")]
mod hpke_suite;
pub mod kdf;
pub mod kem;
pub mod label;
pub mod note;
pub mod opaque;
pub mod owner;
pub mod rng;
pub mod seal;
pub mod secret;
pub mod sign;
#[cfg(strongroom_sim)]
pub mod stand_in;
pub mod stretching;
pub mod wrap;

#[cfg(test)]
mod replay;
#[cfg(test)]
mod vectors;

pub use label::{Label, labels};
pub use rng::{ChaChaRng, Rng};
pub use secret::{Secret, SecretBytes};

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::marker::PhantomData;

    /// Answers `true` where `T` has the trait: the inherent constant, where
    /// its bound holds, hides the other.
    macro_rules! has {
        ($type:ty: $trait:path) => {{
            struct Probe<T: ?Sized>(#[allow(dead_code)] PhantomData<T>);
            #[allow(dead_code)]
            trait Otherwise {
                const HAS: bool = false;
            }
            impl<T: ?Sized> Otherwise for Probe<T> {}
            #[allow(dead_code)]
            impl<T: ?Sized + $trait> Probe<T> {
                const HAS: bool = true;
            }
            <Probe<$type>>::HAS
        }};
    }

    #[test]
    fn no_type_that_holds_a_secret_can_be_printed_or_cloned() {
        macro_rules! check {
            ($($type:ty),* $(,)?) => {$(
                assert!(!has!($type: Debug), "{} has Debug", stringify!($type));
                assert!(!has!($type: std::fmt::Display), "{} has Display", stringify!($type));
                assert!(!has!($type: Clone), "{} has Clone", stringify!($type));
                assert!(!has!($type: PartialEq), "{} has PartialEq", stringify!($type));
            )*};
        }
        check!(
            crate::Secret<32>,
            crate::SecretBytes,
            crate::ChaChaRng,
            crate::channel::ChannelKeyPair,
            crate::channel::ClientContext,
            crate::channel::HsmContext,
            crate::kem::HandshakeKeyPair,
            crate::opaque::ClientLogin,
            crate::opaque::ClientRegistration,
            crate::opaque::LoggedIn,
            crate::opaque::LoginState,
            crate::opaque::Registered,
            crate::sign::SigningKey,
        );
        assert!(!has!(crate::opaque::Identities<'static>: Debug));
        assert!(has!(crate::Label: Debug), "the probe itself works");
    }
}
