//! Trust in a fleet over the air: forms, verification, thieves, the log and the vectors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod admission;
mod delivery;
mod flood;
mod forms;
mod gossip;
mod independent;
mod log;
mod mutations;
mod recovering;
mod roots;
mod thieves;
mod vectors;
mod witness;
mod world;
