//! Every rule of the vault as a fact, and a model of the budget that long random sequences are held against.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod changes;
mod encoding;
mod guesses;
mod model;
mod owners;
mod reads;
mod uploads;
mod world;
