//! The keys of an auditor: one for each kind of note, one for the log, one for plexi's signatures. None signs
//! what another does.

use crate::{
    key::{KeyFileError, Passphrase, SealedKey, Stretching, TextSigner},
    limits::KEY_FILE_BYTES_MAX,
    plexi::PlexiKey,
    storage::{Storage, StorageError, public},
};
use std::{fmt, sync::Arc};
use strongroom_crypto::Rng;
use strongroom_trust::{ClaimedNote, KeyName, NoteError, NoteKey, PartyKeys, VkeyError, proposed};

/// The names of the files, below `private/keys/`, and the last part of the keys' names.
const KINDS: [&str; 5] = ["bundle", "status", "revocation", "log", "plexi"];

/// The public halves, as a trust root needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditorKeys {
    /// The keys of the three kinds of notes.
    pub party: PartyKeys,
    /// The log's key.
    pub log: NoteKey,
    /// The key of plexi's signatures; no trust root names it.
    pub plexi: NoteKey,
}

/// A key with what signs by it.
#[derive(Clone)]
pub struct OwnKey {
    key: NoteKey,
    signer: Arc<dyn TextSigner>,
}

/// All keys of an auditor, opened.
pub struct OpenKeys {
    /// Signs bundles.
    pub bundle: OwnKey,
    /// Signs status notes.
    pub status: OwnKey,
    /// Signs revocations.
    pub revocation: OwnKey,
    /// Signs checkpoints.
    pub log: OwnKey,
    /// Signs what plexi reads.
    pub plexi: PlexiKey,
}

/// Keys cannot be made, read or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A key is missing.
    #[error("{0} is missing")]
    Missing(String),
    /// A key file does not open.
    #[error("the key for {kind}: {cause}")]
    Key {
        /// Which key.
        kind: &'static str,
        /// Why not.
        cause: KeyFileError,
    },
    /// The log's name makes a name of a key too long.
    #[error("the log's name: {0}")]
    Name(#[from] VkeyError),
}

/// The auditor did not sign a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The key is out of order.
    #[error(transparent)]
    Signer(#[from] crate::key::SignerError),
    /// The result is no note.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl AuditorKeys {
    /// Makes new keys for a log of this name and seals them.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn create(
        storage: &dyn Storage,
        origin: &KeyName,
        passphrase: &Passphrase,
        stretching: Stretching,
        rng: &mut dyn Rng,
    ) -> Result<Self, KeysError> {
        for kind in KINDS {
            let key = SealedKey::<1>::generate(name_of(origin, kind)?, passphrase, stretching, rng)
                .map_err(|cause| KeysError::Key { kind, cause })?;
            storage.replace(&path_of(kind), key.to_string().as_bytes())?;
        }
        let keys = Self::read(storage)?;
        storage.replace(&public("keys"), keys.to_string().as_bytes())?;
        Ok(keys)
    }

    /// Reads the public halves; no passphrase is needed.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn read(storage: &dyn Storage) -> Result<Self, KeysError> {
        let key = |kind| sealed(storage, kind).map(|sealed| sealed.key().clone());
        Ok(Self {
            party: PartyKeys {
                bundle: key("bundle")?,
                status: key("status")?,
                revocation: key("revocation")?,
            },
            log: key("log")?,
            plexi: key("plexi")?,
        })
    }
}

/// The lines of a trust root that name them.
impl fmt::Display for AuditorKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PartyKeys { bundle, status, revocation } = &self.party;
        write!(f, "auditor bundle {bundle}\nauditor status {status}\nauditor revocation {revocation}\n")?;
        writeln!(f, "log {}", self.log)
    }
}

impl OpenKeys {
    /// Opens all keys by one passphrase.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn open(storage: &dyn Storage, passphrase: &Passphrase) -> Result<Self, KeysError> {
        let open = |kind| {
            let sealed = sealed(storage, kind)?;
            let secret = sealed.open(passphrase).map_err(|cause| KeysError::Key { kind, cause })?;
            Ok::<_, KeysError>((sealed.key().clone(), secret))
        };
        let own = |kind| open(kind).map(|(key, secret)| OwnKey::new(key, Arc::new(secret)));
        Ok(Self {
            bundle: own("bundle")?,
            status: own("status")?,
            revocation: own("revocation")?,
            log: own("log")?,
            plexi: PlexiKey::new(&open("plexi")?.1),
        })
    }

    /// The public halves that a trust root names.
    pub fn party(&self) -> PartyKeys {
        PartyKeys {
            bundle: self.bundle.key.clone(),
            status: self.status.key.clone(),
            revocation: self.revocation.key.clone(),
        }
    }
}

impl OwnKey {
    /// Joins a key with what signs by it.
    pub fn new(key: NoteKey, signer: Arc<dyn TextSigner>) -> Self {
        Self { key, signer }
    }

    /// The public half.
    pub fn key(&self) -> &NoteKey {
        &self.key
    }

    pub(crate) fn signer(&self) -> Arc<dyn TextSigner> {
        self.signer.clone()
    }

    /// Puts this key's line under a text.
    pub(crate) fn sign(&self, text: &str) -> Result<ClaimedNote, SigningError> {
        Ok(proposed(text, self.signer.line(&self.key, text)?)?)
    }
}

/// The log's key bears the log's name; the others stand beside it.
fn name_of(origin: &KeyName, kind: &str) -> Result<KeyName, VkeyError> {
    if kind == "log" {
        return Ok(origin.clone());
    }
    let base = origin.as_str().strip_suffix("/log").unwrap_or(origin.as_str());
    format!("{base}/{kind}").parse()
}

fn path_of(kind: &str) -> String {
    format!("private/keys/{kind}")
}

fn sealed(storage: &dyn Storage, kind: &'static str) -> Result<SealedKey<1>, KeysError> {
    let path = path_of(kind);
    let bytes = storage.read(&path, KEY_FILE_BYTES_MAX)?.ok_or(KeysError::Missing(path))?;
    SealedKey::parse(&bytes).map_err(|cause| KeysError::Key { kind, cause })
}
