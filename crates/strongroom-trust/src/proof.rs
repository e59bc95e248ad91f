//! Proofs that a leaf stands in a log, with the checkpoint. Format: C2SP `tlog-proof`.

use crate::{
    CheckpointError, ClaimedNote,
    checkpoint::{hash_text, read_checkpoint_note, read_hash, read_size},
    limits::{PROOF_BYTES_MAX, PROOF_EXTRA_BYTES_MAX, PROOF_HASHES_MAX},
    merkle,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;
use strongroom_protocol::ids::Digest;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// An index, a path and a checkpoint; nobody has verified any of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Opaque bytes that nothing vouches for.
    pub extra: Option<Vec<u8>>,
    /// The leaf's index, from zero.
    pub index: u64,
    /// The hashes from the leaf's sibling up.
    pub path: Vec<Digest>,
    /// The checkpoint with its signatures.
    pub checkpoint: ClaimedNote,
}

/// A text is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogProofError {
    /// It is too long, or no text.
    #[error("the proof is too long, or no text")]
    NoText,
    /// The first line names another format.
    #[error("the proof's first line is not \"{HEADER}\"")]
    Header,
    /// A line has another form.
    #[error("the proof's {0} has another form")]
    Line(&'static str),
    /// The checkpoint in it has another form.
    #[error("the proof's checkpoint: {0}")]
    Checkpoint(CheckpointError),
}

impl LogProof {
    /// Reads a proof.
    ///
    /// # Errors
    /// See [`LogProofError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LogProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(LogProofError::NoText);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| LogProofError::NoText)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(LogProofError::Line("blank line"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(LogProofError::Header);
        }
        let extra = lines.next_if(|line| line.starts_with("extra ")).map(read_extra).transpose()?;
        let index = lines.next().and_then(|line| read_size(line.strip_prefix("index ")?));
        let index = index.ok_or(LogProofError::Line("index"))?;
        let path: Option<Vec<Digest>> = lines.map(read_hash).collect();
        let path = path.filter(|path| path.len() <= PROOF_HASHES_MAX).ok_or(LogProofError::Line("path"))?;
        let checkpoint = read_checkpoint_note(checkpoint.as_bytes()).map_err(LogProofError::Checkpoint)?;
        Ok(Self { extra, index, path, checkpoint })
    }

    /// Verifies that a leaf stands at the index of a tree.
    ///
    /// # Errors
    /// The path does not lead from the leaf to the root.
    pub fn verify_inclusion(&self, leaf: &str, size: u64, root: &Digest) -> Result<(), merkle::ProofError> {
        merkle::verify_inclusion(self.index, &merkle::leaf_hash(leaf.as_bytes()), size, root, &self.path)
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", hash_text(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

fn read_extra(line: &str) -> Result<Vec<u8>, LogProofError> {
    let error = LogProofError::Line("extra data");
    let encoded = line.strip_prefix("extra ").filter(|encoded| encoded.len() <= PROOF_EXTRA_BYTES_MAX);
    encoded.and_then(|encoded| STANDARD.decode(encoded).ok()).ok_or(error)
}

#[cfg(test)]
mod tests;
