//! What may be believed of a unit, and which fleet it leads to.

use super::{ClaimedDelivery, Concern, Memory, TrustError};
use crate::{
    BundleContents, Endpoint, Reason, Revokers, ServingFleet, StatusContents, TrustSource, VerifiedFleet,
    VerifiedRevocation, WitnessedCheckpoint,
    bundle::{FleetEntry, Service},
};
use strongroom_protocol::ids::{Digest, FleetId};

/// A delivery unit that passed every step.
///
/// Holding it proves that operator and auditor signed this bundle, that it stands in the log which enough
/// witnesses saw, and that it is no older than what the device knew. Whether it is young enough for what
/// one wants is answered by [`Self::for_registering`] and [`Self::for_recovering`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedDelivery {
    unit: ClaimedDelivery,
    bundle: BundleContents,
    status: StatusContents,
    checkpoint: WitnessedCheckpoint,
    revoked: Revoked,
    concerns: Vec<Concern>,
}

/// A fleet of a verified bundle: a source of trust beside the pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetOverTheAir {
    fleet: VerifiedFleet,
    service: Service,
    warnings: Vec<Concern>,
}

/// Whether a device may recover at once, or has to ask its user first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// Nothing is to be asked.
    Clear(FleetOverTheAir),
    /// The user has to be told something and to insist.
    Ask(Unconfirmed),
}

/// A fleet that is given out only after its user was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    fleet: FleetOverTheAir,
    questions: Vec<Concern>,
}

/// Who revoked which fleet, all revocations of a unit taken together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Revoked(Vec<(FleetId, Revokers, Reason)>);

impl Revoked {
    pub(super) fn with(mut self, revocation: &VerifiedRevocation) -> Self {
        let contents = revocation.contents();
        match self.0.iter_mut().find(|(fleet, _, _)| *fleet == contents.fleet) {
            Some((_, by, _)) => *by = by.joined(revocation.revokers()),
            None => self.0.push((contents.fleet, revocation.revokers(), contents.reason.clone())),
        }
        self
    }

    /// What was said about a fleet: nothing, something to ask, or the end.
    fn about(&self, fleet: FleetId) -> Result<Option<Concern>, TrustError> {
        let Some((_, by, reason)) = self.0.iter().find(|(revoked, _, _)| *revoked == fleet) else {
            return Ok(None);
        };
        let (by, reason) = (*by, reason.clone());
        if by.is_final() {
            return Err(TrustError::Revoked { fleet, by, reason });
        }
        Ok(Some(Concern::RevokedByOne { fleet, by, reason }))
    }
}

impl VerifiedDelivery {
    pub(super) fn new(
        unit: ClaimedDelivery,
        bundle: BundleContents,
        status: StatusContents,
        checkpoint: WitnessedCheckpoint,
        revoked: Revoked,
        concerns: Vec<Concern>,
    ) -> Self {
        Self { unit, bundle, status, checkpoint, revoked, concerns }
    }

    /// The bundle.
    pub fn bundle(&self) -> &BundleContents {
        &self.bundle
    }

    /// The bundle's digest.
    pub fn digest(&self) -> Digest {
        self.status.bundle
    }

    /// The status note.
    pub fn status(&self) -> &StatusContents {
        &self.status
    }

    /// The checkpoint that both stand under.
    pub fn checkpoint(&self) -> &WitnessedCheckpoint {
        &self.checkpoint
    }

    /// What was seen on the way, in the order of the steps; what concerns one fleet alone is not among it.
    pub fn concerns(&self) -> &[Concern] {
        &self.concerns
    }

    /// What the device keeps, so that nobody leads it back. To be stored before the fleet is spoken to.
    pub fn memory(&self) -> Result<Memory, super::MemoryError> {
        let ClaimedDelivery { bundle, status, .. } = self.unit.clone();
        Memory::of(bundle, status, self.checkpoint.note().clone(), self.checkpoint.quorum_time())
    }

    /// Gives the fleet to register at: the first active one that nobody revoked.
    ///
    /// # Errors
    /// A concern blocks registering, or no fleet takes new vaults.
    pub fn for_registering(&self) -> Result<FleetOverTheAir, TrustError> {
        if let Some(concern) = self.concerns.iter().find(|concern| concern.blocks_registering()) {
            return Err(TrustError::Concern(concern.clone()));
        }
        let mut refusal = TrustError::NoActiveFleet;
        for fleet in self.bundle.serving().filter(|fleet| fleet.service == Service::Active) {
            match self.revoked.about(fleet.id) {
                Ok(None) => return Ok(self.source(fleet)),
                Ok(Some(concern)) => refusal = TrustError::Concern(concern),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// Gives the fleet at which a device has its vault, active or draining.
    ///
    /// # Errors
    /// The bundle does not know the fleet or lists it as revoked, or it was revoked for ever.
    pub fn for_recovering(&self, fleet: FleetId) -> Result<Recovery, TrustError> {
        let entry = match self.bundle.fleet(fleet) {
            None => return Err(TrustError::UnknownFleet(fleet)),
            Some(FleetEntry::Revoked(revoked)) => {
                return Err(TrustError::RevokedByBundle { fleet, reason: revoked.reason.clone() });
            }
            Some(FleetEntry::Serving(entry)) => entry,
        };
        let revoked = self.revoked.about(fleet)?;
        let concerns = self.concerns.iter().cloned().chain(revoked);
        let questions: Vec<Concern> = concerns.filter(Concern::blocks_registering).collect();
        let source = self.source(entry);
        Ok(match questions.is_empty() {
            true => Recovery::Clear(source),
            false => Recovery::Ask(Unconfirmed { fleet: source, questions }),
        })
    }

    /// The fleet that a vault of a draining fleet moves to, if there is one.
    pub fn successor_of(&self, fleet: FleetId) -> Option<&ServingFleet> {
        let is_draining = |entry: &&ServingFleet| entry.id == fleet && entry.service == Service::Draining;
        self.bundle.serving().find(is_draining)?;
        self.bundle.serving().find(|entry| entry.service == Service::Active)
    }

    fn source(&self, fleet: &ServingFleet) -> FleetOverTheAir {
        let warnings = self.concerns.iter().filter(|concern| !concern.blocks_registering());
        FleetOverTheAir {
            fleet: fleet.verified(),
            service: fleet.service,
            warnings: warnings.cloned().collect(),
        }
    }
}

impl FleetOverTheAir {
    /// What the fleet is there for.
    pub fn service(&self) -> Service {
        self.service
    }

    /// What the user should be told, without being asked.
    pub fn warnings(&self) -> &[Concern] {
        &self.warnings
    }
}

impl Unconfirmed {
    /// What the user has to be told.
    pub fn questions(&self) -> &[Concern] {
        &self.questions
    }

    /// Gives the fleet out to a user who was told and insists.
    pub fn confirmed(self) -> FleetOverTheAir {
        self.fleet
    }
}

impl TrustSource for FleetOverTheAir {
    fn fleet(&self) -> VerifiedFleet {
        self.fleet.clone()
    }

    fn endpoints(&self) -> &[Endpoint] {
        &[]
    }
}
