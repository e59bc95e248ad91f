//! The untrusted daemon around an HSM: network, disk, clock.
//!
//! A host stores its HSM's ciphertext, carries its frames to other hosts and its answers to
//! clients, and ticks. It is trusted with nothing but liveness: it holds no secret
//! of the fleet, and what it changes or withholds its own HSM notices. Pages: `docs/spec/http.md`,
//! `docs/spec/pipe.md`, `docs/design/store.md`.
//!
//! - [`node`]: a node from its configuration to its end; [`node::run_node`] is what a site runs.
//! - [`founding`]: makes the folders of a new fleet.
//! - [`hsm`]: the HSM's process, and the order of what it wants done.
//! - [`store`]: log, head table and key tree on disk.
//! - `peers`: links to the other hosts.
//! - [`http`]: clients, operators, load balancers; [`accounts`] and [`rates`] keep strangers out.
//! - [`trust`]: the delivery unit and the trust roots that the operator hands out.
//! - [`development_identity`]: tokens for development.
//!
//! Absent on purpose: cryptography of the protocol (`strongroom-crypto`), anything an HSM decides
//! (`strongroom-hsm`), TLS (the operator's proxy).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod accounts;
pub mod development_identity;
#[cfg(test)]
mod fake_hsm;
pub mod founding;
pub mod hsm;
pub mod http;
pub mod limits;
mod meters;
pub mod node;
mod peers;
pub mod process;
pub mod rates;
pub mod store;
pub mod trust;
