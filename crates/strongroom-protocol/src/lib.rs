//! The words of Strongroom: ids, limits and every message that crosses a
//! boundary, in one canonical encoding.
//!
//! Client, peer and host messages live apart ([`client`], [`peer`], [`pipe`]),
//! because they are read by different parties with different trust. Every
//! structure is written in the presentation language of TLS (RFC 8446,
//! section 3): fixed-length integers, big-endian, and vectors behind a length.
//! There is one encoding of each value; whatever is truncated, too long,
//! unknown or followed by anything is refused. Pages: `docs/spec/`.
//!
//! Absent on purpose: cryptography (`strongroom-crypto`), any I/O, any
//! default value for a missing field.
#![no_std]

extern crate alloc;

pub mod bytes;
pub mod client;
pub mod codec;
pub mod frame;
pub mod genesis;
pub mod ids;
pub mod keys;
pub mod limits;
pub mod peer;
pub mod pipe;

pub use codec::{DecodeError, Wire, decode, encode};
