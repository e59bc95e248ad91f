//! The client of a Strongroom fleet in a browser: [`strongroom_client`] behind a few classes.
//!
//! It is the same client as everywhere, compiled to WebAssembly, so that there is one implementation to audit. Its package
//! for JavaScript is `web/client`; what is called here is called there, in a worker.
//!
//! Invariants:
//!
//! - No secret comes out but what is asked for by name: a recovery code to be shown, the 64-digit key.
//! - Network, clock and time-outs come from the page ([`transport`]); what is believed does not.
//!
//! Absent on purpose: the ceremonies of passkeys, which need the page's window; storage.

#![cfg(target_arch = "wasm32")]

mod client;
mod credential;
mod error;
mod key;
mod passkey;
mod shape;
mod transport;

pub use client::{Changed, Made, Options, Restored, VaultClient};
pub use credential::WebCredential;
pub use key::WebKey;
pub use passkey::{WebPasskey, WebPasskeyOffer};
pub use transport::PageTransport;
