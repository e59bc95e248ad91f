//! What an inquiry leads to: a fleet for a purpose, or what has to be asked first.

use core::fmt;
use strongroom_protocol::ids::FleetId;
use strongroom_trust::{
    Concern, Epoch, FleetOverTheAir, Recovery, Service, TrustError, TrustSource, VerifiedDelivery,
    VerifiedFleet,
};

/// What a fleet is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A new vault: at whichever fleet takes one.
    NewVault,
    /// A new password for a vault of this fleet, which gets something new to keep.
    NewPassword(FleetId),
    /// Anything else about a vault of this fleet.
    Vault(FleetId),
}

/// A fleet that may be spoken to for what it was wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    pub(crate) fleet: VerifiedFleet,
    pub(crate) service: Service,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) warnings: Vec<Concern>,
    pub(crate) others: Vec<FleetId>,
}

/// What has to be told to the user, who then may insist; see [`crate::Client::insist`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Questions {
    fleet: FleetId,
    concerns: Vec<Concern>,
}

/// A delivery unit that was believed: which fleets there are and how each may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Believed(VerifiedDelivery);

/// Why a fleet is not given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotGiven {
    Refused(TrustError),
    Ask(Questions),
}

impl Trusted {
    /// A fleet that a pin names.
    pub(crate) fn pinned(fleet: VerifiedFleet) -> Self {
        Self { fleet, service: Service::Active, epoch: None, warnings: Vec::new(), others: Vec::new() }
    }

    /// The fleet.
    pub fn fleet(&self) -> &VerifiedFleet {
        &self.fleet
    }

    /// What it is there for; a pinned one is active.
    pub fn service(&self) -> Service {
        self.service
    }

    /// The epoch of the bundle that named it; none where a pin did.
    pub fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// What the user should be told, without being asked.
    pub fn warnings(&self) -> &[Concern] {
        &self.warnings
    }

    /// The epoch as a locator has it.
    pub(crate) fn locator_epoch(&self) -> u64 {
        self.epoch.map_or(0, |epoch| epoch.0)
    }
}

impl Questions {
    /// The fleet that is in question.
    pub fn fleet(&self) -> FleetId {
        self.fleet
    }

    /// What the user has to be told, each of them; [`super::advice_on_concern`] says what it means.
    pub fn concerns(&self) -> &[Concern] {
        &self.concerns
    }
}

impl fmt::Display for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, concern) in self.concerns.iter().enumerate() {
            write!(f, "{}{concern}", if place == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl Believed {
    pub(crate) fn new(delivery: VerifiedDelivery) -> Self {
        Self(delivery)
    }

    /// The unit, with the bundle, the status, the checkpoint and every concern.
    pub fn delivery(&self) -> &VerifiedDelivery {
        &self.0
    }

    /// Gives the fleet out for a purpose. Who recovers although something has to be asked has insisted on
    /// each of those concerns.
    pub(crate) fn give(&self, wanted: Wanted, insisted: &[Concern]) -> Result<Trusted, NotGiven> {
        let id = match wanted {
            Wanted::NewVault => {
                return Ok(self.trusted(&self.0.for_registering().map_err(NotGiven::Refused)?));
            }
            Wanted::NewPassword(fleet) | Wanted::Vault(fleet) => fleet,
        };
        let unconfirmed = match self.0.for_recovering(id).map_err(NotGiven::Refused)? {
            Recovery::Clear(fleet) => return Ok(self.trusted(&fleet)),
            Recovery::Ask(unconfirmed) => unconfirmed,
        };
        let concerns = unconfirmed.questions().to_vec();
        match (wanted, concerns.first()) {
            (Wanted::NewPassword(_), Some(first)) => {
                Err(NotGiven::Refused(TrustError::Concern(first.clone())))
            }
            _ if concerns.iter().all(|concern| insisted.contains(concern)) => {
                Ok(self.trusted(&unconfirmed.confirmed()))
            }
            _ => Err(NotGiven::Ask(Questions { fleet: id, concerns })),
        }
    }

    fn trusted(&self, fleet: &FleetOverTheAir) -> Trusted {
        let bundle = self.0.bundle();
        let id = fleet.fleet().id();
        Trusted {
            fleet: fleet.fleet(),
            service: fleet.service(),
            epoch: Some(bundle.epoch),
            warnings: fleet.warnings().to_vec(),
            others: bundle.fleets.iter().map(|entry| entry.id()).filter(|other| *other != id).collect(),
        }
    }
}
