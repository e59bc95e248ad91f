//! Checks and chores of the workspace: `cargo xtask demo`, `measure`, `test` and `tidy`.
//!
//! The checks are tests of this crate as well (`tests/tidy.rs`), so that no change passes without
//! them. Page: `CONTRIBUTING.md`.
//!
//! Absent on purpose: anything that a build needs. Plain `cargo build` and `cargo test` work without it.

pub mod chores;
pub mod fuzz;
pub mod measure;
pub mod planted;
pub mod sim;
pub mod tidy;
pub mod web;
