//! Whom a client believes, and how it comes to. Pages: `docs/spec/delivery.md`, `docs/spec/flows.md`, "Trust".
//!
//! Two kinds of trust stand behind one trait, [`FleetTrust`]: the pin, which names the fleet, and the trust root
//! ([`OverTheAir`]), under which nodes hand the fleet out. What has to be asked is an [`Inquiry`], which sees neither
//! clock nor network; its driver carries questions to nodes and to the log.
//!
//! Invariants:
//!
//! - Nothing is sealed to a fleet before an inquiry gave it out, and the device has stored what it learned.
//! - What the device remembers never goes back.
//! - A proof of consistency that cannot be had keeps nobody from recovering.
//!
//! Absent on purpose: the steps of the verification (`strongroom-trust`), and talking to people: what has to be
//! asked is a typed error ([`crate::ClientError::Unconfirmed`]).

mod advice;
mod inquiry;
mod log_url;
mod over_the_air;
mod state;
mod tiles;
mod trusted;

pub use advice::{advice, advice_on_concern, advice_on_root};
pub use inquiry::{Answer, Asked, Inquiry, InquiryError, Question};
pub use log_url::{LogUrl, LogUrlError};
pub use over_the_air::OverTheAir;
pub use state::{TrustState, TrustStateError};
pub(crate) use trusted::NotGiven;
pub use trusted::{Believed, Questions, Trusted, Wanted};

use std::sync::Arc;
use strongroom_trust::{Endpoint, Pin, TrustSource, VerifiedFleet};

/// How a client comes to believe a fleet.
pub trait FleetTrust: Send + Sync {
    /// Where the nodes are reached, as far as the trust itself says; addresses and nothing more.
    fn endpoints(&self) -> &[Endpoint];

    /// The way to the fleet.
    fn way(&self) -> Way<'_>;

    /// The same trust, to be kept.
    fn shared(&self) -> Arc<dyn FleetTrust>;
}

/// What a trust has to offer before anybody was asked.
pub enum Way<'a> {
    /// The fleet itself.
    Fleet(VerifiedFleet),
    /// The rules by which nodes are asked for it.
    Ask(&'a OverTheAir),
}

impl FleetTrust for Pin {
    fn endpoints(&self) -> &[Endpoint] {
        TrustSource::endpoints(self)
    }

    fn way(&self) -> Way<'_> {
        Way::Fleet(self.fleet())
    }

    fn shared(&self) -> Arc<dyn FleetTrust> {
        Arc::new(self.clone())
    }
}

impl FleetTrust for OverTheAir {
    fn endpoints(&self) -> &[Endpoint] {
        &[]
    }

    fn way(&self) -> Way<'_> {
        Way::Ask(self)
    }

    fn shared(&self) -> Arc<dyn FleetTrust> {
        Arc::new(self.clone())
    }
}

impl<T: FleetTrust + ?Sized> FleetTrust for &T {
    fn endpoints(&self) -> &[Endpoint] {
        (**self).endpoints()
    }

    fn way(&self) -> Way<'_> {
        (**self).way()
    }

    fn shared(&self) -> Arc<dyn FleetTrust> {
        (**self).shared()
    }
}
