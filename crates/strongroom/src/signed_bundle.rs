//! A bundle that the auditor signed, in whichever file it came back: its leaf, the counter-signed note, or a delivery
//! unit.

use crate::{error::CommandError, files::read_at_most};
use std::path::Path;
use strongroom_trust::{
    BundleBody, ClaimedDelivery, ClaimedNote, CountersignedNote, NoteError, RootChain,
    body::Body,
    limits::{NOTE_BYTES_MAX, UNIT_BYTES_MAX},
};

/// Reads a bundle and verifies the auditor's signature under the trust root that it names.
///
/// # Errors
/// It cannot be read, is none, or the auditor did not sign it.
pub fn read_signed_bundle(path: &Path, chain: &RootChain) -> Result<BundleBody, CommandError> {
    let bytes = read_at_most(path, UNIT_BYTES_MAX)?;
    let refused = |cause: String| {
        CommandError::untrusted(format!(
            "{} is no bundle that the auditor signed: {cause}. Give the last one that it signed, as it came back, or the \
             delivery unit.",
            path.display()
        ))
    };
    let leaf = leaf_of(&bytes).map_err(|error| refused(error.to_string()))?;
    let body = BundleBody::parse(leaf.text()).map_err(|error| refused(error.to_string()))?;
    let contents = body.contents();
    let root = chain.version(contents.trust_root).unwrap_or(chain.newest()).contents();
    if root.namespace != contents.namespace {
        return Err(refused(format!(
            "it is about {}, the trust root about {}",
            contents.namespace, root.namespace
        )));
    }
    leaf.verify(&root.auditor.bundle).map_err(|error| refused(error.to_string()))?;
    Ok(body)
}

fn leaf_of(bytes: &[u8]) -> Result<ClaimedNote, NoteError> {
    if let Ok(unit) = ClaimedDelivery::parse(bytes) {
        return ClaimedNote::parse(unit.bundle().leaf().as_bytes(), NOTE_BYTES_MAX);
    }
    match CountersignedNote::parse(bytes) {
        Ok(note) => ClaimedNote::parse(note.leaf().as_bytes(), NOTE_BYTES_MAX),
        Err(_) => ClaimedNote::parse(bytes, NOTE_BYTES_MAX),
    }
}
