//! What the `strongroom` command is made of: backups, the demo's sample data and progress bars.
//!
//! The command itself is in `main.rs`; vaults, fleets and keys are in the
//! crates below this one.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod progress;
pub mod repository;
pub mod sample;
