//! The judge: a deterministic simulator of whole fleets in hostile hands.
//!
//! It runs real HSMs (the production `step`, consensus, key tree and channel) and the real flows of clients, in one
//! thread, driven by one 64-bit seed; hosts, disks, network, clock and platform memory are its own. [`run::run`]
//! plays one seed under the eyes of the [`checkers`]; the program of the same name plays many.
//!
//! Invariants:
//! - The same seed and the same code give the same trace hash, on any machine and in any build: nothing here asks a
//!   clock, a thread's generator, or the order of a hash map.
//! - Platform memory is trusted, as in the model: it may be slow, and a power loss may tear one of its two copies.
//! - Checkers stand outside the code under test and are never weakened for its sake.
//!
//! Absent on purpose: any change to how production code works. Where it would have to differ under simulation, it is
//! the production code that is wrong.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a judge that finds itself broken must stop loudly, and not judge on"
)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod checker;
pub mod checkers;
pub mod corpus;
pub mod coverage;
mod device;
pub mod disk;
mod event;
pub mod fault;
mod flows;
pub mod machine;
pub mod moment;
pub mod names;
pub mod observation;
pub mod operation;
pub mod plan;
#[cfg(strongroom_sim)]
pub mod planted;
pub mod random;
pub mod run;
pub mod shrink;
pub mod trace;
pub mod truth;
pub mod view;
pub mod world;
