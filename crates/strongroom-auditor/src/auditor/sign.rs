//! Signs a bundle that the operator proposed.

use super::{Auditor, AuditorError, desk::Desk};
use crate::{
    evidence::{self, Evidence, EvidenceError},
    storage::public,
};
use strongroom_trust::{
    ClaimedNote, Epoch, Moment, WitnessedCheckpoint,
    admission::{AdmissionError, AdmittedBundle, admit_bundle},
    body::Body,
    limits::NOTE_BYTES_MAX,
    text_digest,
};

/// A bundle that the auditor signed, that stands in the log and that witnesses saw there.
#[derive(Debug, Clone)]
pub struct SignedBundle {
    /// Its number.
    pub epoch: Epoch,
    /// Body and the auditor's line: what the operator counter-signs.
    pub leaf: String,
    /// The leaf's index.
    pub index: u64,
    /// The newest checkpoint.
    pub checkpoint: WitnessedCheckpoint,
}

/// A bundle is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// It breaks a rule.
    #[error(transparent)]
    Admission(#[from] AdmissionError),
    /// Its evidence cannot be had, or is another.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The act did not end; the same call again goes on.
    #[error(transparent)]
    Auditor(#[from] AuditorError),
}

impl Auditor {
    /// Checks the operator's signed proposal and its evidence, signs it, logs manifests, proposal and bundle, waits
    /// for the witnesses, and only then gives the signature out. What was signed already is given out again.
    ///
    /// # Errors
    /// See [`SignError`].
    pub fn sign(
        &self,
        proposal: &[u8],
        evidence: &dyn Evidence,
        now: Moment,
    ) -> Result<SignedBundle, SignError> {
        let mut desk = self.signing_desk(now)?;
        if let Some(signed) = self.signed_before(&desk, proposal)? {
            // An earlier call may have been stopped between the log and what follows from it.
            self.publish(&desk, now)?;
            return Ok(signed);
        }
        let admitted = admit_bundle(proposal, desk.root(), &desk.ledger.history, now)?;
        let mut leaves = self.archive(&desk, &admitted, evidence)?;
        let body = admitted.body().to_string();
        let leaf = desk.keys.bundle.sign(&body).map_err(AuditorError::from)?;
        leaves.extend([admitted.proposal().as_str().into(), leaf.as_str().into()]);
        self.append(&mut desk, leaves)?;
        self.publish(&desk, now)?;
        let signed = self.signed_before(&desk, proposal)?;
        signed.ok_or_else(|| AuditorError::Broken("the log".into()).into())
    }

    fn signed_before(&self, desk: &Desk, proposal: &[u8]) -> Result<Option<SignedBundle>, AuditorError> {
        let Ok(note) = ClaimedNote::parse(proposal, NOTE_BYTES_MAX) else { return Ok(None) };
        let Some(logged) = desk.ledger.bundle(text_digest(note.text())) else { return Ok(None) };
        Ok(Some(SignedBundle {
            epoch: logged.body.contents().epoch,
            leaf: logged.leaf.clone(),
            index: logged.index,
            checkpoint: desk.log.witnessed(&desk.root().contents().policy)?,
        }))
    }

    /// Fetches the manifests, keeps them for everybody, and gives those that are not logged yet.
    fn archive(
        &self,
        desk: &Desk,
        admitted: &AdmittedBundle,
        evidence: &dyn Evidence,
    ) -> Result<Vec<String>, SignError> {
        let mut leaves: Vec<String> = Vec::new();
        for (fleet, digest) in admitted.evidence() {
            if desk.ledger.others.contains(&digest) {
                continue;
            }
            let manifest = evidence::fetch(evidence, fleet, digest)?;
            let path = public(&format!("evidence/{digest}"));
            self.storage.replace(&path, manifest.as_str().as_bytes()).map_err(AuditorError::from)?;
            if !leaves.iter().any(|leaf| leaf == manifest.as_str()) {
                leaves.push(manifest.as_str().into());
            }
        }
        Ok(leaves)
    }
}
