//! What keeps an auditor from acting, whatever the act.

use crate::{
    config::ConfigError,
    keys::{KeysError, SigningError},
    ledger::LedgerError,
    log::LogError,
    storage::StorageError,
    web::WebError,
};
use strongroom_trust::{RootError, TrustError, admission::StatusError};

/// A folder cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A file cannot be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The keys cannot be made.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The configuration cannot be written.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// A folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The keys do not open.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Witnesses cannot be reached from this machine at all.
    #[error(transparent)]
    Web(#[from] WebError),
}

/// An act did not end; whatever was begun goes on with the next one.
#[derive(Debug, thiserror::Error)]
pub enum AuditorError {
    /// No trust root was adopted yet.
    #[error("there is no trust root yet")]
    NoRoot,
    /// The trust root's time is over.
    #[error("the trust root has expired: a new one has to be adopted first")]
    RootExpired,
    /// The trust root names keys that this program did not open.
    #[error("the newest trust root names other keys than were opened: start the service again")]
    OtherKeys,
    /// Keys that were named cannot be put in their place.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A trust root in the folder is none any more.
    #[error("the trust root in the folder: {0}")]
    Root(#[from] RootError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log did not grow, or cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A leaf of the own log is not what the auditor logs.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A key did not sign.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A note in the folder is none any more.
    #[error("{0} is not what the auditor wrote: its folder is damaged")]
    Broken(String),
    /// The own status would break a rule, as when the clock was put back.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// A delivery unit could not be made that devices would believe; the last one stays.
    #[error("the delivery unit would be refused: {0}")]
    Unit(#[from] TrustError),
    /// More revocations count than a status can name.
    #[error(
        "more revocations count than a status can name: a new bundle has to list those fleets as revoked"
    )]
    TooManyRevocations,
}
