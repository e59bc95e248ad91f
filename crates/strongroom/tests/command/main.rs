//! The command from outside: real processes, a real fleet on loopback, real exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod backups;
mod demo;
mod exits;
mod fleets;
mod restic;
mod secrets;
mod world;
