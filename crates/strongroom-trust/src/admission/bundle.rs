//! Whether the auditor signs a proposed bundle.

use super::History;
use crate::{
    BundleBody, BundleContents, ClaimedNote, Epoch, FleetEntry, Moment, NoteError, RootVersion, ServingFleet,
    TrustRoot,
    body::Body,
    limits::{CLOCK_TOLERANCE_SECONDS, NOTE_BYTES_MAX},
    lines::LineError,
};
use strongroom_protocol::ids::{Digest, FleetId};

/// A proposed bundle that follows the rules; what is left is the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmittedBundle {
    proposal: ClaimedNote,
    body: BundleBody,
}

/// Why the auditor does not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// The proposal is no note, or the operator did not sign it.
    #[error("the proposal: {0}")]
    Note(#[from] NoteError),
    /// More than the operator signed it.
    #[error("a proposal has the operator's signature line and no other")]
    Signatures,
    /// The text has another form; a validity of more than thirteen months is one.
    #[error("the proposal: {0}")]
    Form(#[from] LineError),
    /// It is about another line of bundles.
    #[error("the proposal is about another namespace")]
    Namespace,
    /// It names another trust root than the newest.
    #[error("the proposal names trust root {met}, the newest is {newest}")]
    TrustRoot {
        /// The newest.
        newest: RootVersion,
        /// The one that it names.
        met: RootVersion,
    },
    /// Its epoch is not the one that follows.
    #[error("the proposal has epoch {met}, {expected} follows")]
    Epoch {
        /// The one that follows.
        expected: Epoch,
        /// The one that it has.
        met: Epoch,
    },
    /// It names another digest than that of the bundle before.
    #[error("the proposal does not name the digest of the bundle before")]
    Previous,
    /// Its digest was signed before.
    #[error("a bundle of this digest was signed before: {0}")]
    Repeated(Digest),
    /// It was written after the auditor's clock, or before the bundle before.
    #[error("the proposal's time of issue lies ahead, or before that of the bundle before")]
    Issued,
    /// It has expired.
    #[error("the proposal has expired")]
    Expired,
    /// A revoked fleet serves again.
    #[error("the fleet {0} was revoked and may not serve again")]
    RevokedGenesis(FleetId),
    /// A revocation names another epoch than the first bundle that said so.
    #[error("the fleet {fleet} is revoked since epoch {expected}, the proposal says {met}")]
    Since {
        /// The fleet.
        fleet: FleetId,
        /// The first bundle that said so.
        expected: Epoch,
        /// What the proposal says.
        met: Epoch,
    },
    /// A fleet has a key that another one has or had.
    #[error("the identity key of the fleet {0} is or was another fleet's")]
    SharedKey(FleetId),
    /// A fleet has another key than before.
    #[error("the fleet {0} has another identity key than before")]
    ChangedKey(FleetId),
    /// A fleet is simulated and the trust root allows none.
    #[error("the fleet {0} is a simulation, and the trust root allows none")]
    Simulation(FleetId),
}

/// Checks an operator's signed proposal against everything that was signed before.
///
/// # Errors
/// The first rule that is broken; see [`AdmissionError`].
pub fn admit_bundle(
    proposal: &[u8],
    root: &TrustRoot,
    history: &History,
    now: Moment,
) -> Result<AdmittedBundle, AdmissionError> {
    let proposal = ClaimedNote::parse(proposal, NOTE_BYTES_MAX)?;
    proposal.verify(&root.contents().operator.bundle)?;
    if proposal.signatures().len() != 1 {
        return Err(AdmissionError::Signatures);
    }
    let body = BundleBody::parse(proposal.text())?;
    let contents = body.contents();
    if contents.namespace != root.contents().namespace {
        return Err(AdmissionError::Namespace);
    }
    if contents.trust_root != root.version() {
        return Err(AdmissionError::TrustRoot { newest: root.version(), met: contents.trust_root });
    }
    check_place(&body, history)?;
    check_times(contents, history, now)?;
    contents.fleets.iter().try_for_each(|entry| check_fleet(entry, contents.epoch, root, history))?;
    Ok(AdmittedBundle { proposal, body })
}

impl AdmittedBundle {
    /// The proposal, which is a leaf of its own.
    pub fn proposal(&self) -> &ClaimedNote {
        &self.proposal
    }

    /// What the auditor signs.
    pub fn body(&self) -> &BundleBody {
        &self.body
    }

    /// The manifests of deployment evidence that the auditor checks before it signs.
    pub fn evidence(&self) -> impl Iterator<Item = (FleetId, Digest)> {
        self.body.contents().serving().map(|fleet| (fleet.id, fleet.evidence))
    }
}

fn check_place(body: &BundleBody, history: &History) -> Result<(), AdmissionError> {
    let (met, digest) = (body.contents().epoch, body.digest());
    if history.digests.contains(&digest) {
        return Err(AdmissionError::Repeated(digest));
    }
    let expected = history.next_epoch().unwrap_or(met);
    if met != expected {
        return Err(AdmissionError::Epoch { expected, met });
    }
    let previous = history.last().map(|(_, digest)| digest);
    if body.contents().previous == previous { Ok(()) } else { Err(AdmissionError::Previous) }
}

fn check_times(contents: &BundleContents, history: &History, now: Moment) -> Result<(), AdmissionError> {
    let is_earlier = history.last.is_some_and(|(_, _, last)| contents.issued < last);
    if is_earlier || contents.issued > now.plus_seconds(CLOCK_TOLERANCE_SECONDS) {
        return Err(AdmissionError::Issued);
    }
    if contents.expires <= now { Err(AdmissionError::Expired) } else { Ok(()) }
}

fn check_fleet(
    entry: &FleetEntry,
    epoch: Epoch,
    root: &TrustRoot,
    history: &History,
) -> Result<(), AdmissionError> {
    match entry {
        FleetEntry::Serving(fleet) => check_serving(fleet, root, history),
        FleetEntry::Revoked(fleet) => {
            let expected = history.revoked.get(&fleet.id).copied().unwrap_or(epoch);
            if fleet.since == expected {
                return Ok(());
            }
            Err(AdmissionError::Since { fleet: fleet.id, expected, met: fleet.since })
        }
    }
}

fn check_serving(fleet: &ServingFleet, root: &TrustRoot, history: &History) -> Result<(), AdmissionError> {
    if history.revoked.contains_key(&fleet.id) {
        return Err(AdmissionError::RevokedGenesis(fleet.id));
    }
    if history.keys.get(&fleet.identity_key).is_some_and(|holder| *holder != fleet.id) {
        return Err(AdmissionError::SharedKey(fleet.id));
    }
    if history.fleets.get(&fleet.id).is_some_and(|key| *key != fleet.identity_key) {
        return Err(AdmissionError::ChangedKey(fleet.id));
    }
    if fleet.platform.is_simulation() && !root.contents().is_simulation {
        return Err(AdmissionError::Simulation(fleet.id));
    }
    Ok(())
}
