//! Asks how a vault stands, which costs no guess.

use super::{Flow, FlowError, Next, Tools, is_passing};
use crate::Pending;
use strongroom_protocol::{
    client::{Answer, AnswerBody, Request, RequestBody, Status, StatusAnswer},
    ids::VaultId,
};

/// One question about a vault.
pub struct StatusQuery {
    request: Request,
}

impl StatusQuery {
    /// Asks about a vault.
    pub fn begin(vault: VaultId) -> Self {
        Self { request: Request::new(RequestBody::Status(Status { vault })) }
    }
}

impl Flow for StatusQuery {
    type Outcome = StatusAnswer;

    fn request(&self) -> &Request {
        &self.request
    }

    fn pending(&self) -> Option<Pending> {
        None
    }

    fn answered(self, answer: Answer, _: &mut Tools<'_>) -> Result<Next<Self>, FlowError> {
        match answer.body {
            AnswerBody::Status(StatusAnswer::Refused(refusal)) if is_passing(refusal) => {
                Ok(Next::Again(self, refusal))
            }
            AnswerBody::Status(answer) => Ok(Next::Done(answer)),
            _ => Err(FlowError::OtherAnswer),
        }
    }
}
