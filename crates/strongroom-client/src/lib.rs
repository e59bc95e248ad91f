//! The client of a Strongroom fleet: makes vaults, gets backup keys back, changes and erases.
//!
//! Pages: `docs/spec/flows.md`, `docs/spec/locator.md`, `docs/spec/pin.md`.
//!
//! ```no_run
//! # async fn example(pin: String) -> Result<(), Box<dyn std::error::Error>> {
//! use strongroom_client::{Client, Credential, Pin};
//!
//! let client = Client::builder().trust(&"…".parse::<Pin>()?).build()?;
//! let (locator, key) = client.register(Credential::password(&pin)).await?;      // keep the locator beside the backup
//! let recovered = client.recover(&locator, Credential::password(&pin)).await?;  // recovered.key matches key
//! # let _ = (key, recovered);
//! # Ok(()) }
//! ```
//!
//! Three layers, each usable without the one above: the flows ([`flow`]), which decide what is asked and what an answer
//! means; the channel to one node ([`Session`]); and [`Client`], which finds a node that answers, repeats what
//! got lost, and keeps the device's state.
//!
//! Absent on purpose: what is backed up (`strongroom`), and anything that an HSM knows.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod backup_key;
mod client;
mod credential;
mod error;
pub mod flow;
pub mod limits;
mod locator;
mod login;
mod owner;
mod passkey;
mod recovery_code;
mod session;
mod state;
mod stretching;
mod transport;
pub mod trust;

pub use backup_key::{BackupKey, BackupKeyError};
pub use client::{Added, Builder, Client, Erasure, MoveNeed, Moved, PasswordChanged, Resumed};
pub use credential::{Credential, CredentialError};
pub use error::{BuildError, ClientError};
pub use flow::Place;
pub use flow::{Confirmation, Purpose, Recovered};
pub use locator::{LOCATOR_FILE, Locator, LocatorError};
pub use passkey::{KnownPasskey, MadePasskey, PRF_OUTPUT_BYTES, PasskeyError, PasskeyOffer, PrfOutput};
pub use recovery_code::{RECOVERY_CODE_CHARACTERS, RecoveryCode, RecoveryCodeError, RecoveryCodeReading};
pub use session::{Sealed, Session, SessionError};
pub use state::{
    DeviceFolder, DeviceState, MoveStage, Pending, PendingAttempt, PendingMove, PendingUpload, StateError,
    StateTextError,
};
pub use stretching::{StretchingPolicy, StretchingRefused};
#[cfg(feature = "http")]
pub use transport::HttpTransport;
pub use transport::{DefaultTransport, Transport, TransportError};

pub use trust::{FleetTrust, LogUrl, OverTheAir, Questions, Trusted};

pub use strongroom_trust::{Concern, Endpoint, Epoch, Moment, Pin, TrustError, TrustRoot, TrustSource};
