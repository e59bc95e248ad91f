//! What clients ask, from the opened request to the sealed answer.

use super::{Member, Phase, answer_context, ticket_keys};
use crate::{
    answers::{self, Built},
    effect::Effects,
    fault::Fault,
    paths::{PathFetch, PathProgress},
    peer::{PeerBody, Propose},
    replica::{Applied, Replica, fresh_proposal_id},
    requests::{Decision, DecisionContext, ProvenSuccess, Question, Reply, decide},
    token::open_token,
    vault::{Proposal, Record},
};
use strongroom_crypto::{
    Rng,
    hash::mac,
    labels,
    opaque::{Identities, check_ke1, check_record, finish_login},
};
use strongroom_protocol::{
    bytes::Bytes,
    client::{Answer, AnswerBody, ChangeAction, Refusal, Request, RequestBody, SlotUpload, Success},
    encode,
    frame::{AnswerFrame, AnswerFrameBody, Unreadable},
    ids::{Partition, RecordId, VaultId},
    limits::KE1_BYTES,
    pipe::{Fetched, FromClient, HsmMessage, ToClient},
};

impl Member {
    pub(super) fn on_client(&mut self, from: &FromClient, rng: &mut dyn Rng, effects: &mut Effects) {
        let unreadable = |cause| AnswerFrame::new(AnswerFrameBody::Unreadable(cause));
        let (Phase::Serving(_), Some(channel)) = (&self.phase, &mut self.channel) else {
            return answer_frame(from.id, &unreadable(Unreadable::NotServing), effects);
        };
        if !self.requests.has_room() {
            return answer_frame(from.id, &unreadable(Unreadable::Busy), effects);
        }
        match channel.open(from.id, from.frame.as_slice()) {
            Ok((reply, request)) => {
                self.opened = self.opened.saturating_add(1);
                self.take_in(reply, request, rng, effects);
            }
            Err(cause) => {
                self.unreadable = self.unreadable.saturating_add(1);
                answer_frame(from.id, &unreadable(cause), effects);
            }
        }
    }

    /// Answers what needs no record, and takes the rest in.
    fn take_in(&mut self, reply: Reply, request: Request, rng: &mut dyn Rng, effects: &mut Effects) {
        let Phase::Serving(replica) = &self.phase else { return };
        let kind = request.kind();
        let question = match request.body {
            RequestBody::Register(register) => {
                let body = answers::register(&answer_context(&self.fleet, replica), &register, rng);
                return self.answer(&reply, Built::from(body), rng, effects);
            }
            RequestBody::Create(create) if is_well_formed(&create.slot) => Ok(Question::Create(create)),
            RequestBody::Change(change) if change_is_well_formed(&change.action) => {
                Ok(Question::Change(change))
            }
            RequestBody::Attempt(attempt) if check_ke1(&attempt.ke1).is_ok() => {
                Ok(Question::Attempt(attempt))
            }
            RequestBody::Success(success) => self.prove(&success, replica).map(Question::Success),
            RequestBody::Status(status) => Ok(Question::Status(status)),
            _ => Err(Refusal::Malformed),
        };
        match question {
            Ok(question) => {
                let Some(record) = self.record_id(question.vault()) else { return };
                self.requests.admit(reply, question, record, fresh_proposal_id(rng));
            }
            Err(refusal) => self.answer(&reply, Answer::refusing(kind, refusal).body.into(), rng, effects),
        }
    }

    /// Checks KE3 against the token. The owner's signature is checked when the vault was read.
    fn prove(&self, success: &Success, replica: &Replica) -> Result<ProvenSuccess, Refusal> {
        let opened = open_token(&ticket_keys(replica), &self.fleet, &success.token);
        let opened = opened.map_err(|_| Refusal::TokenDead)?;
        let attempt = opened.attempt;
        let client = answers::client_identity(&attempt.vault, attempt.registration);
        let identities = Identities { client: &client, server: self.fleet.as_bytes() };
        let proven = finish_login(opened.login, &success.ke3, identities);
        if proven.is_err() && !planted!(RefillsOnSignatureAlone) {
            return Err(Refusal::WrongProof);
        }
        Ok(ProvenSuccess {
            vault: attempt.vault,
            slot: attempt.slot,
            registration: attempt.registration,
            attempt: attempt.attempt,
            signature: success.signature,
        })
    }

    /// Begins whatever requests wait for. Gives whether anything was begun.
    pub(super) fn work_on_requests(
        &mut self,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<bool, Fault> {
        let Phase::Serving(replica) = &mut self.phase else { return Ok(false) };
        let applied = replica.indices().2;
        self.requests.applied(applied);
        let mut moved = false;
        let leader = replica.leader();
        if self.reading.is_none() {
            moved |= self.begin_reading(rng, effects)?;
        }
        if leader.is_some()
            && let Some(context) = self.requests.next_confirmation()
        {
            moved = true;
            self.ask_confirmation(context, effects);
        }
        moved |= self.make_proposals(rng, effects);
        Ok(moved)
    }

    /// Decides on requests whose records lie open, and has the host bring the paths of the others. Gives
    /// whether anything was decided.
    fn begin_reading(&mut self, rng: &mut dyn Rng, effects: &mut Effects) -> Result<bool, Fault> {
        let Phase::Serving(replica) = &mut self.phase else { return Ok(false) };
        let reads = self.requests.next_reads();
        let (open, shut): (Vec<_>, Vec<_>) =
            reads.into_iter().partition(|(_, record)| replica.tree().is_open(record));
        if !shut.is_empty() {
            let numbers = shut.iter().map(|(number, _)| *number).collect();
            let mut records: Vec<RecordId> = shut.into_iter().map(|(_, record)| record).collect();
            records.sort_unstable();
            records.dedup();
            let fetch = replica.fetch_number();
            let fetch = PathFetch::begin(fetch, replica.indices().2, replica.tree(), records, effects);
            self.reading = Some((fetch, numbers));
        }
        for (number, _) in &open {
            self.decide_on(*number, rng, effects)?;
        }
        Ok(!open.is_empty())
    }

    /// Gives a read up and queues its requests for another, as of the newest root.
    pub(super) fn read_again(&mut self) {
        for number in self.reading.take().map(|(_, numbers)| numbers).unwrap_or_default() {
            self.requests.read_again(number);
        }
    }

    /// The host brings paths for requests.
    pub(super) fn on_read(
        &mut self,
        fetched: Fetched,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        let (Phase::Serving(replica), Some((fetch, numbers))) = (&mut self.phase, self.reading.take()) else {
            return Ok(());
        };
        if fetch.number() != fetched.fetch {
            self.reading = Some((fetch, numbers));
            return Ok(());
        }
        let applied = replica.indices().2;
        match fetch.answer(applied, replica.tree_mut(), fetched, effects)? {
            PathProgress::Waiting(fetch) => self.reading = Some((fetch, numbers)),
            PathProgress::Opened => {
                for number in numbers {
                    self.decide_on(number, rng, effects)?;
                }
                if let Phase::Serving(replica) = &mut self.phase {
                    replica.make_room(effects)?;
                }
            }
        }
        Ok(())
    }

    fn decide_on(&mut self, number: u64, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        let Phase::Serving(replica) = &self.phase else { return Ok(()) };
        let Some((request, confirmed)) = self.requests.reading(number) else { return Ok(()) };
        let leaf = replica.tree().read(&request.record).map_err(|_| Fault::Own("a path was not opened"))?;
        let record = leaf.map(Record::decode).transpose()?;
        let context =
            DecisionContext { answers: answer_context(&self.fleet, replica), tickets: ticket_keys(replica) };
        match decide(&context, &request.question, record.as_ref(), confirmed, rng) {
            Decision::Propose(proposal) => self.requests.propose(number, proposal),
            Decision::Confirm => self.requests.confirm(number),
            Decision::Answer(body) => {
                if let Some(request) = self.requests.take(number) {
                    self.answer(&request.reply, body.into(), rng, effects);
                }
            }
        }
        Ok(())
    }

    /// An entry was applied: if a request of this node proposed it, the request is answered.
    pub(super) fn answer_applied(&mut self, applied: &Applied, rng: &mut dyn Rng, effects: &mut Effects) {
        let Some(request) = self.requests.take_applied(&applied.proposal()) else { return };
        let Phase::Serving(replica) = &self.phase else { return };
        let context = answer_context(&self.fleet, replica);
        let built = match &request.question {
            Question::Attempt(attempt) => answers::attempt(&context, attempt, applied, rng),
            Question::Create(create) => {
                let ke1 = confirming_ke1(&create.slot);
                answers::upload(&context, request.reply.kind, &create.vault, ke1, applied, rng)
            }
            Question::Change(change) => {
                let ke1 = match &change.action {
                    ChangeAction::Add(slot) | ChangeAction::Replace(slot) => confirming_ke1(slot),
                    ChangeAction::Remove(_) | ChangeAction::Erase => None,
                };
                answers::upload(&context, request.reply.kind, &change.vault, ke1, applied, rng)
            }
            Question::Success(_) => answers::success(applied).into(),
            Question::Status(_) => return,
        };
        self.answer(&request.reply, built, rng, effects);
    }

    /// Time has passed: what took too long is refused.
    pub(super) fn tick_requests(&mut self, rng: &mut dyn Rng, effects: &mut Effects) {
        for request in self.requests.tick() {
            let body = Answer::refusing(request.reply.kind, Refusal::NoMajority).body;
            self.answer(&request.reply, body.into(), rng, effects);
        }
    }

    fn answer(&mut self, reply: &Reply, built: Built, rng: &mut dyn Rng, effects: &mut Effects) {
        let Some(channel) = &self.channel else { return };
        self.guesses_answered = self.guesses_answered.saturating_add(u64::from(built.is_guess));
        self.refused = self.refused.saturating_add(u64::from(is_refusal(&built.body)));
        let frame = channel.seal(reply, &Answer::new(built.body), rng);
        answer_frame(reply.id, &frame, effects);
    }

    fn ask_confirmation(&mut self, context: u64, effects: &mut Effects) {
        let Phase::Serving(replica) = &mut self.phase else { return };
        if replica.leads() {
            replica.read_index(self.node, context);
        } else if let Some(leader) = replica.leader() {
            self.tell(leader, PeerBody::Read(context), effects);
        }
    }

    fn make_proposals(&mut self, rng: &mut dyn Rng, effects: &mut Effects) -> bool {
        let mut moved = false;
        for (number, id, record, entry) in self.requests.due_proposals() {
            let Phase::Serving(replica) = &mut self.phase else { break };
            let Ok(kept) = Proposal::decode(entry.proposal.encode().expose()) else { continue };
            let taken = if replica.leads() {
                replica.propose(id, record, entry, rng).is_ok()
            } else {
                match replica.leader() {
                    Some(leader) => {
                        let propose = Propose { partition: Partition(0), id, record, entry };
                        self.tell(leader, PeerBody::Propose(propose), effects)
                    }
                    None => false,
                }
            };
            moved |= taken;
            if taken {
                self.requests.proposed(number, kept)
            } else {
                self.requests.not_proposed(number, kept)
            }
        }
        moved
    }

    pub(super) fn record_id(&self, vault: &VaultId) -> Option<RecordId> {
        let secrets = self.secrets.as_ref()?;
        if planted!(RecordIdNotKeyed) {
            return Some(RecordId::new(*vault.as_bytes()));
        }
        Some(RecordId::new(mac(&secrets.index_key.0, labels::RECORD_ID, &[vault.as_bytes()])))
    }
}

impl Question {
    /// The vault that is asked about.
    pub fn vault(&self) -> &VaultId {
        match self {
            Self::Create(create) => &create.vault,
            Self::Change(change) => &change.vault,
            Self::Attempt(attempt) => &attempt.vault,
            Self::Success(success) => &success.vault,
            Self::Status(status) => &status.vault,
        }
    }
}

fn confirming_ke1(slot: &SlotUpload) -> Option<&[u8; KE1_BYTES]> {
    slot.confirmation.as_ref().map(|confirmation| &confirmation.ke1)
}

fn change_is_well_formed(action: &ChangeAction) -> bool {
    match action {
        ChangeAction::Add(slot) | ChangeAction::Replace(slot) => is_well_formed(slot),
        ChangeAction::Remove(_) | ChangeAction::Erase => true,
    }
}

/// Points and scalars that no correct client sends are refused before anything is proposed.
fn is_well_formed(slot: &SlotUpload) -> bool {
    let ke1 = confirming_ke1(slot).is_none_or(|ke1| check_ke1(ke1).is_ok());
    ke1 && check_record(&slot.record).is_ok()
}

fn is_refusal(body: &AnswerBody) -> bool {
    use strongroom_protocol::client::{AttemptAnswer, Outcome, StatusAnswer};
    matches!(
        body,
        AnswerBody::Register(Outcome::Refused(_))
            | AnswerBody::Create(Outcome::Refused(_))
            | AnswerBody::Change(Outcome::Refused(_))
            | AnswerBody::Attempt(AttemptAnswer::Refused(_))
            | AnswerBody::Success(Outcome::Refused(_))
            | AnswerBody::Status(StatusAnswer::Refused(_))
    )
}

fn answer_frame(id: u64, frame: &AnswerFrame, effects: &mut Effects) {
    if let Some(frame) = Bytes::new(encode(frame)) {
        effects.host(HsmMessage::Answer(ToClient { id, frame }));
    }
}
