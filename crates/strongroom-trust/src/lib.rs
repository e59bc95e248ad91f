//! What clients and auditors verify before they believe a fleet.
//!
//! Three questions, each with its page: which fleet is meant ([`Pin`],
//! `docs/spec/pin.md`), whether a node speaks for it ([`ClaimedNodeKeys`],
//! `docs/spec/keys.md`), and how the fleet was founded ([`genesis`],
//! `docs/spec/genesis.md`).
//!
//! Invariants:
//!
//! - A [`VerifiedFleet`] comes from a [`TrustSource`] only, [`VerifiedNodeKeys`] and
//!   [`genesis::VerifiedGenesis`] from their verification only, which consumes the claim.
//! - Nothing here reads a clock, a file or the network.
//! - What is parsed from text gives the same bytes again, or it is refused.
//!
//! Absent on purpose: sending anything (`strongroom-client`), and what makes an
//! attestation believable, which belongs to the platforms.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod endpoint;
mod fleet;
pub mod genesis;
pub mod limits;
pub mod lines;
mod node_keys;
mod pin;

pub use endpoint::{Endpoint, EndpointError};
pub use fleet::{TrustSource, VerifiedFleet};
pub use genesis::{GenesisError, VerifiedGenesis, fleet_id, verify_genesis_statement};
pub use node_keys::{ClaimedNodeKeys, NodeKeysError, VerifiedNodeKeys};
pub use pin::{EndpointsError, Pin, PinError};
