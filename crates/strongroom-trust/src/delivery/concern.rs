//! What is no error and yet keeps from registering, or has to be asked before recovering.

use super::Step;
use crate::{Moment, Revokers, counted};
use std::fmt;
use strongroom_protocol::ids::{Digest, FleetId};

/// Something about a verified unit that its user should know.
///
/// A device that registers has a choice and takes none with a concern that
/// [`Self::blocks_registering`]; one that recovers may have no other way, so its user is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Concern {
    /// The trust root has expired.
    #[error("the trust root expired on {0}: get a newer app or trust root")]
    RootExpired(Moment),
    /// The log's stored checkpoint could not be compared.
    #[error("nobody proved that the log grew out of the one seen before")]
    ConsistencyUnchecked,
    /// The log is shorter than it was.
    #[error(
        "the log has {}, {} seen before: this answer is old",
        counted(*met, "entry", "entries"),
        counted(*remembered, "was", "were")
    )]
    LogBehind {
        /// Leaves that the remembered checkpoint counts.
        remembered: u64,
        /// Leaves that this one counts.
        met: u64,
    },
    /// A signed time lies ahead of the device's clock.
    #[error("{what} bears the time {at}, which lies ahead of this device's clock: check the clock")]
    Future {
        /// Whose time.
        what: SignedTime,
        /// The time.
        at: Moment,
    },
    /// Too long ago that enough witnesses looked at the log.
    #[error("the last time that enough witnesses saw the log was {0}: this answer may be held back")]
    WitnessesStale(Moment),
    /// The bundle has expired.
    #[error("the bundle expired on {0}: ask the operator for a newer one")]
    BundleExpired(Moment),
    /// The locator beside the backup names a later bundle, which nobody has shown.
    #[error(
        "the backup names bundle {locator}, only {met} was found: this answer may be old, or the backup's note be wrong"
    )]
    LocatorAhead {
        /// What the locator names.
        locator: crate::Epoch,
        /// What was found.
        met: crate::Epoch,
    },
    /// The status note is too old.
    #[error("the last status note was written on {0}: this answer may be held back")]
    StatusStale(Moment),
    /// The status names a revocation that did not come with the unit.
    #[error("a revocation was held back: {0}")]
    RevocationWithheld(Digest),
    /// Operator or auditor alone revoked the fleet.
    #[error("the {by} alone revoked the fleet {fleet}: {reason}")]
    RevokedByOne {
        /// The fleet.
        fleet: FleetId,
        /// Who signed.
        by: Revokers,
        /// Why.
        reason: crate::Reason,
    },
}

/// Whose time lies ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedTime {
    /// A witness's cosignature.
    Cosignature,
    /// The bundle's time of issue.
    Bundle,
    /// The status note's time of issue.
    Status,
}

impl fmt::Display for SignedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cosignature => "a witness's cosignature",
            Self::Bundle => "the bundle",
            Self::Status => "the status note",
        })
    }
}

impl Concern {
    /// Whether nobody registers with it, and recovering asks the user. The others are told only.
    pub fn blocks_registering(&self) -> bool {
        !matches!(self, Self::ConsistencyUnchecked | Self::LocatorAhead { .. })
    }

    /// The step of the verification at which it was seen.
    pub fn step(&self) -> Step {
        match self {
            Self::RootExpired(_) => Step::RootVersion,
            Self::ConsistencyUnchecked | Self::LogBehind { .. } => Step::Consistency,
            Self::Future { .. } | Self::WitnessesStale(_) => Step::Freshness,
            Self::BundleExpired(_) | Self::LocatorAhead { .. } => Step::Epoch,
            Self::StatusStale(_) => Step::Status,
            Self::RevocationWithheld(_) | Self::RevokedByOne { .. } => Step::Revocations,
        }
    }

    /// Its name in the vectors and for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RootExpired(_) => "root-expired",
            Self::ConsistencyUnchecked => "consistency-unchecked",
            Self::LogBehind { .. } => "log-behind",
            Self::Future { .. } => "future",
            Self::WitnessesStale(_) => "witnesses-stale",
            Self::BundleExpired(_) => "bundle-expired",
            Self::LocatorAhead { .. } => "locator-ahead",
            Self::StatusStale(_) => "status-stale",
            Self::RevocationWithheld(_) => "revocation-withheld",
            Self::RevokedByOne { .. } => "revoked-by-one",
        }
    }
}
