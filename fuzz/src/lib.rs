//! Fuzz targets for everything in Strongroom that reads foreign bytes. Page: `docs/design/fuzzing.md`.
//!
//! A target is a plain function of bytes ([`targets::TARGETS`]). `fuzz_targets/` binds each to libFuzzer,
//! which only the feature `libfuzzer` links; `tests/corpus.rs` runs every one over its committed
//! corpus in any build, so that what was found once stays mended.
//!
//! The HSM's targets play scenes ([`scene`]): real HSMs in one thread, on the world of the HSM's own tests.
//! Those of trust over the air begin from the vectors ([`vectors`]) and the parties of trust's own tests.
//!
//! Absent on purpose: the fuzzers' flags and their running (`cargo xtask fuzz`), and schedules of
//! whole fleets under faults, which the simulator draws.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a target says that a property does not hold"
)]

#[path = "../../crates/strongroom-auditor/tests/auditor/world.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all, reason = "lent by the auditor's tests")]
pub mod auditor_world;
pub mod door;
pub mod home;
pub mod puppet;
pub mod rewrite;
pub mod scene;
pub mod seeds;
#[path = "../../crates/strongroom-auditor/tests/auditor/storage.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all, reason = "lent by the auditor's tests")]
pub mod storage;
pub mod tape;
pub mod targets;
#[path = "../../crates/strongroom-trust/tests/trust/world.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all, reason = "lent by the tests of trust")]
pub mod trust_world;
pub mod twist;
pub mod vectors;
#[path = "../../crates/strongroom-hsm/tests/world/mod.rs"]
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all, reason = "lent by the HSM's tests")]
pub mod world;
