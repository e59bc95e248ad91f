//! The snapshots of a repository.

use rustic_core::repofile::{SnapshotFile, SnapshotId};
use rustic_core::{OpenStatus, Repository as RusticRepository};
use serde::Serialize;

use super::{Repository, RepositoryError};
use crate::progress::Progress;

/// What asks for the latest snapshot by name.
const LATEST: &str = "latest";

/// One snapshot, as a list of them shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotSummary {
    /// The id, 64 hexadecimal digits; any unique beginning names it too.
    pub id: String,
    /// When it was made, in UTC as RFC 3339 writes it.
    pub time: String,
    /// The host that made it.
    pub host: String,
    /// The folders that it was made of.
    pub paths: Vec<String>,
    /// Files and links in it, where the program that made it counted them.
    pub files: Option<u64>,
    /// Bytes in its files, where the program that made it counted them.
    pub bytes: Option<u64>,
}

/// A snapshot with its id, which the file itself does not hold.
pub(super) struct Found {
    pub(super) id: SnapshotId,
    pub(super) file: SnapshotFile,
}

impl Found {
    pub(super) fn id_in_hex(&self) -> String {
        self.id.to_hex().as_str().to_owned()
    }

    pub(super) fn bytes(&self) -> Option<u64> {
        let figures = self.file.summary.as_ref()?;
        Some(figures.total_bytes_processed)
    }
}

pub(super) fn list(repository: &Repository) -> Result<Vec<SnapshotSummary>, RepositoryError> {
    let session = repository.session(&Progress::silent(), "")?;
    let found = all(repository, &session)?;
    Ok(found.iter().map(summarise).collect())
}

/// Finds the snapshot that `wanted` names, or else the latest.
///
/// Where one snapshot is damaged nobody can say which is the latest, so the
/// latest is refused then; by its id each good one can still be had.
pub(super) fn find(
    repository: &Repository,
    session: &RusticRepository<OpenStatus>,
    wanted: Option<&str>,
) -> Result<Found, RepositoryError> {
    match wanted {
        None | Some(LATEST) => all(repository, session)?
            .pop()
            .ok_or_else(|| RepositoryError::NoSnapshot { location: repository.location.to_string() }),
        Some(beginning) => by_beginning(repository, session, beginning),
    }
}

fn by_beginning(
    repository: &Repository,
    session: &RusticRepository<OpenStatus>,
    beginning: &str,
) -> Result<Found, RepositoryError> {
    let mut matching = ids(repository, session)?;
    matching.retain(|id| id.to_hex().as_str().starts_with(beginning));
    let (location, wanted) = (repository.location.to_string(), beginning.to_owned());
    match matching.as_slice() {
        _ if beginning.is_empty() => Err(RepositoryError::UnknownSnapshot { location, wanted }),
        [] => Err(RepositoryError::UnknownSnapshot { location, wanted }),
        [id] => read(repository, session, *id),
        [..] => Err(RepositoryError::AmbiguousSnapshot { location, wanted }),
    }
}

/// Reads all snapshots, the oldest first.
pub(super) fn all(
    repository: &Repository,
    session: &RusticRepository<OpenStatus>,
) -> Result<Vec<Found>, RepositoryError> {
    let mut found = ids(repository, session)?
        .into_iter()
        .map(|id| read(repository, session, id))
        .collect::<Result<Vec<_>, _>>()?;
    found.sort_by(|a, b| a.file.time.cmp(&b.file.time).then(a.id.cmp(&b.id)));
    Ok(found)
}

fn ids(
    repository: &Repository,
    session: &RusticRepository<OpenStatus>,
) -> Result<Vec<SnapshotId>, RepositoryError> {
    let listed = session.list().map_err(|e| repository.fault(&e))?;
    Ok(listed.collect())
}

fn read(
    repository: &Repository,
    session: &RusticRepository<OpenStatus>,
    id: SnapshotId,
) -> Result<Found, RepositoryError> {
    let file = session.get_file::<SnapshotFile>(&id).map_err(|e| repository.fault(&e))?;
    Ok(Found { id, file })
}

fn summarise(found: &Found) -> SnapshotSummary {
    SnapshotSummary {
        id: found.id_in_hex(),
        time: found.file.time.timestamp().to_string(),
        host: found.file.hostname.clone(),
        paths: found.file.paths.iter().cloned().collect(),
        files: found.file.summary.as_ref().map(|s| s.total_files_processed),
        bytes: found.bytes(),
    }
}
