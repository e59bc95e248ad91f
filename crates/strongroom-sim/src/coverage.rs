//! What a run has reached: every class of faults, every refusal, every transition that the outside can see.
//!
//! A judge that never reaches something says nothing about it; so a run ends in a list of what was not reached.

mod expected;

pub use expected::expected;

use crate::{
    fault::Fault,
    observation::{AnswerLeft, End, Observation},
    operation::Outcome,
};
use std::collections::BTreeMap;
use strongroom_protocol::{
    client::{AnswerBody, AttemptAnswer, Outcome as Answered, Refusal, StatusAnswer},
    pipe::Role,
};

/// Counts by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    counts: BTreeMap<String, u64>,
    faults: u64,
    roles: BTreeMap<u32, Role>,
}

impl Coverage {
    /// Counts something once.
    pub(crate) fn count(&mut self, name: impl Into<String>) {
        *self.counts.entry(name.into()).or_default() += 1;
    }

    /// Faults that were injected.
    pub fn faults(&self) -> u64 {
        self.faults
    }

    /// All counts, by name.
    pub fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.faults += other.faults;
        for (name, count) in &other.counts {
            *self.counts.entry(name.clone()).or_default() += count;
        }
    }

    /// What should be reached and was not.
    pub fn unreached(&self) -> Vec<String> {
        expected().into_iter().filter(|name| !self.counts.contains_key(name)).collect()
    }

    pub(crate) fn take(&mut self, observation: &Observation) {
        match observation {
            Observation::FaultInjected(fault, _) => self.fault(*fault),
            Observation::Role { program, role, .. } => {
                let before = self.roles.insert(program.life.0, *role);
                if before != Some(*role) {
                    self.count(transition(before, *role));
                }
            }
            Observation::Ended { end, .. } => self.count(match end {
                End::Killed => "end: killed".into(),
                End::PowerLost => "end: power lost".into(),
                End::Stopped(fault) => format!("end: {}", kind_of(fault)),
            }),
            Observation::NotStarted { .. } => self.count("not started"),
            Observation::CheckpointRecorded { .. } => self.count("checkpoint recorded"),
            Observation::NodeHealed(_) => self.count("node healed"),
            Observation::DiskDamaged(..) => self.count("disk damaged"),
            Observation::UnreadableLeft { cause, .. } => self.count(format!("unreadable: {cause:?}")),
            Observation::AnswerLeft(left) => self.answer(left),
            Observation::Interrupted { .. } => self.count("client interrupted"),
            Observation::Returned { outcome, .. } => self.count(format!("outcome: {}", word_of(outcome))),
            _ => {}
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.faults += 1;
        self.count(format!("fault: {fault}"));
    }

    fn answer(&mut self, left: &AnswerLeft) {
        let kind = format!("{:?}", left.request.kind()).to_lowercase();
        match verdict(&left.answer.body) {
            Verdict::Refused(refusal) => {
                self.count(format!("refusal: {refusal:?}"));
                self.count(format!("{kind}: refused"));
            }
            Verdict::Word(word) => self.count(format!("{kind}: {word}")),
        }
    }
}

enum Verdict {
    Refused(Refusal),
    Word(&'static str),
}

fn verdict(body: &AnswerBody) -> Verdict {
    match body {
        AnswerBody::Register(Answered::Refused(refusal))
        | AnswerBody::Create(Answered::Refused(refusal))
        | AnswerBody::Change(Answered::Refused(refusal))
        | AnswerBody::Success(Answered::Refused(refusal))
        | AnswerBody::Attempt(AttemptAnswer::Refused(refusal))
        | AnswerBody::Status(StatusAnswer::Refused(refusal)) => Verdict::Refused(*refusal),
        AnswerBody::Create(Answered::Done(done)) | AnswerBody::Change(Answered::Done(done))
            if done.confirming.is_none() =>
        {
            Verdict::Word("done, nothing to confirm")
        }
        AnswerBody::Register(_) | AnswerBody::Create(_) | AnswerBody::Change(_) | AnswerBody::Success(_) => {
            Verdict::Word("done")
        }
        AnswerBody::Attempt(AttemptAnswer::Answered(answered)) if answered.left == 0 => {
            Verdict::Word("answered, none left")
        }
        AnswerBody::Attempt(AttemptAnswer::Answered(_)) => Verdict::Word("answered"),
        AnswerBody::Attempt(AttemptAnswer::Erased) => Verdict::Word("erased"),
        AnswerBody::Attempt(AttemptAnswer::Absent) => Verdict::Word("absent"),
        AnswerBody::Attempt(AttemptAnswer::Later) => Verdict::Word("later"),
        AnswerBody::Status(StatusAnswer::Present(_)) => Verdict::Word("present"),
        AnswerBody::Status(StatusAnswer::Absent) => Verdict::Word("absent"),
        AnswerBody::Status(StatusAnswer::Erased) => Verdict::Word("erased"),
    }
}

fn transition(before: Option<Role>, after: Role) -> String {
    format!("replica: {} to {}", before.map_or("nothing", Role::word), after.word())
}

fn kind_of(fault: &strongroom_hsm::fault::Fault) -> &'static str {
    use strongroom_hsm::fault::Fault as Stop;
    match fault {
        Stop::Hardware(_) => "stopped by its hardware",
        Stop::Superseded => "superseded",
        Stop::Host(_) => "stopped by its host",
        Stop::Peer { .. } => "stopped by a peer",
        Stop::Divergence { .. } => "divergence",
        Stop::Own(_) => "own state",
        Stop::Consensus(_) => "consensus",
    }
}

fn word_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Registered { is_confirmed: true, .. } => "registered".into(),
        Outcome::Registered { .. } => "registered, unconfirmed".into(),
        Outcome::Recovered { confirmed: Some(_), .. } => "recovered".into(),
        Outcome::Recovered { .. } => "recovered, unconfirmed".into(),
        Outcome::WrongPassword { .. } => "wrong password".into(),
        Outcome::Changed { .. } => "changed".into(),
        Outcome::EraseDone => "erased".into(),
        Outcome::FoundErased => "found erased".into(),
        Outcome::Absent => "absent".into(),
        Outcome::Later => "later".into(),
        Outcome::Refused(_) => "refused".into(),
        Outcome::Status(_) => "status".into(),
        Outcome::OtherPassword => "other password".into(),
        Outcome::Delivered(Ok(_)) => "delivered".into(),
        Outcome::Delivered(Err(_)) => "delivered in vain".into(),
        Outcome::NothingLeft => "nothing left".into(),
        Outcome::Failed(error) => format!("failed: {error}"),
    }
}
