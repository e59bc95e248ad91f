//! An identity provider for development: one Ed25519 key in a file, and tokens for whoever asks.
//!
//! Whoever can read the folder can name itself any account. A fleet in service
//! takes its operator's own identity provider instead.

use crate::limits::ACCOUNT_BYTES_MAX;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde::Serialize;
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use strongroom_protocol::ids::{hex, unhex};

/// The issuer of development tokens.
pub const ISSUER: &str = "https://identity.strongroom.invalid";
/// The audience of development tokens.
pub const AUDIENCE: &str = "strongroom";
/// The key's id.
const KEY_ID: &str = "development";
/// The secret key, hex.
const KEY_FILE: &str = "key.hex";
/// The public key, JWKS.
const JWKS_FILE: &str = "jwks.json";

/// Why the development identity provider does not work.
#[derive(Debug, thiserror::Error)]
pub enum DevelopmentIdentityError {
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The key file is damaged.
    #[error("{} is no key: 64 hex digits are expected", path.display())]
    Key {
        /// The file.
        path: PathBuf,
    },
    /// No randomness can be had.
    #[error("the system gives no randomness: {0}")]
    Randomness(getrandom::Error),
    /// The account's name cannot be used.
    #[error("an account's name has 1 to {ACCOUNT_BYTES_MAX} bytes")]
    Account,
}

/// A development identity provider.
pub struct DevelopmentIdentity {
    folder: PathBuf,
    key: SigningKey,
}

#[derive(Serialize)]
struct Header {
    alg: &'static str,
    kid: &'static str,
    typ: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'static str,
    sub: &'a str,
    iat: u64,
    exp: u64,
}

impl DevelopmentIdentity {
    /// Makes a new key in `folder`, readable by its owner only, and the JWKS beside it.
    ///
    /// # Errors
    /// There is a key already, or the folder cannot be written.
    pub fn create(folder: &Path) -> Result<Self, DevelopmentIdentityError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(DevelopmentIdentityError::Randomness)?;
        let identity = Self { folder: folder.to_path_buf(), key: SigningKey::from_bytes(&seed) };
        fs::create_dir_all(folder).map_err(file_error(folder))?;
        write_new(&folder.join(KEY_FILE), hex(&seed).as_bytes(), 0o600)?;
        write_new(&identity.jwks_path(), identity.jwks().as_bytes(), 0o644)?;
        Ok(identity)
    }

    /// Opens the one in `folder`.
    ///
    /// # Errors
    /// There is none, or its key is damaged.
    pub fn open(folder: &Path) -> Result<Self, DevelopmentIdentityError> {
        let path = folder.join(KEY_FILE);
        let text = fs::read_to_string(&path).map_err(file_error(&path))?;
        let seed = unhex::<32>(text.trim()).ok_or(DevelopmentIdentityError::Key { path })?;
        Ok(Self { folder: folder.to_path_buf(), key: SigningKey::from_bytes(&seed) })
    }

    /// The file that nodes read the public key from.
    pub fn jwks_path(&self) -> PathBuf {
        self.folder.join(JWKS_FILE)
    }

    /// Makes a token for an account.
    ///
    /// # Errors
    /// The account's name is empty or too long.
    pub fn token(&self, account: &str, lifetime: Duration) -> Result<String, DevelopmentIdentityError> {
        if account.is_empty() || account.len() > ACCOUNT_BYTES_MAX {
            return Err(DevelopmentIdentityError::Account);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let exp = now.saturating_add(lifetime.as_secs());
        let header = Header { alg: "EdDSA", kid: KEY_ID, typ: "JWT" };
        let claims = Claims { iss: ISSUER, aud: AUDIENCE, sub: account, iat: now, exp };
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }

    fn jwks(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes());
        serde_json::json!({
            "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID, "x": x }]
        })
        .to_string()
    }
}

/// One part of a token. What is encoded here are strings and numbers, which always encode.
fn part(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), DevelopmentIdentityError> {
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(file_error(path))
}

fn file_error(path: &Path) -> impl FnOnce(io::Error) -> DevelopmentIdentityError + use<> {
    let path = path.to_path_buf();
    move |cause| DevelopmentIdentityError::File { path, cause }
}
