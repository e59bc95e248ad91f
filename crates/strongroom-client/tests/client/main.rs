//! The client against a fleet played in one thread: no network, no clock, no HSM.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod air;
mod fake_fleet;
mod fake_node;
mod fake_transport;
mod folder;
#[path = "../../../strongroom-trust/tests/trust/world.rs"]
mod trust_world;

mod client;
mod faults;
mod interruptions;
mod misbehaviour;
mod moving;
mod over_the_air;
mod refusals;
mod retries;
mod revocations;
mod two_views;
mod uncounted;
