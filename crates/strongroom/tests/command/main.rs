//! The command from outside: real processes, a real fleet on loopback, real exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod backups;
mod demo;
mod disks;
mod exits;
mod fleets;
mod load;
mod losses;
mod mishaps;
mod relay;
mod restic;
mod secrets;
mod twice;
mod world;
