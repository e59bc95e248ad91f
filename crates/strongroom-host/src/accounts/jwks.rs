//! The public keys of the identity provider, a JWKS (RFC 7517, RFC 8037), and a file of them that is read again when it changes.

use crate::limits::{JWKS_BYTES_MAX, JWKS_KEYS_MAX, JWKS_LOOK_INTERVAL};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime},
};

/// Why the keys of the identity provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JwksError {
    /// The file cannot be read.
    #[error("{} cannot be read ({cause}). Put the identity provider's JWKS there, or name another file in node.toml", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is no JWKS.
    #[error("{}: {cause}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: KeysError,
    },
    /// The system gives no TLS, so that no key can be fetched.
    #[error("no TLS for fetching the identity provider's keys: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why a text gives no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It is no JWKS.
    #[error("this is no JWKS: {0}")]
    Malformed(String),
    /// No key in it can be used.
    #[error("it holds no key of a known kind: Ed25519 (EdDSA) or P-256 (ES256), for signatures")]
    NoKey,
}

/// Any JWKS; its keys are looked at one by one, so that an unknown kind spoils no other.
#[derive(Deserialize)]
struct ClaimedKeys {
    keys: Vec<serde_json::Value>,
}

/// A key that tokens may be signed with, and the one algorithm for it.
pub(super) struct TrustedKey {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl TrustedKey {
    /// Whether a token that names this key id, or none, may be this key's.
    pub(super) fn may_have_signed(&self, key_id: Option<&str>) -> bool {
        match (key_id, &self.id) {
            (Some(named), Some(id)) => named == id,
            _ => true,
        }
    }

    /// Takes a key of a kind that is known here, meant for signatures.
    fn of(jwk: &Jwk) -> Option<Self> {
        if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
            return None;
        }
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
                Algorithm::EdDSA
            }
            AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => {
                Algorithm::ES256
            }
            _ => return None,
        };
        if let Some(named) = jwk.common.key_algorithm {
            let known = [(KeyAlgorithm::EdDSA, Algorithm::EdDSA), (KeyAlgorithm::ES256, Algorithm::ES256)];
            known.contains(&(named, algorithm)).then_some(())?;
        }
        Some(Self { id: jwk.common.key_id.clone(), algorithm, key: DecodingKey::from_jwk(jwk).ok()? })
    }
}

/// What is known of the file.
struct Edition {
    number: u64,
    keys: Arc<Vec<TrustedKey>>,
    changed: Option<(SystemTime, u64)>,
    looked: Instant,
}

/// A file of keys that is read again when it changes.
pub(super) struct JwksFile {
    path: PathBuf,
    edition: Mutex<Edition>,
}

impl JwksFile {
    /// Reads the file for the first time.
    pub(super) fn open(path: &Path) -> Result<Self, JwksError> {
        let changed = last_change(path);
        let keys = Arc::new(read(path)?);
        let edition = Edition { number: 1, keys, changed, looked: Instant::now() };
        Ok(Self { path: path.to_path_buf(), edition: Mutex::new(edition) })
    }

    /// The keys as they stand, and the number of the edition they are from.
    ///
    /// A file that has become unreadable leaves the keys as they were.
    pub(super) fn current(&self) -> (u64, Arc<Vec<TrustedKey>>) {
        let mut edition = self.edition.lock().unwrap_or_else(PoisonError::into_inner);
        if edition.looked.elapsed() >= JWKS_LOOK_INTERVAL {
            edition.looked = Instant::now();
            let changed = last_change(&self.path);
            if changed != edition.changed {
                edition.changed = changed;
                self.read_again(&mut edition);
            }
        }
        (edition.number, edition.keys.clone())
    }

    fn read_again(&self, edition: &mut Edition) {
        match read(&self.path) {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "the identity provider's keys were read again");
                edition.number += 1;
                edition.keys = Arc::new(keys);
            }
            Err(cause) => tracing::warn!(%cause, "the identity provider's keys stay as they were"),
        }
    }
}

/// When a file was changed, and how long it is.
fn last_change(path: &Path) -> Option<(SystemTime, u64)> {
    let facts = std::fs::metadata(path).ok()?;
    Some((facts.modified().ok()?, facts.len()))
}

fn read(path: &Path) -> Result<Vec<TrustedKey>, JwksError> {
    let unreadable = |cause| JwksError::Unreadable { path: path.to_path_buf(), cause };
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(unreadable)?
        .take(JWKS_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    parse(&bytes).map_err(|cause| JwksError::Unusable { path: path.to_path_buf(), cause })
}

/// Takes the keys that can be used out of a JWKS; at least one must be there.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<TrustedKey>, KeysError> {
    if bytes.len() as u64 > JWKS_BYTES_MAX {
        return Err(KeysError::Malformed(format!("more than {JWKS_BYTES_MAX} bytes")));
    }
    let claimed: ClaimedKeys =
        serde_json::from_slice(bytes).map_err(|cause| KeysError::Malformed(cause.to_string()))?;
    let known =
        claimed.keys.into_iter().take(JWKS_KEYS_MAX).filter_map(|key| serde_json::from_value(key).ok());
    let keys: Vec<_> = known.filter_map(|key: Jwk| TrustedKey::of(&key)).collect();
    if keys.is_empty() { Err(KeysError::NoKey) } else { Ok(keys) }
}
