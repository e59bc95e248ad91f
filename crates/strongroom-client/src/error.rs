//! What can go wrong for somebody who uses the client, told apart by what helps.

use crate::{
    CredentialError, PasskeyError, StateError, StretchingRefused,
    flow::FlowError,
    trust::{InquiryError, Questions, advice, advice_on_root},
};
use core::time::Duration;
use std::path::PathBuf;
use strongroom_protocol::{
    client::Refusal,
    ids::{FleetId, SlotNumber},
};
use strongroom_trust::{Endpoint, EndpointError, MemoryError, NodeKeysError, RootError, TrustError};

/// An operation of [`crate::Client`] did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The password is wrong; a guess is spent.
    #[error("wrong password; guesses left: {left}")]
    WrongPassword {
        /// Guesses left.
        left: u8,
        /// Wrong guesses since the last success, this one not counted.
        failed: u32,
        /// How many of those were not made on this device.
        failed_elsewhere: u32,
    },
    /// The recovery code opens no slot of this vault. No guess was spent.
    #[error("this recovery code does not open the vault; no guess was spent")]
    WrongRecoveryCode,
    /// The passkey's answer does not open its slot: it has changed since the slot was made. No guess was spent.
    #[error("the passkey's answer does not open the vault; no guess was spent")]
    WrongPasskey,
    /// The vault has no recovery code.
    #[error("the vault has no recovery code, or not any more")]
    NoRecoveryCode,
    /// The passkey was removed from the vault.
    #[error("this passkey opens the vault no more: it was removed from it")]
    NoPasskey,
    /// The vault has a recovery code, or this very passkey, already.
    #[error("that stands in the vault already, in slot {}", .0.get())]
    SlotTaken(SlotNumber),
    /// All slots are taken.
    #[error("the vault has eight slots already; remove one first")]
    Full,
    /// The slot or the vault is erased, for ever.
    #[error("the vault or its slot is erased; no password opens it any more")]
    Erased,
    /// Nodes were reached, and none reached a majority. What was sent may still take effect; sending it again costs no guess.
    #[error(
        "the fleet cannot answer: {reachable} of {endpoints} nodes are reachable, and no majority answers"
    )]
    NoMajority {
        /// Endpoints at which something of the fleet answered.
        reachable: usize,
        /// All endpoints.
        endpoints: usize,
    },
    /// No node was reached at all.
    #[error("none of {endpoints} nodes can be reached: {cause}")]
    Unreachable {
        /// All endpoints.
        endpoints: usize,
        /// What happened at the last one.
        cause: String,
    },
    /// A fleet other than the trusted one was met. Nothing that helps to guess a password was sent to it.
    #[error("this fleet is not the one you trust: expected {expected}, met {met} at {place}")]
    Untrusted {
        /// The fleet that is trusted.
        expected: FleetId,
        /// The fleet that was met.
        met: FleetId,
        /// Where: an endpoint, or the locator.
        place: String,
    },
    /// Somebody claims to be of the trusted fleet and cannot prove it. Nothing that helps to guess a password was sent.
    #[error("the node at {endpoint} cannot prove that it belongs to the fleet you trust: {cause}")]
    Impostor {
        /// Where.
        endpoint: Endpoint,
        /// What is wrong with its keys.
        cause: NodeKeysError,
    },
    /// What nodes hand out is not believed, or forbids what was asked. Nothing was sent to the fleet.
    #[error("the fleet is not believed: {cause}")]
    Trust {
        /// Why; [`TrustError::step`] says at which step.
        cause: Box<TrustError>,
        /// Where the device keeps what proves it to others, where there is such a proof.
        evidence: Option<PathBuf>,
    },
    /// The trust roots that nodes hand out do not follow from the one at hand. Nothing was sent to the fleet.
    #[error("the fleet is not believed: {0}")]
    Roots(RootError),
    /// What is to be remembered of a unit cannot be read again. Nothing was sent to the fleet.
    #[error("the fleet is not believed: {0}")]
    Memory(MemoryError),
    /// The nodes hand out nothing by which the fleet could be believed.
    #[error("none of {endpoints} nodes hands out what shows that the fleet may be trusted")]
    NoUnit {
        /// All endpoints.
        endpoints: usize,
    },
    /// The user has to be told something first, and to insist: [`crate::Client::insist`]. Nothing was sent to the fleet.
    #[error("the fleet may not be trustworthy: {0}")]
    Unconfirmed(Box<Questions>),
    /// A move has to survive an interruption, and the client has no folder to keep it in.
    #[error("a vault moves only from a device that keeps its state")]
    NoDevice,
    /// There is no such vault: the locator is damaged or of another fleet, or the vault was never made.
    #[error("the fleet knows no vault of this locator")]
    Absent,
    /// The credential is right, and the wrapped backup key does not open.
    #[error("the credential is right, but the wrapped backup key is damaged")]
    Damaged,
    /// The account is not authorised at the fleet's hosts.
    #[error("the account is not authorised at {endpoint} (HTTP {status})")]
    NotAuthorised {
        /// Where.
        endpoint: Endpoint,
        /// HTTP's status.
        status: u16,
    },
    /// The account asks too often.
    #[error("too many requests; try again in {} seconds", .retry_after.as_secs())]
    RateLimited {
        /// When to ask again.
        retry_after: Duration,
    },
    /// Every node that was reached has too much to do, or does not serve yet.
    #[error("the fleet has too much to do; try again")]
    Busy,
    /// The vault remembers too many attempts. Nothing was spent.
    #[error("too many attempts at this vault; nothing was spent, try again in some minutes")]
    Later,
    /// An interrupted registration was begun with another password.
    #[error("this vault was begun with another password; type that one, or begin anew")]
    OtherPassword,
    /// The vault was begun on this device and may not have been made yet.
    #[error("the making of this vault was interrupted; finish it first")]
    Unfinished,
    /// The device holds no backup key of this vault.
    #[error("this device holds no backup key of this vault")]
    NoKey,
    /// The credential cannot be used.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The passkey cannot be used.
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
    /// The fleet asks for key stretching that this device refuses.
    #[error(transparent)]
    Stretching(StretchingRefused),
    /// The fleet refused for another reason.
    #[error("the fleet refused: {0}")]
    Refused(Refusal),
    /// The fleet's answers make no sense, or the device ran out of memory.
    #[error(transparent)]
    Flow(FlowError),
    /// The device's own state cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The locator could not be kept beside the backup. Nothing was sent.
    #[error("the locator could not be kept: {0}")]
    Locator(std::io::Error),
}

impl ClientError {
    /// The exit code of the command line: 3 wrong password, 4 erased, 5 no majority, 6 not the trusted
    /// fleet, 7 damaged or missing, 8 not authorised, 1 anything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::WrongPassword { .. } | Self::WrongRecoveryCode | Self::WrongPasskey => 3,
            Self::Erased => 4,
            Self::NoMajority { .. } | Self::Unreachable { .. } => 5,
            Self::Untrusted { .. }
            | Self::Impostor { .. }
            | Self::Trust { .. }
            | Self::Roots(_)
            | Self::Memory(_)
            | Self::NoUnit { .. }
            | Self::Unconfirmed(_) => 6,
            Self::Absent | Self::Damaged | Self::NoRecoveryCode | Self::NoPasskey => 7,
            Self::NotAuthorised { .. } => 8,
            Self::RateLimited { .. }
            | Self::Busy
            | Self::Later
            | Self::OtherPassword
            | Self::Unfinished
            | Self::NoKey
            | Self::NoDevice
            | Self::SlotTaken(_)
            | Self::Full
            | Self::Credential(_)
            | Self::Passkey(_)
            | Self::Stretching(_)
            | Self::Refused(_)
            | Self::Flow(_)
            | Self::State(_)
            | Self::Locator(_) => 1,
        }
    }
}

impl ClientError {
    /// What a refusal of trust means to the person at the device and what to do, in one sentence; nothing
    /// for errors of another kind.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Trust { cause, .. } => Some(advice(cause)),
            Self::Roots(cause) => Some(advice_on_root(cause)),
            Self::NoUnit { .. } => Some(
                "The nodes that were asked show nothing by which the fleet could be checked, so nothing was sent: check \
                 their addresses, or pin the fleet if its operator says so",
            ),
            _ => None,
        }
    }

    /// What an inquiry failed with.
    pub(crate) fn of_inquiry(error: InquiryError, evidence: Option<PathBuf>, endpoints: usize) -> Self {
        match error {
            InquiryError::Unreachable(cause) => Self::Unreachable { endpoints, cause },
            InquiryError::NoUnit => Self::NoUnit { endpoints },
            InquiryError::Roots(cause) => Self::Roots(cause),
            InquiryError::Memory(cause) => Self::Memory(cause),
            InquiryError::Unit { cause, .. } => Self::Trust { cause, evidence },
        }
    }
}

impl From<FlowError> for ClientError {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Credential(error) => Self::Credential(error),
            FlowError::Stretching(error) => Self::Stretching(error),
            FlowError::WrapDoesNotOpen => Self::Damaged,
            FlowError::OutOfMemory
            | FlowError::Malformed
            | FlowError::Reflected
            | FlowError::OtherAnswer
            | FlowError::NoProof
            | FlowError::TooManyRestarts => Self::Flow(error),
        }
    }
}

impl From<Refusal> for ClientError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::VaultErased => Self::Erased,
            Refusal::NoSuchVault => Self::Absent,
            other => Self::Refused(other),
        }
    }
}

/// A client cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No fleet to trust was named.
    #[error("no fleet to trust was named")]
    NoTrust,
    /// Neither the app nor the pin names an endpoint.
    #[error("neither the app nor the pin names an endpoint")]
    NoEndpoint,
    /// A text is no endpoint.
    #[error("{text}: {cause}")]
    Endpoint {
        /// The text.
        text: String,
        /// What is wrong with it.
        cause: EndpointError,
    },
    /// An endpoint on another machine is spoken to without TLS.
    #[error("{0} is not encrypted: use https, or allow it explicitly")]
    PlainHttp(Endpoint),
    /// The token cannot stand in an HTTP header.
    #[error("the account's token is empty, too long, or has characters that may not stand in a header")]
    Token,
    /// A root certificate is none.
    #[error("a root certificate cannot be used: {0}")]
    RootCertificate(String),
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness")]
    NoRandomness,
}
