//! A small model of a fleet: spend, commit, anchor, restart and rollback. Page: `docs/design/model.md`.
//!
//! `stateright` visits every state within [`Bounds`] and holds it against the [`properties`].
//! Each [`Mutation`] takes one rule away; a checker that does not find it would prove nothing.
//!
//! Absent on purpose: bytes, keys, time. What else is left out stands on the page.

#![allow(clippy::arithmetic_side_effects, reason = "small numbers within bounds, and no trusted code")]

pub mod action;
mod batch;
pub mod bounds;
mod consensus;
pub mod fleet;
mod forget;
pub mod log;
pub mod mutation;
pub mod properties;
pub mod rules;
pub mod state;
mod symmetry;

pub use action::{Action, Asked, FoundDisk};
pub use bounds::Bounds;
pub use fleet::Fleet;
pub use mutation::Mutation;
