//! The fleet that may be believed, and where that knowledge comes from.

use crate::{
    Endpoint,
    lines::{LineError, Value},
};
use strongroom_protocol::{
    genesis::Class,
    ids::{Digest, FleetId},
    limits::{GUESSES_MAX, MEMBERS_MAX},
};

/// Where the knowledge of a fleet comes from.
///
/// The sources are a [`crate::Pin`] and a fleet of a verified bundle, [`crate::FleetOverTheAir`].
pub trait TrustSource {
    /// The fleet that the source vouches for.
    fn fleet(&self) -> VerifiedFleet;

    /// Where the source says that the nodes are reached; addresses and nothing more.
    fn endpoints(&self) -> &[Endpoint] {
        &[]
    }
}

impl<S: TrustSource + ?Sized> TrustSource for &S {
    fn fleet(&self) -> VerifiedFleet {
        (**self).fleet()
    }

    fn endpoints(&self) -> &[Endpoint] {
        (**self).endpoints()
    }
}

/// A fleet that a trust source vouches for.
///
/// Holding it proves that this program was told to trust the fleet. It does not
/// prove that anybody who answers belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedFleet {
    pub(crate) id: FleetId,
    pub(crate) identity_key: [u8; 32],
    pub(crate) members: u8,
    pub(crate) quorum: u8,
    pub(crate) guesses: u8,
    pub(crate) class: Class,
    pub(crate) measurement: Digest,
    pub(crate) is_simulation: bool,
}

impl VerifiedFleet {
    /// The fleet id: the hash of its genesis.
    pub fn id(&self) -> FleetId {
        self.id
    }

    /// The fleet identity key, Ed25519, which endorses the members' keys.
    pub fn identity_key(&self) -> &[u8; 32] {
        &self.identity_key
    }

    /// How many members it has.
    pub fn members(&self) -> u8 {
        self.members
    }

    /// How many of them make a majority.
    pub fn quorum(&self) -> u8 {
        self.quorum
    }

    /// Guesses at a password between two successes.
    pub fn guesses(&self) -> u8 {
        self.guesses
    }

    /// What the anchors of a majority survive.
    pub fn class(&self) -> Class {
        self.class
    }

    /// The digest of the HSM program that every member runs.
    pub fn measurement(&self) -> Digest {
        self.measurement
    }

    /// Whether a member stands on the simulation platform, so that whoever runs its
    /// machine can read its secrets: INSECURE SIMULATION.
    pub fn is_simulation(&self) -> bool {
        self.is_simulation
    }
}

pub(crate) fn check_members(value: &Value<'_>) -> Result<u8, LineError> {
    let members: u8 = value.number()?;
    let is_allowed = members >= 3 && members % 2 == 1 && usize::from(members) <= MEMBERS_MAX;
    is_allowed.then_some(members).ok_or_else(|| value.error("a fleet has 3, 5, 7 or 9 members"))
}

pub(crate) fn check_quorum(value: &Value<'_>, members: u8) -> Result<u8, LineError> {
    let quorum: u8 = value.number()?;
    let majority = members / 2 + 1;
    (quorum == majority)
        .then_some(quorum)
        .ok_or_else(|| value.error(format_args!("the majority of {members} members is {majority}")))
}

pub(crate) fn check_guesses(value: &Value<'_>) -> Result<u8, LineError> {
    let guesses: u8 = value.number()?;
    let is_allowed = (1..=GUESSES_MAX).contains(&guesses);
    is_allowed.then_some(guesses).ok_or_else(|| value.error(format_args!("wants 1 to {GUESSES_MAX}")))
}

pub(crate) fn read_class(value: &Value<'_>) -> Result<Class, LineError> {
    [Class::Durable, Class::Orderly, Class::Volatile]
        .into_iter()
        .find(|class| class.word() == value.text())
        .ok_or_else(|| value.error("wants durable, orderly or volatile"))
}
