//! Keys that are to follow those in use: made beside them, and put in their place once a trust root names them.

use super::{AuditorKeyKind, AuditorKeys, KeysError, OwnKey, path_of, sealed, sealed_at};
use crate::{
    key::{Passphrase, SealedKey},
    plexi::PlexiKey,
    storage::{Storage, StorageError, public},
};
use std::sync::Arc;
use strongroom_crypto::Rng;
use strongroom_trust::{NoteKey, TrustRoot, limits::NOTE_BYTES_MAX};

/// The lines of the trust root that is to name them.
const PUBLIC: &str = "next-keys";

/// Keys that wait until a trust root names them.
#[derive(Default)]
pub struct NextKeys {
    /// Is to sign bundles.
    pub bundle: Option<OwnKey>,
    /// Is to sign status notes.
    pub status: Option<OwnKey>,
    /// Is to sign revocations.
    pub revocation: Option<OwnKey>,
    /// Is to sign checkpoints.
    pub log: Option<OwnKey>,
    /// Is to sign what plexi reads.
    pub plexi: Option<Arc<PlexiKey>>,
}

/// Keys that are to follow are not made.
#[derive(Debug, thiserror::Error)]
pub enum NextKeysError {
    /// The keys in use cannot be read, or do not open by this passphrase.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// One waits already.
    #[error("a new key for {} waits already for its trust root", .0.word())]
    Waiting(AuditorKeyKind),
}

impl From<StorageError> for NextKeysError {
    fn from(error: StorageError) -> Self {
        Self::Keys(error.into())
    }
}

/// Makes keys that are to follow those in use, of the same names and under the same passphrase, and gives the lines of
/// the trust root that is to name them.
///
/// # Errors
/// See [`NextKeysError`]; nothing is made then.
pub fn make_next_keys(
    storage: &dyn Storage,
    kinds: &[AuditorKeyKind],
    passphrase: &Passphrase,
    rng: &mut dyn Rng,
) -> Result<String, NextKeysError> {
    let _lock = storage.lock()?;
    let mut made = Vec::new();
    for kind in kinds {
        if waiting(storage, *kind)?.is_some() {
            return Err(NextKeysError::Waiting(*kind));
        }
        let failed = |cause| KeysError::Key { kind: kind.word(), cause };
        let own = sealed(storage, kind.word())?;
        own.open(passphrase).map_err(failed)?;
        let key = SealedKey::<1>::generate(own.key().name().clone(), passphrase, own.stretching(), rng);
        made.push((*kind, key.map_err(failed)?));
    }
    for (kind, key) in &made {
        storage.replace(&path_of_next(*kind), key.to_string().as_bytes())?;
    }
    let lines = lines(storage)?;
    storage.replace(&public(PUBLIC), lines.as_bytes())?;
    Ok(lines)
}

impl NextKeys {
    /// Opens those that there are.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn open(storage: &dyn Storage, passphrase: &Passphrase) -> Result<Self, KeysError> {
        let open = |kind: AuditorKeyKind| {
            let Some(sealed) = waiting(storage, kind)? else { return Ok(None) };
            let secret = sealed.open(passphrase);
            let secret = secret.map_err(|cause| KeysError::Key { kind: kind.word(), cause })?;
            Ok::<_, KeysError>(Some((sealed.key().clone(), secret)))
        };
        let own =
            |kind| Ok::<_, KeysError>(open(kind)?.map(|(key, secret)| OwnKey::new(key, Arc::new(secret))));
        Ok(Self {
            bundle: own(AuditorKeyKind::Bundle)?,
            status: own(AuditorKeyKind::Status)?,
            revocation: own(AuditorKeyKind::Revocation)?,
            log: own(AuditorKeyKind::Log)?,
            plexi: open(AuditorKeyKind::Plexi)?.map(|(_, secret)| Arc::new(PlexiKey::new(&secret))),
        })
    }
}

/// Puts keys that the trust root names in the place of those before them, whose secrets are gone then. Whatever stops
/// it, the trust root says which key signs, and the next call ends it.
pub(crate) fn settle(storage: &dyn Storage, root: &TrustRoot) -> Result<(), KeysError> {
    let mut waiting_kinds = Vec::new();
    for kind in AuditorKeyKind::ALL {
        waiting_kinds.extend(waiting(storage, kind)?.map(|sealed| (kind, sealed)));
    }
    // The lines go last, so that whatever stops this leaves a file by which it is ended.
    if waiting_kinds.is_empty() && storage.read(&public(PUBLIC), NOTE_BYTES_MAX)?.is_none() {
        return Ok(());
    }
    let is_bundle_waiting = waiting_kinds
        .iter()
        .any(|(kind, key)| *kind == AuditorKeyKind::Bundle && !is_named(root, *kind, key.key()));
    for (kind, sealed) in waiting_kinds {
        let goes_along = kind == AuditorKeyKind::Plexi && !is_bundle_waiting;
        if goes_along || is_named(root, kind, sealed.key()) {
            storage.replace(&path_of(kind.word()), sealed.to_string().as_bytes())?;
            storage.remove(&path_of_next(kind))?;
        }
    }
    storage.replace(&public("keys"), AuditorKeys::read(storage)?.to_string().as_bytes())?;
    match lines(storage)? {
        none if none.is_empty() => storage.remove(&public(PUBLIC))?,
        lines => storage.replace(&public(PUBLIC), lines.as_bytes())?,
    }
    Ok(())
}

fn is_named(root: &TrustRoot, kind: AuditorKeyKind, key: &NoteKey) -> bool {
    let (party, policy) = (&root.contents().auditor, &root.contents().policy);
    match kind {
        AuditorKeyKind::Bundle => party.bundle == *key,
        AuditorKeyKind::Status => party.status == *key,
        AuditorKeyKind::Revocation => party.revocation == *key,
        AuditorKeyKind::Log => policy.logs.contains(key),
        AuditorKeyKind::Plexi => false,
    }
}

/// The lines of a trust root that name those that wait.
fn lines(storage: &dyn Storage) -> Result<String, KeysError> {
    let mut lines = String::new();
    for kind in AuditorKeyKind::ALL {
        let Some(sealed) = waiting(storage, kind)? else { continue };
        match kind {
            AuditorKeyKind::Plexi => {}
            AuditorKeyKind::Log => lines += &format!("log {}\n", sealed.key()),
            party => lines += &format!("auditor {} {}\n", party.word(), sealed.key()),
        }
    }
    Ok(lines)
}

fn waiting(storage: &dyn Storage, kind: AuditorKeyKind) -> Result<Option<SealedKey<1>>, KeysError> {
    sealed_at(storage, &path_of_next(kind), kind.word())
}

fn path_of_next(kind: AuditorKeyKind) -> String {
    format!("private/next-keys/{}", kind.word())
}
