//! What a long run should reach.

use crate::fault::Fault;
use strongroom_protocol::client::Refusal;

/// All refusals of the protocol.
const REFUSALS: [Refusal; 15] = [
    Refusal::Malformed,
    Refusal::Busy,
    Refusal::NoMajority,
    Refusal::VaultExists,
    Refusal::NoSuchVault,
    Refusal::VaultErased,
    Refusal::WrongSlot,
    Refusal::SecondPassword,
    Refusal::RegistrationUsed,
    Refusal::TicketDead,
    Refusal::TokenDead,
    Refusal::GenerationConflict,
    Refusal::ForeignSignature,
    Refusal::WrongProof,
    Refusal::AttemptClosed,
];

/// Everything else, by the names under which it is counted.
const OTHERS: &[&str] = &[
    "register: done",
    "create: done",
    "create: done, nothing to confirm",
    "change: done",
    "change: done, nothing to confirm",
    "attempt: answered",
    "attempt: answered, none left",
    "attempt: erased",
    "attempt: absent",
    "attempt: later",
    "success: done",
    "status: present",
    "status: absent",
    "status: erased",
    "unreadable: Malformed",
    "unreadable: UnknownChannelKey",
    "unreadable: UnknownContext",
    "unreadable: OtherNode",
    "unreadable: NotServing",
    "replica: nothing to follower",
    "replica: nothing to refused",
    "replica: refused to follower",
    "replica: follower to candidate",
    "replica: candidate to leader",
    "replica: candidate to follower",
    "replica: leader to follower",
    "end: killed",
    "end: power lost",
    "end: superseded",
    "end: stopped by its host",
    "checkpoint recorded",
    "disk damaged",
    "node healed",
    "client interrupted",
];

/// The names of all that should be reached.
pub fn expected() -> Vec<String> {
    let faults = Fault::ALL.iter().map(|fault| format!("fault: {fault}"));
    let refusals = REFUSALS.iter().map(|refusal| format!("refusal: {refusal:?}"));
    faults.chain(refusals).chain(OTHERS.iter().map(ToString::to_string)).collect()
}
