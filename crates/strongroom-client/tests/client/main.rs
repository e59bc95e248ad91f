//! The client against a fleet played in one thread: no network, no clock, no HSM.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod fake_fleet;
mod fake_node;
mod fake_transport;
mod folder;

mod client;
mod faults;
mod interruptions;
mod misbehaviour;
mod retries;
