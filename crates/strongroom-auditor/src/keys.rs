//! The keys of an auditor: one for each kind of note, one for the log, one for plexi's signatures. None signs
//! what another does.
//!
//! Keys that are to follow lie beside those in use; which of the two signs is said by the newest trust root, so that
//! nothing has to be switched at one moment. Page: `docs/spec/auditor.md`, "Other keys".

mod next;
mod ring;

pub(crate) use next::settle;
pub use next::{NextKeys, NextKeysError, make_next_keys};
pub(crate) use ring::{KeyRing, KeysInUse};

use crate::{
    key::{KeyFileError, Passphrase, SealedKey, Stretching, TextSigner},
    limits::KEY_FILE_BYTES_MAX,
    plexi::PlexiKey,
    storage::{Storage, StorageError, public},
};
use std::{fmt, str::FromStr, sync::Arc};
use strongroom_crypto::Rng;
use strongroom_trust::{ClaimedNote, KeyName, NoteError, NoteKey, PartyKeys, VkeyError, proposed};

/// What a key of an auditor signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditorKeyKind {
    /// Bundles.
    Bundle,
    /// Status notes.
    Status,
    /// Revocations.
    Revocation,
    /// Checkpoints.
    Log,
    /// What plexi reads.
    Plexi,
}

/// A word names no kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("wants bundle, status, revocation, log or plexi")]
pub struct AuditorKeyKindError;

impl AuditorKeyKind {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Bundle, Self::Status, Self::Revocation, Self::Log, Self::Plexi];

    /// The name of the file, and the last part of the key's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Status => "status",
            Self::Revocation => "revocation",
            Self::Log => "log",
            Self::Plexi => "plexi",
        }
    }
}

impl FromStr for AuditorKeyKind {
    type Err = AuditorKeyKindError;

    fn from_str(word: &str) -> Result<Self, AuditorKeyKindError> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or(AuditorKeyKindError)
    }
}

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
    pub plexi: Arc<PlexiKey>,
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
        for kind in AuditorKeyKind::ALL.map(AuditorKeyKind::word) {
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
            plexi: Arc::new(PlexiKey::new(&open("plexi")?.1)),
        })
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
    sealed_at(storage, &path, kind)?.ok_or(KeysError::Missing(path))
}

fn sealed_at(
    storage: &dyn Storage,
    path: &str,
    kind: &'static str,
) -> Result<Option<SealedKey<1>>, KeysError> {
    let Some(bytes) = storage.read(path, KEY_FILE_BYTES_MAX)? else { return Ok(None) };
    SealedKey::parse(&bytes).map(Some).map_err(|cause| KeysError::Key { kind, cause })
}
