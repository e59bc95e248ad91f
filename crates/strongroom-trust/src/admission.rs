//! The rules by which the auditor signs: what may follow what. Pages: `docs/spec/bundle.md` and
//! `docs/spec/status.md`, "Admission".
//!
//! Pure functions of what was signed before. Whatever an auditor does besides (fetching and
//! checking evidence, appending, waiting for witnesses) lies in its own crate.

mod bundle;
mod history;
mod status;

pub use bundle::{AdmissionError, AdmittedBundle, admit_bundle};
pub use history::History;
pub use status::{KnownRevocation, StatusError, admit_status};
