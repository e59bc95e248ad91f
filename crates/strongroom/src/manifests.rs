//! Where the manifests are that a proposed bundle names: a file, a folder of files, or a web server.

use crate::{error::CommandError, files::read_at_most};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use strongroom_auditor::{
    evidence::{Evidence, EvidenceUrl},
    limits::MANIFEST_BYTES_MAX,
    web::WebClient,
};
use strongroom_protocol::ids::{Digest, FleetId};
use strongroom_trust::{ClaimedNote, text_digest};

/// Files of a folder that are looked at.
const FILES_MAX: usize = 1000;

/// Where manifests are looked for.
pub enum Manifests {
    /// Nowhere: every manifest stands in the log already.
    Nowhere,
    /// A file, or a folder whose files may have any names.
    Files(PathBuf),
    /// A web server, at a prefix and the digest in hex.
    Web(EvidenceUrl),
}

impl Manifests {
    /// Takes a file, a folder or a URL, or none of them.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn at(place: Option<&str>) -> Result<Self, CommandError> {
        let Some(place) = place else { return Ok(Self::Nowhere) };
        if !place.starts_with("http://") && !place.starts_with("https://") {
            return Ok(Self::Files(place.into()));
        }
        let client = WebClient::new().map_err(|error| CommandError::other(format!("{error}.")))?;
        Ok(Self::Web(EvidenceUrl { prefix: place.into(), client }))
    }
}

impl Evidence for Manifests {
    fn manifest(&self, fleet: FleetId, digest: Digest) -> Result<Vec<u8>, String> {
        match self {
            Self::Nowhere => Err("nobody said where it is (--evidence)".into()),
            Self::Files(path) => among_files(path, digest),
            Self::Web(web) => web.manifest(fleet, digest),
        }
    }
}

fn among_files(path: &Path, digest: Digest) -> Result<Vec<u8>, String> {
    let files = files(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if files.len() > FILES_MAX {
        return Err(format!("{} holds more than {FILES_MAX} files", path.display()));
    }
    let found = files.iter().filter_map(|file| read_at_most(file, MANIFEST_BYTES_MAX).ok());
    let mut found = found.filter(|bytes| digest_of(bytes) == Some(digest));
    found.next().ok_or_else(|| format!("no signed note in {} has this digest", path.display()))
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let entries = fs::read_dir(path)?.take(FILES_MAX.saturating_add(1));
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.is_file()).collect())
}

fn digest_of(bytes: &[u8]) -> Option<Digest> {
    let note = ClaimedNote::parse(bytes, MANIFEST_BYTES_MAX).ok()?;
    Some(text_digest(note.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLEET: FleetId = FleetId::new([7; 32]);

    #[test]
    fn a_manifest_is_found_by_its_digest_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust/roots/quorum-2.txt");
        let bytes = fs::read(golden).unwrap();
        let digest = digest_of(&bytes).unwrap();
        fs::write(folder.path().join("other"), "no note\n").unwrap();
        let place = folder.path().to_str().unwrap();
        let looked = |place: Option<&str>| Manifests::at(place).unwrap().manifest(FLEET, digest);
        assert!(looked(Some(place)).unwrap_err().contains("has this digest"));
        fs::write(folder.path().join("manifest.note"), &bytes).unwrap();
        assert_eq!(looked(Some(place)).unwrap(), bytes);
        let file = folder.path().join("manifest.note");
        assert_eq!(looked(file.to_str()).unwrap(), bytes);
        assert!(looked(None).unwrap_err().contains("--evidence"));
        assert!(looked(Some("/nowhere")).is_err());
    }
}
