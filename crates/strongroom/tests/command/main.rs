//! The command from outside: real processes, a real fleet on loopback, real exit codes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, unreachable_pub)]

mod auditor;
mod backups;
mod bundles;
mod ceremony;
mod demo;
mod disks;
mod exits;
mod fleets;
mod load;
mod logs;
mod losses;
mod mishaps;
mod over_the_air;
mod recovery_codes;
mod relay;
mod restic;
mod rotation;
mod secrets;
mod services;
mod trust_world;
mod twice;
mod units;
mod world;
