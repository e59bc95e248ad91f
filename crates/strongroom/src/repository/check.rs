//! Checking that everything a snapshot refers to can be had.

use rustic_core::CheckOptions;
use serde::Serialize;

use super::error::named;
use super::{Repository, RepositoryError, limits, snapshots};
use crate::progress::Progress;

/// What a check found in a repository without damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CheckSummary {
    /// Snapshots whose every byte was read and is what was stored.
    pub snapshots: u64,
    /// Oddities that lose nothing, such as packs that no snapshot refers to.
    pub warnings: u64,
}

pub(super) fn run(repository: &Repository, progress: &Progress) -> Result<CheckSummary, RepositoryError> {
    let session = repository.session(progress, "checking")?;
    let snapshots = snapshots::all(repository, &session)?.len();
    let results = session.check(CheckOptions::default().read_data(true)).map_err(|e| repository.fault(&e))?;
    let findings = u64::try_from(results.0.len()).unwrap_or(u64::MAX);
    if results.is_ok().is_err() {
        let shown = results.0.iter().take(limits::NAMED_PATHS_MAX);
        let first: Vec<_> = shown.map(|(_, finding)| finding.to_string()).collect();
        return Err(RepositoryError::damaged(&repository.location, named(&first, findings)));
    }
    Ok(CheckSummary { snapshots: u64::try_from(snapshots).unwrap_or(u64::MAX), warnings: findings })
}
