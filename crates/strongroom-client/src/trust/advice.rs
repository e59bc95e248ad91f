//! What a refusal means to the person at the device, and what to do: one sentence for each.

use strongroom_trust::{CheckpointError, Concern, FloorSource, RootError, TrustError};

const FORGED: &str = "Somebody between you and the fleet, or its operator, shows a forged answer, so nothing was sent: \
    try another network, and tell the app's maker if it stays";
const DAMAGED: &str = "What the fleet hands out arrived damaged or was made by a faulty program, so nothing was sent: \
    try again later or on another network";
const TWO_FACES: &str = "Those who vouch for the fleet signed two statements that exclude each other, so nothing was \
    sent: keep the file with both and send it to the app's maker, for it proves a lie";
const OLD: &str = "An older answer than one that is known to exist was shown, so nothing was sent: try another network, \
    and tell the operator if it stays";
const REVOKED: &str = "This fleet was withdrawn for ever because it cannot be trusted any more, so nothing is sent to \
    it: a device that still holds the key can move to the new fleet, and everybody else needs the 64-digit key";

/// Says in one sentence what a refusal means and what to do. The error itself says what was met.
pub fn advice(error: &TrustError) -> &'static str {
    match error {
        TrustError::Unit(_)
        | TrustError::Note { .. }
        | TrustError::Proof { .. }
        | TrustError::Form { .. }
        | TrustError::CheckpointsDiffer
        | TrustError::RevocationRepeated => DAMAGED,
        TrustError::OperatorSignature { .. } => {
            "The operator of the fleet did not sign what was shown in its name, so nothing was sent: try another \
             network, and tell the app's maker if it stays"
        }
        TrustError::AuditorSignature { .. } => {
            "The independent auditor did not sign what was shown, so nothing was sent: try another network, and tell \
             the app's maker if it stays"
        }
        TrustError::Namespace { .. } => {
            "What was shown belongs to another service than yours, so nothing was sent: check the addresses of the \
             fleet and the trust root"
        }
        TrustError::RootOutdated { .. } => {
            "The keys by which the fleet is checked have changed and the newer ones were not handed out, so nothing \
             was sent: update the app, or get the newer trust root from its maker"
        }
        TrustError::Checkpoint(cause) => advice_on_checkpoint(cause),
        TrustError::Inclusion(_) => {
            "What was shown does not stand in the public log, so nothing was sent: try another network, and tell the \
             auditor if it stays"
        }
        TrustError::LogInconsistent | TrustError::LogEquivocation { .. } | TrustError::Equivocation(_) => {
            TWO_FACES
        }
        TrustError::EpochBelow { source_of_floor: FloorSource::App, .. } => {
            "An older answer than the one your app was shipped with was shown, so nothing was sent: try another \
             network, and tell the operator if it stays"
        }
        TrustError::EpochBelow { .. }
        | TrustError::StatusBack { .. }
        | TrustError::StatusOtherBundle { .. } => OLD,
        TrustError::Simulation(_) => {
            "The fleet is a simulation that protects nothing and the trust root allows none, so nothing was sent: \
             check that you were given the right trust root"
        }
        TrustError::UnknownFleet(_) => {
            "Operator and auditor do not vouch for the fleet that holds this vault, so nothing is sent to it: check \
             that trust root and backup belong to the same service"
        }
        TrustError::NoActiveFleet => {
            "No fleet takes new vaults at present, so none was made: try again later; what you have stays as it is"
        }
        TrustError::RevokedByBundle { .. } | TrustError::Revoked { .. } => REVOKED,
        TrustError::Revocation(_) => FORGED,
        TrustError::Concern(concern) => advice_on_concern(concern),
    }
}

fn advice_on_checkpoint(cause: &CheckpointError) -> &'static str {
    match cause {
        CheckpointError::Note(_) | CheckpointError::Form(_) | CheckpointError::EmptyRoot => DAMAGED,
        CheckpointError::ForeignOrigin | CheckpointError::LogUnsigned | CheckpointError::LogSignature(_) => {
            "The public log that was shown is not the auditor's, so nothing was sent: try another network, and tell \
             the auditor if it stays"
        }
        CheckpointError::Cosignature(_) => FORGED,
        CheckpointError::TooFewWitnesses { .. } => {
            "Too few independent witnesses confirm the public log, so nothing was sent: try again later, and tell the \
             auditor if it stays"
        }
    }
}

/// Says in one sentence what a concern means and what to do.
pub fn advice_on_concern(concern: &Concern) -> &'static str {
    match concern {
        Concern::RootExpired(_) => {
            "The keys by which the fleet is checked are past their time, so nobody can tell whether they are still \
             good: update the app, or go on only if you cannot wait"
        }
        Concern::ConsistencyUnchecked => {
            "It could not be checked that the public log only grew since the last time: this happens without a \
             connection to the log and is checked again next time"
        }
        Concern::LogBehind { .. } => {
            "The public log that was shown is shorter than the one seen before, so this answer is old: try another \
             network, or go on only if you cannot wait"
        }
        Concern::Future { .. } => {
            "The answer was signed at a time that lies ahead of this device's clock: set the clock right and try again"
        }
        Concern::WitnessesStale(_) | Concern::StatusStale(_) => {
            "Nobody has confirmed for more than two weeks that this fleet may be trusted, so a warning about it may be \
             kept from you: try another network, or go on only if you cannot wait"
        }
        Concern::BundleExpired(_) => {
            "What vouches for the fleet is past its time: try again later, or go on only if you cannot wait"
        }
        Concern::LocatorAhead { .. } => {
            "The backup was made under a newer statement about the fleet than the one shown: the answer is old or the \
             backup's own note is wrong, so try another network if you can"
        }
        Concern::RevocationWithheld(_) => {
            "A warning about one of the fleets exists and was kept from you: try another network, or go on only if you \
             cannot wait"
        }
        Concern::RevokedByOne { .. } => {
            "One of the two parties that vouch for the fleet has withdrawn its word: wait until they agree, or go on \
             only if you cannot wait"
        }
    }
}

/// Says in one sentence what it means that trust roots do not follow, and what to do.
pub fn advice_on_root(error: &RootError) -> &'static str {
    match error {
        RootError::OwnThreshold | RootError::PreviousThreshold | RootError::Note(_) => {
            "Newer keys for checking the fleet were shown that too few of those in charge have signed, so nothing was \
             sent: try another network, and tell the app's maker if it stays"
        }
        RootError::Version { .. } | RootError::Namespace(_) | RootError::Earlier => {
            "Newer keys for checking the fleet were shown that do not follow from those of your app, so nothing was \
             sent: update the app, and try another network"
        }
        RootError::Form(_) | RootError::Chain(_) => DAMAGED,
    }
}
