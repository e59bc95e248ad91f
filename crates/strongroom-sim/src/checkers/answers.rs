//! What checkers have in common when they look at answers.

use crate::observation::AnswerLeft;
use strongroom_protocol::{
    client::{AnswerBody, AttemptAnswer, Change, Outcome, Refusal, Request, RequestBody, StatusAnswer},
    ids::VaultId,
};

/// What an answer stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// An entry that was applied in the very step that answered.
    Entry,
    /// A read that a majority confirmed, or an entry; from outside they look the same.
    Read,
    /// Neither: what is said holds whatever was committed.
    Nothing,
}

/// Says what an answer must stand on.
pub(super) fn standing(left: &AnswerLeft) -> Standing {
    match &left.answer.body {
        AnswerBody::Create(Outcome::Done(_))
        | AnswerBody::Change(Outcome::Done(_))
        | AnswerBody::Success(Outcome::Done(_))
        | AnswerBody::Attempt(AttemptAnswer::Answered(_)) => Standing::Entry,
        AnswerBody::Status(StatusAnswer::Refused(_)) | AnswerBody::Register(_) => Standing::Nothing,
        AnswerBody::Status(_) | AnswerBody::Attempt(AttemptAnswer::Absent | AttemptAnswer::Erased) => {
            Standing::Read
        }
        AnswerBody::Attempt(AttemptAnswer::Later) => Standing::Entry,
        AnswerBody::Attempt(AttemptAnswer::Refused(refusal))
        | AnswerBody::Create(Outcome::Refused(refusal))
        | AnswerBody::Change(Outcome::Refused(refusal))
        | AnswerBody::Success(Outcome::Refused(refusal)) => match refusal {
            Refusal::VaultExists
            | Refusal::NoSuchVault
            | Refusal::WrongSlot
            | Refusal::SecondPassword
            | Refusal::RegistrationUsed
            | Refusal::GenerationConflict => Standing::Read,
            _ => Standing::Nothing,
        },
    }
}

/// What tells one request from another. A change is told by what it does and not by its signature, because a vault
/// knows its last change again by that: whoever repeats it is answered, and nothing is done.
pub(super) fn body_of(request: &Request) -> Vec<u8> {
    match &request.body {
        RequestBody::Change(change) => {
            let unsigned = Change { signature: [0; 64], ..change.clone() };
            strongroom_protocol::encode(&Request::new(RequestBody::Change(unsigned)))
        }
        _ => strongroom_protocol::encode(request),
    }
}

/// The vault that a request itself names, or the one that its sender had in mind.
pub(super) fn vault_of(request: &Request, meant: VaultId) -> VaultId {
    match &request.body {
        RequestBody::Register(register) => register.vault,
        RequestBody::Create(create) => create.vault,
        RequestBody::Change(change) => change.vault,
        RequestBody::Attempt(attempt) => attempt.vault,
        RequestBody::Status(status) => status.vault,
        RequestBody::Success(_) => meant,
    }
}

/// The upload in a request, if there is one.
pub(super) fn upload_of(body: &RequestBody) -> Option<&strongroom_protocol::client::SlotUpload> {
    use strongroom_protocol::client::ChangeAction;
    match body {
        RequestBody::Create(create) => Some(&create.slot),
        RequestBody::Change(change) => match &change.action {
            ChangeAction::Add(slot) | ChangeAction::Replace(slot) => Some(slot),
            ChangeAction::Remove(_) | ChangeAction::Erase => None,
        },
        _ => None,
    }
}

/// Which entries an answer can have come from: the place of its entry lies between the two, both included.
pub(super) fn window(left: &AnswerLeft) -> (u64, u64) {
    let first = match standing(left) {
        Standing::Entry => left.applied_before.0.saturating_add(1),
        Standing::Read | Standing::Nothing => left.applied_before.0,
    };
    (first, left.applied_after.0.max(first))
}
