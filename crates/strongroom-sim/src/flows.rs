//! The real flows of a device, under one roof.

use crate::operation::Outcome;
use strongroom_client::{
    Pending,
    flow::{
        Confirmation, Flow, FlowError, Next, OwnerAction, OwnerActionOutcome, PasswordChange,
        PasswordChangeOutcome, Recovered, Recovery, RecoveryOutcome, Registration, RegistrationOutcome,
        StatusQuery, Tools,
    },
};
use strongroom_protocol::{
    client::{self, Answer, AnswerBody, Refusal, Request, StatusAnswer},
    ids::VaultId,
};

/// A flow between two messages.
#[allow(clippy::large_enum_variant, reason = "a device has one")]
pub(crate) enum AnyFlow {
    Registration(Registration),
    Recovery(Recovery),
    Change(PasswordChange),
    Owner(OwnerAction),
    Status(StatusQuery),
    Delivery(Delivery),
}

/// How a flow goes on.
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub(crate) enum Turn {
    Send(AnyFlow),
    Again(AnyFlow),
    Done(Done),
}

/// How a flow ended.
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    /// The backup key that came out of it.
    pub(crate) key: Option<strongroom_client::BackupKey>,
}

/// A message 2 that an interrupted run had made.
pub(crate) struct Delivery(pub(crate) Request);

impl AnyFlow {
    pub(crate) fn request(&self) -> &Request {
        match self {
            Self::Registration(flow) => flow.request(),
            Self::Recovery(flow) => flow.request(),
            Self::Change(flow) => flow.request(),
            Self::Owner(flow) => flow.request(),
            Self::Status(flow) => flow.request(),
            Self::Delivery(flow) => &flow.0,
        }
    }

    pub(crate) fn pending(&self) -> Option<Pending> {
        match self {
            Self::Registration(flow) => flow.pending(),
            Self::Recovery(flow) => flow.pending(),
            Self::Change(flow) => flow.pending(),
            Self::Owner(flow) => flow.pending(),
            Self::Status(flow) => flow.pending(),
            Self::Delivery(_) => None,
        }
    }

    pub(crate) fn answered(self, answer: Answer, tools: &mut Tools<'_>) -> Result<Turn, FlowError> {
        Ok(match self {
            Self::Registration(flow) => turn(flow.answered(answer, tools)?, Self::Registration, registered),
            Self::Recovery(flow) => turn(flow.answered(answer, tools)?, Self::Recovery, recovered),
            Self::Change(flow) => turn(flow.answered(answer, tools)?, Self::Change, changed),
            Self::Owner(flow) => turn(flow.answered(answer, tools)?, Self::Owner, owner_done),
            Self::Status(flow) => turn(flow.answered(answer, tools)?, Self::Status, status_known),
            Self::Delivery(flow) => delivered(flow, answer)?,
        })
    }

    /// The vault that a registration makes now; another one after *vault exists*.
    pub(crate) fn vault_in_the_making(&self) -> Option<VaultId> {
        match self {
            Self::Registration(flow) => Some(flow.vault()),
            _ => None,
        }
    }
}

fn turn<F: Flow>(next: Next<F>, again: fn(F) -> AnyFlow, done: fn(F::Outcome) -> Done) -> Turn {
    match next {
        Next::Send(flow) => Turn::Send(again(flow)),
        Next::Again(flow, _) => Turn::Again(again(flow)),
        Next::Done(outcome) => Turn::Done(done(outcome)),
    }
}

fn plain(outcome: Outcome) -> Done {
    Done { outcome, key: None }
}

fn registered(outcome: RegistrationOutcome) -> Done {
    match outcome {
        RegistrationOutcome::Made { vault, key, generation, left, is_confirmed, .. } => {
            Done { outcome: Outcome::Registered { vault, generation, left, is_confirmed }, key: Some(key) }
        }
        RegistrationOutcome::OtherPassword => plain(Outcome::OtherPassword),
        RegistrationOutcome::Refused(refusal) => plain(Outcome::Refused(refusal)),
    }
}

fn recovered(outcome: RecoveryOutcome) -> Done {
    match outcome {
        RecoveryOutcome::Recovered(Recovered { key, generation, failed, confirmation, .. }) => {
            let confirmed = match confirmation {
                Confirmation::Confirmed { left } => Some(left),
                Confirmation::Undelivered | Confirmation::Uncounted | Confirmation::Refused(_) => None,
            };
            let outcome = Outcome::Recovered { is_right_key: false, generation, failed, confirmed };
            Done { outcome, key: Some(key) }
        }
        RecoveryOutcome::WrongPassword { left, failed, .. } => plain(Outcome::WrongPassword { left, failed }),
        RecoveryOutcome::Erased => plain(Outcome::FoundErased),
        RecoveryOutcome::Absent => plain(Outcome::Absent),
        RecoveryOutcome::Later => plain(Outcome::Later),
        RecoveryOutcome::Refused(refusal) => plain(Outcome::Refused(refusal)),
    }
}

fn changed(outcome: PasswordChangeOutcome) -> Done {
    plain(match outcome {
        PasswordChangeOutcome::Changed { slot, generation, left, is_confirmed } => {
            Outcome::Changed { slot, generation, left, is_confirmed }
        }
        PasswordChangeOutcome::OtherPassword => Outcome::OtherPassword,
        PasswordChangeOutcome::Absent => Outcome::Absent,
        PasswordChangeOutcome::Erased => Outcome::FoundErased,
        PasswordChangeOutcome::Refused(refusal) => Outcome::Refused(refusal),
    })
}

fn owner_done(outcome: OwnerActionOutcome) -> Done {
    plain(match outcome {
        OwnerActionOutcome::Done { .. } => Outcome::EraseDone,
        OwnerActionOutcome::Erased => Outcome::FoundErased,
        OwnerActionOutcome::Absent => Outcome::Absent,
        OwnerActionOutcome::Refused(refusal) => Outcome::Refused(refusal),
    })
}

fn status_known(answer: StatusAnswer) -> Done {
    plain(Outcome::Status(answer))
}

fn delivered(flow: Delivery, answer: Answer) -> Result<Turn, FlowError> {
    match answer.body {
        AnswerBody::Success(client::Outcome::Refused(Refusal::Busy | Refusal::NoMajority)) => {
            Ok(Turn::Again(AnyFlow::Delivery(flow)))
        }
        AnswerBody::Success(client::Outcome::Done(left)) => {
            Ok(Turn::Done(plain(Outcome::Delivered(Ok(left)))))
        }
        AnswerBody::Success(client::Outcome::Refused(refusal)) => {
            Ok(Turn::Done(plain(Outcome::Delivered(Err(refusal)))))
        }
        _ => Err(FlowError::OtherAnswer),
    }
}
