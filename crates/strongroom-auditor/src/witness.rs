//! A witness: cosigns what a log signed, after checking that the log only grew. Format: C2SP `tlog-witness`;
//! page: `docs/spec/auditor.md`, "A witness's folder".
//!
//! The decision is `strongroom_trust::witness`; here it meets the disk. What it cosigned last stands in
//! the very file that monitors fetch, and is durable before the cosignature leaves.
//!
//! Absent on purpose: `sign-subtree`, which the published page leaves open.

mod folder;

pub use folder::{WitnessFolderError, init_witness, open_witness};

use crate::{
    key::{SignerError, TextSigner},
    limits::{KEY_FILE_BYTES_MAX, WITNESS_LOGS_MAX},
    storage::{Storage, StorageError, public},
};
use std::sync::Arc;
use strongroom_trust::{
    CheckpointBody, ClaimedNote, Moment, NoteKey, NoteSignature, WitnessKey,
    limits::CHECKPOINT_BYTES_MAX,
    read_checkpoint_note, text_digest,
    witness::{AddCheckpoint, WitnessRefusal, Witnessed},
};

const LOGS: &str = "private/logs";
const LOGS_BYTES_MAX: usize = WITNESS_LOGS_MAX * KEY_FILE_BYTES_MAX;

/// A witness of some logs.
#[derive(Clone)]
pub struct Witness {
    storage: Arc<dyn Storage>,
    key: WitnessKey,
    signer: Arc<dyn TextSigner>,
}

/// A witness does not cosign.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// What is asked is refused; the asker is told why.
    #[error(transparent)]
    Refused(#[from] WitnessRefusal),
    /// A file cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file holds something else than it should.
    #[error("{0} is not what the witness wrote: its folder is damaged")]
    Broken(String),
    /// The witness's key is out of order.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The clock stands where no cosignature may be dated.
    #[error("the clock stands at the beginning of 1970")]
    Clock,
    /// There are as many logs as one witness watches.
    #[error("a witness watches {WITNESS_LOGS_MAX} logs at most")]
    TooManyLogs,
    /// The key is none of those.
    #[error("this key is not watched")]
    NotWatched,
}

impl Witness {
    /// Takes a witness's files and its key.
    pub fn new(storage: Arc<dyn Storage>, key: WitnessKey, signer: Arc<dyn TextSigner>) -> Self {
        Self { storage, key, signer }
    }

    /// The key by which others know it.
    pub fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// The keys of the logs that it watches.
    ///
    /// # Errors
    /// See [`WitnessError`].
    pub fn logs(&self) -> Result<Vec<NoteKey>, WitnessError> {
        let Some(bytes) = self.storage.read(LOGS, LOGS_BYTES_MAX)? else { return Ok(Vec::new()) };
        let text = String::from_utf8(bytes).map_err(|_| WitnessError::Broken(LOGS.into()))?;
        let keys = text.lines().map(str::parse).collect::<Result<_, _>>();
        keys.map_err(|_| WitnessError::Broken(LOGS.into()))
    }

    /// Watches a log from now on; one that is watched already is no error.
    ///
    /// # Errors
    /// See [`WitnessError`].
    pub fn watch(&self, log: &NoteKey) -> Result<(), WitnessError> {
        let _lock = self.storage.lock()?;
        let mut logs = self.logs()?;
        if logs.contains(log) {
            return Ok(());
        }
        if logs.len() == WITNESS_LOGS_MAX {
            return Err(WitnessError::TooManyLogs);
        }
        logs.push(log.clone());
        self.write(&logs)
    }

    /// Cosigns no more what this key of a log signs. What was cosigned stays remembered, so that a log whose key was
    /// changed goes on where it was.
    ///
    /// # Errors
    /// See [`WitnessError`]; [`WitnessError::NotWatched`].
    pub fn forget(&self, log: &NoteKey) -> Result<(), WitnessError> {
        let _lock = self.storage.lock()?;
        let mut logs = self.logs()?;
        let before = logs.len();
        logs.retain(|known| known != log);
        if logs.len() == before {
            return Err(WitnessError::NotWatched);
        }
        self.write(&logs)
    }

    fn write(&self, logs: &[NoteKey]) -> Result<(), WitnessError> {
        let text: String = logs.iter().map(|key| format!("{key}\n")).collect();
        Ok(self.storage.replace(LOGS, text.as_bytes())?)
    }

    /// Answers `add-checkpoint`: the cosignature's line.
    ///
    /// # Errors
    /// See [`WitnessError`]; what is refused changes nothing.
    pub fn add_checkpoint(&self, request: &[u8], now: Moment) -> Result<NoteSignature, WitnessError> {
        let request = AddCheckpoint::parse(request)?;
        if now == Moment::FIRST {
            return Err(WitnessError::Clock);
        }
        let logs = self.logs()?;
        // Reading what was cosigned last and storing the next is one act.
        let _lock = self.storage.lock()?;
        let mut failed = None;
        let decided = request.decide(&logs, |origin| match self.last(origin) {
            Ok(last) => last,
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let admitted = decided?;
        let line = self.signer.cosignature(&self.key, admitted.text(), now)?;
        let mut lines: Vec<NoteSignature> = request.checkpoint.signatures().to_vec();
        lines.retain(|line| logs.iter().any(|log| line.is_of(log)));
        lines.push(line.clone());
        let path = path_of(&admitted.body().origin);
        let note = ClaimedNote::compose(admitted.text(), &lines);
        let note = note.map_err(|_| WitnessError::Broken(path.clone()))?;
        self.storage.replace(&path, note.as_str().as_bytes())?;
        Ok(line)
    }

    /// The checkpoint that it cosigned last, by the SHA-256 of the log's origin in lower-case hex.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn checkpoint(&self, origin_hash: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let is_hash =
            origin_hash.len() == 64 && origin_hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_hash {
            return Ok(None);
        }
        self.storage.read(&public(&format!("{origin_hash}/checkpoint")), CHECKPOINT_BYTES_MAX)
    }

    fn last(&self, origin: &str) -> Result<Option<Witnessed>, WitnessError> {
        let path = path_of(origin);
        let Some(bytes) = self.storage.read(&path, CHECKPOINT_BYTES_MAX)? else { return Ok(None) };
        let note = read_checkpoint_note(&bytes).map_err(|_| WitnessError::Broken(path.clone()))?;
        let body = CheckpointBody::parse(note.text()).map_err(|_| WitnessError::Broken(path.clone()))?;
        let is_own = note.cosigned_by(&self.key).is_ok_and(|time| time.is_some()) && body.origin == origin;
        if is_own {
            Ok(Some(Witnessed { size: body.size, root: body.root }))
        } else {
            Err(WitnessError::Broken(path))
        }
    }
}

fn path_of(origin: &str) -> String {
    public(&format!("{}/checkpoint", text_digest(origin)))
}
