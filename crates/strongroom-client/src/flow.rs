//! The flows: what a device asks, in which order, and what it makes of the answers. Page: `docs/spec/flows.md`.
//!
//! A flow is a value that holds the request to be sent next. Its driver stores
//! [`Flow::pending`], sends [`Flow::request`], as often as it takes, and hands the answer to
//! [`Flow::answered`], which consumes the flow and gives the next one.
//!
//! Invariants:
//!
//! - A request sent again is the same request, byte for byte, so that no retry costs a guess.
//! - Once KE2 has come the person is never asked again.
//! - Randomness and the stretching policy are arguments; nothing here sees a clock or the network.
//!
//! Absent on purpose: the channel ([`crate::Session`]), nodes and retries ([`crate::Client`]).

mod guess_memory;
mod owner_action;
mod password_change;
mod recovery;
mod registration;
mod slot_addition;
mod status_query;
mod uncounted_recovery;
mod upload;

pub use guess_memory::GuessMemory;
pub use owner_action::{OwnerAction, OwnerActionOutcome};
pub use password_change::{PasswordChange, PasswordChangeOutcome};
pub use recovery::{Confirmation, Recovered, Recovery, RecoveryOutcome};
pub use registration::{Registration, RegistrationOutcome};
pub use slot_addition::{Place, SlotAddition, SlotAdditionOutcome};
pub use status_query::StatusQuery;
pub use uncounted_recovery::{UncountedOutcome, UncountedRecovery};
pub use upload::Purpose;

pub(crate) use registration::random_vault;
pub(crate) use upload::random_registration;

use crate::{CredentialError, Pending, StretchingPolicy, StretchingRefused};
use strongroom_crypto::{
    Rng,
    opaque::{ClientLoginError, OpaqueError},
    seal::OpenError,
};
use strongroom_protocol::client::{Answer, Refusal, Request};

/// What a flow is lent for one step.
pub struct Tools<'a> {
    /// Randomness fit for keys.
    pub rng: &'a mut dyn Rng,
    /// Which key stretching to use and accept.
    pub stretching: StretchingPolicy,
}

/// One flow between two messages.
pub trait Flow: Sized {
    /// What it ends with.
    type Outcome;

    /// The request to be sent, and to be sent again until an answer comes.
    fn request(&self) -> &Request;

    /// What the device must have stored before the request is sent; nothing, where an interrupted flow can
    /// be begun anew without loss.
    fn pending(&self) -> Option<Pending>;

    /// Takes the answer to [`Self::request`].
    ///
    /// # Errors
    /// [`FlowError`] ends the flow. What was stored stays good for another try.
    fn answered(self, answer: Answer, tools: &mut Tools<'_>) -> Result<Next<Self>, FlowError>;
}

/// How a flow goes on.
pub enum Next<F: Flow> {
    /// With the flow's request, which is another message than the last, or begins one anew.
    Send(F),
    /// With the very same request, later or at another node.
    Again(F, Refusal),
    /// It is over.
    Done(F::Outcome),
}

/// A flow cannot go on: the device cannot or will not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// The credential cannot be used.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The fleet asks for weaker key stretching than the device accepts, or for an unknown one.
    #[error(transparent)]
    Stretching(#[from] StretchingRefused),
    /// The device cannot stretch the password.
    #[error("the password could not be stretched: not enough memory")]
    OutOfMemory,
    /// The answer holds something that does not decode.
    #[error("the fleet's answer is malformed")]
    Malformed,
    /// The answer holds the device's own element.
    #[error("the fleet's answer reflects what was sent")]
    Reflected,
    /// The answer is to another message.
    #[error("the fleet answered another message")]
    OtherAnswer,
    /// The credential is right, and the wrapped key is not the one it was wrapped for.
    #[error("the credential is right, but the wrapped backup key is damaged")]
    WrapDoesNotOpen,
    /// The proof for a slot that this device just made does not verify.
    #[error("the fleet cannot prove that it holds the slot that was just made")]
    NoProof,
    /// The fleet had the flow begin anew too often.
    #[error("the fleet made the device begin anew too often")]
    TooManyRestarts,
}

impl From<OpaqueError> for FlowError {
    fn from(error: OpaqueError) -> Self {
        match error {
            OpaqueError::Malformed(_) => Self::Malformed,
            OpaqueError::Reflected => Self::Reflected,
            OpaqueError::WrongProof => Self::NoProof,
            OpaqueError::Stretching => Self::OutOfMemory,
        }
    }
}

impl From<ClientLoginError> for FlowError {
    fn from(error: ClientLoginError) -> Self {
        match error {
            ClientLoginError::WrongPassword => Self::NoProof,
            ClientLoginError::Malformed => Self::Malformed,
            ClientLoginError::Reflected => Self::Reflected,
            ClientLoginError::Stretching => Self::OutOfMemory,
        }
    }
}

impl From<OpenError> for FlowError {
    fn from(OpenError: OpenError) -> Self {
        Self::WrapDoesNotOpen
    }
}

/// Whether the same request may do better later.
pub(crate) fn is_passing(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::Busy | Refusal::NoMajority)
}

/// Counts how often a flow began a step anew.
#[derive(Default)]
pub(crate) struct Restarts(u8);

impl Restarts {
    /// Takes one more.
    pub(crate) fn take(&mut self) -> Result<(), FlowError> {
        self.0 = self.0.saturating_add(1);
        if self.0 > crate::limits::RESTARTS_MAX { Err(FlowError::TooManyRestarts) } else { Ok(()) }
    }
}
