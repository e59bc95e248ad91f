//! The copy of fetched keys on the node's own disk, so that a restart needs no provider.

use super::source::JwksUrl;
use crate::limits::JWKS_KEPT_BYTES_MAX;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// The copy's name in the node's folder, beside the store.
const KEPT_FILE: &str = "identity-keys.json";

/// The file of the copy.
pub(super) struct KeptKeys {
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    /// Where the keys were fetched; keys of another provider are not taken.
    from: String,
    jwks: Box<RawValue>,
}

impl KeptKeys {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join(KEPT_FILE) }
    }

    /// The JWKS that was kept of this very URL; none where there is none or it is damaged.
    pub(super) fn read(&self, url: &JwksUrl) -> Option<Vec<u8>> {
        let bytes = match read_bounded(&self.path) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return None,
            Err(cause) => {
                tracing::warn!(path = %self.path.display(), %cause, "the kept keys of the identity provider cannot be read");
                return None;
            }
        };
        match serde_json::from_slice::<Contents>(&bytes) {
            Ok(kept) if kept.from == url.to_string() => Some(kept.jwks.get().as_bytes().to_vec()),
            Ok(_) => {
                tracing::warn!(path = %self.path.display(), "the kept keys are of another identity provider and are left out");
                None
            }
            Err(cause) => {
                tracing::warn!(path = %self.path.display(), %cause, "the kept keys of the identity provider are damaged");
                None
            }
        }
    }

    /// Replaces the copy. A node that cannot keep one goes on without it and says so.
    pub(super) fn write(&self, url: &JwksUrl, jwks: &[u8]) {
        if let Err(cause) = self.replace(url, jwks) {
            tracing::warn!(path = %self.path.display(), %cause, "the identity provider's keys cannot be kept for a restart");
        }
    }

    fn replace(&self, url: &JwksUrl, jwks: &[u8]) -> io::Result<()> {
        let contents = Contents { from: url.to_string(), jwks: serde_json::from_slice(jwks)? };
        let aside = self.path.with_extension("new");
        let mut file = File::create(&aside)?;
        file.write_all(&serde_json::to_vec(&contents)?)?;
        file.sync_all()?;
        fs::rename(&aside, &self.path)
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(JWKS_KEPT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > JWKS_KEPT_BYTES_MAX {
        let cause = format!("more than {JWKS_KEPT_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, cause));
    }
    Ok(bytes)
}
