//! Auditor and witness, on storage in memory and on disk, and over HTTP on loopback.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod disk;
mod http;
mod independent;
mod killed;
mod life;
mod log;
mod refusals;
mod rotation;
mod storage;
mod witness;
mod world;
