//! One leaf: which kind of note it is, and whether somebody signed it who may.

use super::LeafError;
use crate::{
    BundleContents, ClaimedNote, Namespace, NoteKey, PartyKeys, RootChain, RootVersion, StatusContents,
    VerifiedRevocation,
    body::Body,
    bundle::BundleBody,
    limits::{LEAF_BYTES_MAX, QUOTED_CHARACTERS_MAX},
    revocation::RevocationBody,
    root::{RootBody, TrustRoot},
    status::StatusBody,
};

/// The kinds of notes in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeafKind {
    /// A bundle that the operator proposed.
    Proposal,
    /// A bundle that the auditor signed.
    Bundle,
    /// A status note that the auditor signed.
    Status,
    /// A revocation.
    Revocation,
    /// A trust root.
    Root,
    /// A note of another format, which is not looked into.
    Other,
}

impl LeafKind {
    /// The noun for so many of the kind.
    pub fn noun(self, count: u64) -> &'static str {
        let (one, several) = match self {
            Self::Proposal => ("proposal", "proposals"),
            Self::Bundle => ("bundle", "bundles"),
            Self::Status => ("status note", "status notes"),
            Self::Revocation => ("revocation", "revocations"),
            Self::Root => ("trust root", "trust roots"),
            Self::Other => ("other note", "other notes"),
        };
        if count == 1 { one } else { several }
    }
}

/// A leaf that somebody signed who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifiedLeaf {
    /// A bundle that the operator proposed; the auditor may never have signed it.
    Proposal(BundleContents),
    /// A bundle that the auditor signed; the operator may never have counter-signed it.
    Bundle(BundleContents),
    /// A status note that the auditor signed.
    Status(StatusContents),
    /// A revocation.
    Revocation(VerifiedRevocation),
    /// A trust root that stands in the chain, or one from before the chain, which cannot be checked.
    Root(RootVersion),
    /// A note of another format: the beginning of its first line, so that a report stays small.
    Other(String),
}

impl VerifiedLeaf {
    /// Its kind.
    pub fn kind(&self) -> LeafKind {
        match self {
            Self::Proposal(_) => LeafKind::Proposal,
            Self::Bundle(_) => LeafKind::Bundle,
            Self::Status(_) => LeafKind::Status,
            Self::Revocation(_) => LeafKind::Revocation,
            Self::Root(_) => LeafKind::Root,
            Self::Other(_) => LeafKind::Other,
        }
    }
}

/// Verifies one leaf by itself: its form, and the signature under the trust root that it names.
///
/// # Errors
/// See [`LeafError`].
pub fn verify_leaf(bytes: &[u8], roots: &RootChain) -> Result<VerifiedLeaf, LeafError> {
    let note = ClaimedNote::parse(bytes, LEAF_BYTES_MAX)?;
    match note.text().split('\n').next().unwrap_or_default() {
        BundleBody::HEADER => verify_bundle(&note, roots),
        StatusBody::HEADER => verify_status(&note, roots),
        RevocationBody::HEADER => verify_revocation(bytes, roots),
        RootBody::HEADER => verify_root(&note, roots),
        other => Ok(VerifiedLeaf::Other(other.chars().take(QUOTED_CHARACTERS_MAX).collect())),
    }
}

fn verify_bundle(note: &ClaimedNote, roots: &RootChain) -> Result<VerifiedLeaf, LeafError> {
    let body = BundleBody::parse(note.text())?;
    let contents = body.contents().clone();
    let root = root_of(roots, contents.trust_root, &contents.namespace)?.contents();
    let key = |party: &PartyKeys| party.bundle.clone();
    match signer(note, &key(&root.auditor), &key(&root.operator))? {
        Signer::Auditor => Ok(VerifiedLeaf::Bundle(contents)),
        Signer::Operator => Ok(VerifiedLeaf::Proposal(contents)),
    }
}

fn verify_status(note: &ClaimedNote, roots: &RootChain) -> Result<VerifiedLeaf, LeafError> {
    let body = StatusBody::parse(note.text())?;
    let contents = body.contents().clone();
    let root = root_of(roots, contents.trust_root, &contents.namespace)?;
    note.verify(&root.contents().auditor.status)?;
    Ok(VerifiedLeaf::Status(contents))
}

/// Revocations name no trust root: one of the roots has to know who signed.
fn verify_revocation(bytes: &[u8], roots: &RootChain) -> Result<VerifiedLeaf, LeafError> {
    let mut verdict = Err(LeafError::Unsigned);
    for root in roots.roots() {
        match VerifiedRevocation::verify(bytes, root) {
            Ok(revocation) => return Ok(VerifiedLeaf::Revocation(revocation)),
            Err(error) => verdict = Err(error.into()),
        }
    }
    verdict
}

fn verify_root(note: &ClaimedNote, roots: &RootChain) -> Result<VerifiedLeaf, LeafError> {
    let body = RootBody::parse(note.text())?;
    let version = body.contents().version;
    let first = roots.roots().map(TrustRoot::version).min();
    match roots.version(version) {
        Some(root) if root.digest() == body.digest() => Ok(VerifiedLeaf::Root(version)),
        Some(_) => Err(LeafError::OtherRoot(version)),
        None if first.is_some_and(|first| version < first) => Ok(VerifiedLeaf::Root(version)),
        None => Err(LeafError::UnknownRoot(version)),
    }
}

fn root_of<'r>(
    roots: &'r RootChain,
    version: RootVersion,
    namespace: &Namespace,
) -> Result<&'r TrustRoot, LeafError> {
    let root = roots.version(version).ok_or(LeafError::UnknownRoot(version))?;
    if root.contents().namespace == *namespace { Ok(root) } else { Err(LeafError::Namespace) }
}

enum Signer {
    Auditor,
    Operator,
}

fn signer(note: &ClaimedNote, auditor: &NoteKey, operator: &NoteKey) -> Result<Signer, LeafError> {
    if note.is_signed_by(auditor)? {
        return Ok(Signer::Auditor);
    }
    if note.is_signed_by(operator)? { Ok(Signer::Operator) } else { Err(LeafError::Unsigned) }
}
