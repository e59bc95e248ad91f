//! The independent party's service: it signs bundles, keeps the public audit log and serves it. The same crate is
//! a witness.
//!
//! Pages: `docs/spec/auditor.md` for folder, sequencing and HTTP, `docs/spec/audit-log.md` for what stands in the
//! log, `docs/spec/key-file.md`.
//!
//! Invariants:
//!
//! - Whatever stops the program, at any point: of one size the log's key signs one root, and what was begun is
//!   ended by the next call.
//! - No signature of the auditor's can be had before the checkpoint over it has enough cosignatures.
//! - A witness answers with a cosignature only after what it cosigns is durable.
//!
//! Absent on purpose: the rules of notes, bundles, trees and proofs (`strongroom-trust`), and TLS: a service
//! stands behind its owner's own TLS proxy. Whatever it serves is signed.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod auditor;
pub mod config;
pub mod evidence;
pub mod key;
pub mod keys;
mod ledger;
pub mod limits;
pub mod log;
mod page;
pub mod plexi;
pub mod service;
pub mod storage;
pub mod web;
pub mod witness;
pub mod witnessing;

pub use ledger::LedgerError;
