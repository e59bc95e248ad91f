//! Two views of one log: one history, or proof that the log told two. Page: `docs/spec/audit-log.md`.
//!
//! A log that signed two checkpoints of which neither grew out of the other has lied, and its own
//! signatures show it to anybody. Witnesses are not asked here: the log alone is to blame.

mod difference;

use crate::{
    CheckpointBody, CheckpointError, ClaimedNote, LogProof, LogProofError, Policy, SectionsError,
    checkpoint::{hash_text, read_checkpoint_note, read_hash},
    limits::{EQUIVOCATION_BYTES_MAX, PROOF_HASHES_MAX},
    merkle::{
        ProofError, Subtrees, prove_consistency, prove_inclusion, root_of, verify_consistency,
        verify_inclusion,
    },
    sections::{Sections, Taker, compose},
};
use difference::first_difference;
use std::fmt;
use strongroom_protocol::ids::Digest;

const HEADER: &str = "strongroom.example/equivocation/v1";
const SECTIONS: usize = 4;

/// What comes of comparing two checkpoints of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gossip {
    /// The larger one grew out of the smaller.
    Consistent,
    /// Nobody proved it, and nobody proved the contrary: the log has to be read.
    Undecided,
    /// The log told two histories; this shows it to anybody.
    Equivocation(EquivocationProof),
}

/// Proof that a log told two histories, verified by its own signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EquivocationProof {
    /// Two checkpoints of one size with different roots.
    Roots {
        /// One checkpoint.
        first: ClaimedNote,
        /// The other.
        second: ClaimedNote,
    },
    /// Two checkpoints under which different leaves stand at one index.
    Leaves {
        /// The leaf's hash under one checkpoint.
        first_leaf: Digest,
        /// Its proof.
        first: LogProof,
        /// The leaf's hash under the other.
        second_leaf: Digest,
        /// Its proof.
        second: LogProof,
    },
    /// Two checkpoints of which the larger one's own tree begins with other leaves than the smaller one counts.
    Beginnings {
        /// The smaller checkpoint.
        first: ClaimedNote,
        /// The larger one.
        second: ClaimedNote,
        /// The root over as many leaves of the larger one's tree as the smaller one counts; not the smaller one's.
        root: Digest,
        /// The proof of consistency between that root and the larger checkpoint.
        consistency: Vec<Digest>,
    },
}

/// Two checkpoints cannot be compared, or what is said to be a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GossipError {
    /// A checkpoint does not count.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoints are of different logs.
    #[error("the checkpoints are of different logs")]
    OtherLog,
    /// A file has another form.
    #[error("the proof of equivocation: {0}")]
    Sections(#[from] SectionsError),
    /// A proof of inclusion has another form.
    #[error("the proof of equivocation: {0}")]
    Proof(#[from] LogProofError),
    /// What is said to be a proof proves nothing.
    #[error("this proves no equivocation")]
    ProvesNothing,
    /// The files of a log are not those of its own checkpoint.
    #[error("the log's files: {0}")]
    BadFiles(FilesFault),
}

/// What is wrong with the files of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilesFault {
    /// A hash cannot be had, and why.
    #[error("{0}")]
    Missing(String),
    /// The hashes do not give the root of the log's own checkpoint.
    #[error("they do not give the root of the log's own checkpoint")]
    OtherRoot,
    /// The hashes of two logs are the same, though their roots are not.
    #[error("they do not differ where the checkpoints do")]
    NoDifference,
}

impl GossipError {
    fn missing(cause: impl fmt::Display) -> Self {
        Self::BadFiles(FilesFault::Missing(cause.to_string()))
    }

    fn other_root(_: ProofError) -> Self {
        Self::BadFiles(FilesFault::OtherRoot)
    }
}

/// Compares two checkpoints of one log that both bear its signature.
///
/// Between two sizes a proof of consistency decides that all is well. A proof that fails decides
/// nothing, since anybody can make one: [`compare_trees`] does.
///
/// # Errors
/// See [`GossipError`].
pub fn verify_gossip(
    policy: &Policy,
    first: &[u8],
    second: &[u8],
    consistency: Option<&[Digest]>,
) -> Result<Gossip, GossipError> {
    let (first, a) = read(policy, first)?;
    let (second, b) = read(policy, second)?;
    if a.origin != b.origin {
        return Err(GossipError::OtherLog);
    }
    if a.size == b.size {
        let is_same = a.root == b.root;
        let proof = EquivocationProof::Roots { first, second };
        return Ok(if is_same { Gossip::Consistent } else { Gossip::Equivocation(proof) });
    }
    let (old, new) = if a.size < b.size { (&a, &b) } else { (&b, &a) };
    let is_proved = |proof| verify_consistency(old.size, &old.root, new.size, &new.root, proof).is_ok();
    let is_consistent = old.size == 0 || consistency.is_some_and(is_proved);
    Ok(if is_consistent { Gossip::Consistent } else { Gossip::Undecided })
}

/// Compares a checkpoint with a larger one of which the hashes can be had. What the larger one's own tree begins with
/// is proved by its root, so that the smaller one's tree is not needed.
///
/// # Errors
/// See [`GossipError`]; a hash that cannot be had counts as [`GossipError::BadFiles`].
pub fn compare_with_tree<S: Subtrees<Error: fmt::Display>>(
    policy: &Policy,
    smaller: &[u8],
    larger: (&[u8], &S),
) -> Result<Gossip, GossipError> {
    match verify_gossip(policy, smaller, larger.0, None)? {
        Gossip::Undecided => {}
        decided => return Ok(decided),
    }
    let (first, old) = read(policy, smaller)?;
    let (second, new) = read(policy, larger.0)?;
    if old.size > new.size {
        return Ok(Gossip::Undecided);
    }
    let root = root_of(larger.1, old.size).map_err(GossipError::missing)?;
    let consistency = prove_consistency(larger.1, old.size, new.size).map_err(GossipError::missing)?;
    verify_consistency(old.size, &root, new.size, &new.root, &consistency)
        .map_err(GossipError::other_root)?;
    if root == old.root {
        return Ok(Gossip::Consistent);
    }
    Ok(Gossip::Equivocation(EquivocationProof::Beginnings { first, second, root, consistency }))
}

/// Compares two views of one log of which the hashes can be had, and finds the first leaf that differs.
///
/// # Errors
/// See [`GossipError`]; a hash that cannot be had counts as [`GossipError::BadFiles`].
pub fn compare_trees<A: Subtrees<Error: fmt::Display>, B: Subtrees<Error: fmt::Display>>(
    policy: &Policy,
    first: (&[u8], &A),
    second: (&[u8], &B),
) -> Result<Gossip, GossipError> {
    let (first, first_tree) = first;
    let (second, second_tree) = second;
    match verify_gossip(policy, first, second, None)? {
        Gossip::Undecided => {}
        decided => return Ok(decided),
    }
    let (first, a) = read(policy, first)?;
    let (second, b) = read(policy, second)?;
    let proof = if a.size < b.size {
        prove_consistency(second_tree, a.size, b.size).map_err(GossipError::missing)?
    } else {
        prove_consistency(first_tree, b.size, a.size).map_err(GossipError::missing)?
    };
    let (old, new) = if a.size < b.size { (&a, &b) } else { (&b, &a) };
    if verify_consistency(old.size, &old.root, new.size, &new.root, &proof).is_ok() {
        return Ok(Gossip::Consistent);
    }
    let index = first_difference(first_tree, second_tree, old.size)?;
    let index = index.ok_or(GossipError::BadFiles(FilesFault::NoDifference))?;
    let (first_leaf, first) = prove(first_tree, &a, first, index)?;
    let (second_leaf, second) = prove(second_tree, &b, second, index)?;
    Ok(Gossip::Equivocation(EquivocationProof::Leaves { first_leaf, first, second_leaf, second }))
}

impl EquivocationProof {
    /// Reads a proof and verifies it: it shows that the log told two histories, or it is refused.
    ///
    /// # Errors
    /// See [`GossipError`].
    pub fn verify(bytes: &[u8], policy: &Policy) -> Result<Self, GossipError> {
        let sections = Sections::parse(bytes, HEADER, EQUIVOCATION_BYTES_MAX, SECTIONS)?;
        let mut sections = Taker::new(&sections);
        let proof = match sections.optional("first") {
            Some(first) => {
                let second = sections.take("second")?;
                match sections.optional("root") {
                    Some(root) => Self::verify_beginnings(first, second, root, &mut sections, policy)?,
                    None => Self::verify_roots(first, second, policy)?,
                }
            }
            None => Self::verify_leaves(&mut sections, policy)?,
        };
        sections.end()?;
        Ok(proof)
    }

    fn verify_roots(first: &[u8], second: &[u8], policy: &Policy) -> Result<Self, GossipError> {
        match verify_gossip(policy, first, second, None)? {
            Gossip::Equivocation(proof) => Ok(proof),
            Gossip::Consistent | Gossip::Undecided => Err(GossipError::ProvesNothing),
        }
    }

    /// A proof of consistency that leads to the larger root proves what that tree begins with; if that is another
    /// root than the smaller checkpoint's, the log did not only grow.
    fn verify_beginnings(
        first: &[u8],
        second: &[u8],
        root: &[u8],
        sections: &mut Taker<'_, '_>,
        policy: &Policy,
    ) -> Result<Self, GossipError> {
        let root = read_hashes(root)?.try_into().map_err(|_| GossipError::ProvesNothing);
        let [root]: [Digest; 1] = root?;
        let consistency = read_hashes(sections.take("consistency")?)?;
        let (first, old) = read(policy, first)?;
        let (second, new) = read(policy, second)?;
        if old.origin != new.origin {
            return Err(GossipError::OtherLog);
        }
        let is_proved = old.size < new.size
            && root != old.root
            && verify_consistency(old.size, &root, new.size, &new.root, &consistency).is_ok();
        match is_proved {
            true => Ok(Self::Beginnings { first, second, root, consistency }),
            false => Err(GossipError::ProvesNothing),
        }
    }

    fn verify_leaves(sections: &mut Taker<'_, '_>, policy: &Policy) -> Result<Self, GossipError> {
        let (first_leaf, first, a) = read_leaf(sections, policy, "first-leaf", "first-proof")?;
        let (second_leaf, second, b) = read_leaf(sections, policy, "second-leaf", "second-proof")?;
        if a.origin != b.origin {
            return Err(GossipError::OtherLog);
        }
        if first_leaf == second_leaf || first.index != second.index {
            return Err(GossipError::ProvesNothing);
        }
        Ok(Self::Leaves { first_leaf, first, second_leaf, second })
    }
}

impl fmt::Display for EquivocationProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Roots { first, second } => {
                f.write_str(&compose(HEADER, &[("first", first.as_str()), ("second", second.as_str())]))
            }
            Self::Beginnings { first, second, root, consistency } => {
                let line = |hash: &Digest| format!("{}\n", hash_text(hash));
                let consistency: String = consistency.iter().map(line).collect();
                let sections = [
                    ("first", first.as_str()),
                    ("second", second.as_str()),
                    ("root", &line(root)),
                    ("consistency", &consistency),
                ];
                f.write_str(&compose(HEADER, &sections))
            }
            Self::Leaves { first_leaf, first, second_leaf, second } => {
                let leaf = |hash| format!("{}\n", hash_text(hash));
                let sections = [
                    ("first-leaf", leaf(first_leaf)),
                    ("first-proof", first.to_string()),
                    ("second-leaf", leaf(second_leaf)),
                    ("second-proof", second.to_string()),
                ];
                f.write_str(&compose(HEADER, &sections.each_ref().map(|(name, text)| (*name, text.as_str()))))
            }
        }
    }
}

fn read(policy: &Policy, bytes: &[u8]) -> Result<(ClaimedNote, CheckpointBody), CheckpointError> {
    let note = read_checkpoint_note(bytes)?;
    let body = policy.verify_log(&note)?;
    Ok((note, body))
}

/// Hashes in base64, a line each; no more than a proof of consistency has.
fn read_hashes(bytes: &[u8]) -> Result<Vec<Digest>, GossipError> {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| text.strip_suffix('\n'));
    let lines = text.ok_or(GossipError::ProvesNothing)?.split('\n');
    let hashes: Option<Vec<Digest>> = lines.take(PROOF_HASHES_MAX.saturating_add(1)).map(read_hash).collect();
    let hashes = hashes.filter(|hashes| hashes.len() <= PROOF_HASHES_MAX);
    hashes.ok_or(GossipError::ProvesNothing)
}

fn read_leaf(
    sections: &mut Taker<'_, '_>,
    policy: &Policy,
    leaf: &'static str,
    proof: &'static str,
) -> Result<(Digest, LogProof, CheckpointBody), GossipError> {
    let text = std::str::from_utf8(sections.take(leaf)?).unwrap_or_default();
    let leaf = text.strip_suffix('\n').and_then(read_hash).ok_or(GossipError::ProvesNothing)?;
    let proof = LogProof::parse(sections.take(proof)?)?;
    let body = policy.verify_log(&proof.checkpoint)?;
    verify_inclusion(proof.index, &leaf, body.size, &body.root, &proof.path)
        .map_err(|_| GossipError::ProvesNothing)?;
    Ok((leaf, proof, body))
}

fn prove<S: Subtrees<Error: fmt::Display>>(
    tree: &S,
    log: &CheckpointBody,
    checkpoint: ClaimedNote,
    index: u64,
) -> Result<(Digest, LogProof), GossipError> {
    let path = prove_inclusion(tree, index, log.size).map_err(GossipError::missing)?;
    let leaf = tree.subtree(0, index).map_err(GossipError::missing)?;
    verify_inclusion(index, &leaf, log.size, &log.root, &path).map_err(GossipError::other_root)?;
    Ok((leaf, LogProof { extra: None, index, path, checkpoint }))
}
