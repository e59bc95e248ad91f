//! What the operator puts into a node's folder for clients that trust over the air. Pages: `docs/spec/http.md`,
//! `docs/spec/delivery.md`.
//!
//! Two files in the folder [`TRUST_FOLDER`], each replaced by rename: the delivery unit and the trust roots. They are
//! looked at with every request, so that a new one is served at once.
//!
//! Absent on purpose: any verification. Clients believe a unit by its signatures; the host reads of it only what
//! its meters show, and refuses what no client could read.

mod file;
mod roots;
mod sections;
mod unit;

pub(crate) use file::Paper;
pub(crate) use unit::Unit;

use crate::limits::{TRUST_ROOTS_BYTES_MAX, TRUST_UNIT_BYTES_MAX};
use file::WatchedFile;
use roots::Roots;
use std::{path::Path, sync::Arc};

/// Where a node's folder holds what clients that trust over the air ask for.
pub const TRUST_FOLDER: &str = "trust";
/// The delivery unit, in that folder (`docs/spec/delivery.md`).
pub const UNIT_FILE: &str = "unit";
/// The trust roots that follow from the first, in that folder (`docs/spec/trust-root.md`, "Following").
pub const ROOTS_FILE: &str = "roots";

/// The two files of one node.
pub(crate) struct TrustFiles {
    unit: WatchedFile<Unit>,
    roots: WatchedFile<Roots>,
}

impl TrustFiles {
    /// Takes the node's folder; what lies in it is read when it is asked for.
    pub(crate) fn new(node_folder: &Path) -> Self {
        let folder = node_folder.join(TRUST_FOLDER);
        Self {
            unit: WatchedFile::new(folder.join(UNIT_FILE), TRUST_UNIT_BYTES_MAX, Unit::read),
            roots: WatchedFile::new(folder.join(ROOTS_FILE), TRUST_ROOTS_BYTES_MAX, Roots::read),
        }
    }

    /// The delivery unit as it lies there now; one that is damaged leaves the one before.
    pub(crate) fn unit(&self) -> Option<Arc<Unit>> {
        self.unit.current()
    }

    /// The trust roots after a version.
    pub(crate) fn roots_after(&self, version: u64) -> Option<Paper> {
        self.roots.current().map(|roots| roots.after(version))
    }
}
