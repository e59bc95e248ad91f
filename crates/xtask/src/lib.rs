//! Checks and chores of the workspace: `cargo xtask demo`, `cargo xtask test`, `cargo xtask tidy`.
//!
//! The checks are tests of this crate as well (`tests/tidy.rs`), so that no change passes without
//! them. Page: `CONTRIBUTING.md`.
//!
//! Absent on purpose: anything that a build needs. Plain `cargo build` and `cargo test` work without it.

pub mod chores;
pub mod tidy;
