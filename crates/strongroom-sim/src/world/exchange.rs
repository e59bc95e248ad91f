//! Frames of clients on their way, there and back.
//!
//! Whatever leaves a node is opened here at once, whether or not it arrives: a simulator that drives the clients
//! knows all that they would need to open it. A request can be sealed again from its recipe, byte for byte, so
//! that its answer can be opened twice.

use super::{World, lines};
use crate::{
    event::Event,
    fault::Fault,
    names::{ClientId, ExchangeId, MachineId, OperationId},
    observation::{AnswerLeft, Ke2, Ke2Source, Observation, Program},
};
use std::{collections::BTreeMap, rc::Rc};
use strongroom_client::{Session, SessionError};
use strongroom_crypto::ChaChaRng;
use strongroom_protocol::{
    bytes::Bytes,
    client::{
        Answer, AnswerBody, AttemptAnswer, ChangeAction, Outcome, Request, RequestBody, SlotUpload, Uploaded,
    },
    decode,
    frame::{AnswerFrame, AnswerFrameBody},
    ids::{LogIndex, VaultId},
    pipe::{FromClient, HostMessage},
};
use strongroom_trust::VerifiedNodeKeys;

/// Frames that enemies keep.
const RECORDED_MAX: usize = 64;

/// All that a request was sealed from.
pub(crate) struct Recipe {
    pub(crate) keys: Rc<VerifiedNodeKeys>,
    pub(crate) seed: [u8; 32],
    pub(crate) request: Rc<Request>,
    /// The attempt whose context goes on, and the answer to it.
    pub(crate) before: Option<(Rc<Recipe>, Rc<Vec<u8>>)>,
}

impl Recipe {
    /// Opens an answer.
    pub(crate) fn open(&self, answer: &[u8]) -> Result<Answer, SessionError> {
        let mut session = Session::new(self.keys.as_ref().clone());
        if let Some((recipe, answer)) = &self.before {
            let sealed = session.seal(&recipe.request, &mut ChaChaRng::from_seed(recipe.seed))?;
            session.open(sealed, answer)?;
        }
        let sealed = session.seal(&self.request, &mut ChaChaRng::from_seed(self.seed))?;
        session.open(sealed, answer)
    }
}

/// One frame on its way.
pub(crate) struct Exchange {
    pub(crate) client: ClientId,
    pub(crate) operation: Option<OperationId>,
    pub(crate) vault: VaultId,
    pub(crate) recipe: Rc<Recipe>,
    pub(crate) machine: MachineId,
    pub(crate) is_replayed: bool,
    pub(crate) is_enemy: bool,
}

/// A frame that an enemy kept.
pub(crate) struct RecordedFrame {
    pub(crate) exchange: ExchangeId,
    pub(crate) bytes: Rc<Vec<u8>>,
}

/// All exchanges.
#[derive(Default)]
pub(super) struct Exchanges {
    pub(super) by_id: BTreeMap<ExchangeId, Exchange>,
    pub(super) recorded: Vec<RecordedFrame>,
    pub(super) last_answer: Rc<Vec<u8>>,
    next: u64,
}

impl World {
    /// Sends a request's frame to a machine.
    pub(super) fn send_request(&mut self, exchange: Exchange, bytes: Vec<u8>) -> ExchangeId {
        self.exchanges.next += 1;
        let id = ExchangeId(self.exchanges.next);
        let machine = exchange.machine;
        let node = Some(self.machine(machine).node);
        self.exchanges.by_id.insert(id, exchange);
        let bytes = Rc::new(bytes);
        self.record(id, &bytes);
        if self.strikes(Fault::ClientLost, node) {
            return id;
        }
        let bytes = self.tampered_request(bytes);
        let moments = self.way();
        if self.strikes(Fault::ClientDuplicated, node) {
            let later = moments + self.random.exchanges.below(3_000);
            self.plan_in(later, Event::Request { machine, exchange: id, bytes: bytes.clone() });
        }
        self.plan_in(moments, Event::Request { machine, exchange: id, bytes });
        id
    }

    /// The moments that a client's frame takes.
    fn way(&mut self) -> u64 {
        let most = self.plan.latency_max.max(1);
        let usual = self.random.exchanges.between(1, most);
        if self.strikes(Fault::ClientDelayed, None) {
            usual + self.random.exchanges.between(100, 60_000)
        } else {
            usual
        }
    }

    fn record(&mut self, exchange: ExchangeId, bytes: &Rc<Vec<u8>>) {
        let kept = RecordedFrame { exchange, bytes: bytes.clone() };
        let recorded = &mut self.exchanges.recorded;
        if recorded.len() < RECORDED_MAX {
            recorded.push(kept);
        } else {
            let at = self.random.exchanges.place(RECORDED_MAX);
            recorded[at] = kept;
        }
    }

    fn tampered_request(&mut self, bytes: Rc<Vec<u8>>) -> Rc<Vec<u8>> {
        let other = self.exchanges.recorded.first().map(|recorded| recorded.bytes.clone());
        self.tampered_client_frame(bytes, &other.unwrap_or_default())
    }

    fn tampered_client_frame(&mut self, bytes: Rc<Vec<u8>>, other: &Rc<Vec<u8>>) -> Rc<Vec<u8>> {
        if self.strikes(Fault::ClientTruncated, None) {
            let length = self.random.exchanges.place(bytes.len().max(1));
            return Rc::new(bytes[..length].to_vec());
        }
        if self.strikes(Fault::ClientFlipped, None) {
            return Rc::new(lines::flipped(&bytes, &mut self.random.exchanges));
        }
        if self.strikes(Fault::ClientSpliced, None) {
            return Rc::new(lines::spliced(&bytes, other, &mut self.random.exchanges));
        }
        bytes
    }

    /// A request arrives at a host; where no HSM runs, the client learns at once that nobody is there.
    pub(super) fn request_arrives(&mut self, machine: MachineId, exchange: ExchangeId, bytes: &Rc<Vec<u8>>) {
        let host = self.machine(machine);
        let is_there = host.program.is_some() && !host.is_gone;
        match Bytes::new(bytes.as_ref().clone()).filter(|_| is_there) {
            Some(frame) => self.tell(machine, HostMessage::Client(FromClient { id: exchange.0, frame })),
            None => self.plan_in(20, Event::Answer { exchange, bytes: Rc::default() }),
        }
    }

    /// An answer leaves a node.
    pub(super) fn answer_leaves(
        &mut self,
        machine: MachineId,
        program: Program,
        applied: (u64, u64),
        id: u64,
        bytes: Vec<u8>,
    ) {
        let exchange = ExchangeId(id);
        let Some(of) = self.exchanges.by_id.get(&exchange) else { return };
        let bytes = Rc::new(bytes);
        let frame: Option<AnswerFrame> = decode(&bytes).ok();
        match frame.map(|frame| frame.body) {
            Some(AnswerFrameBody::Sealed(_)) => match of.recipe.open(&bytes) {
                Ok(answer) => self.note_answer(program, applied, exchange, answer),
                Err(_) => self.coverage.count("answer that its author cannot open"),
            },
            Some(AnswerFrameBody::Unreadable(cause)) => {
                self.observe(Observation::UnreadableLeft { program, exchange, cause });
            }
            None => self.coverage.count("answer that does not decode"),
        }
        let node = Some(self.machine(machine).node);
        let before = std::mem::replace(&mut self.exchanges.last_answer, bytes.clone());
        if self.strikes(Fault::ClientLost, node) {
            return;
        }
        let bytes = self.tampered_client_frame(bytes, &before);
        let moments = self.way();
        self.plan_in(moments, Event::Answer { exchange, bytes });
    }

    fn note_answer(&mut self, program: Program, applied: (u64, u64), exchange: ExchangeId, answer: Answer) {
        let Some(of) = self.exchanges.by_id.get(&exchange) else { return };
        let request = of.recipe.request.clone();
        let ke2 = ke2_of(of.vault, &request, &answer);
        let (vault, is_enemy) = (of.vault, of.is_enemy);
        let host = &self.machines[usize::from(program.machine.0)];
        let opened = host.program.as_ref().and_then(|running| running.opened.get(&exchange.0)).copied();
        let (opened_in, opened_at) = opened.unwrap_or_default();
        let left = AnswerLeft {
            opened_in,
            opened_at,
            program,
            exchange,
            client: of.client,
            is_replayed: of.is_replayed,
            vault: of.vault,
            operation: of.operation,
            request,
            answer: Rc::new(answer),
            applied_before: LogIndex(applied.0),
            applied_after: LogIndex(applied.1),
        };
        self.trace.say(|| {
            format!(
                "{} answers {exchange} of {} about {}: {}",
                program.machine,
                left.client,
                super::clients::short(&left.vault),
                word_of(&left.answer)
            )
        });
        self.insider_hears(vault, !is_enemy, &left.request, &left.answer);
        self.observe(Observation::AnswerLeft(left));
        if let Some(ke2) = ke2 {
            self.observe(Observation::Ke2Left(program, ke2));
        }
    }
}

fn ke2_of(vault: VaultId, request: &Request, answer: &Answer) -> Option<Ke2> {
    match (&request.body, &answer.body) {
        (RequestBody::Attempt(asked), AnswerBody::Attempt(AttemptAnswer::Answered(answered))) => Some(Ke2 {
            source: Ke2Source::Attempt,
            vault,
            slot: asked.slot,
            registration: answered.registration,
            attempt: asked.attempt,
            ke1: asked.ke1,
            ke2: answered.ke2,
            left: answered.left,
        }),
        (RequestBody::Create(create), AnswerBody::Create(Outcome::Done(done))) => {
            confirming(vault, &create.slot, done)
        }
        (RequestBody::Change(change), AnswerBody::Change(Outcome::Done(done))) => match &change.action {
            ChangeAction::Add(slot) | ChangeAction::Replace(slot) => confirming(vault, slot, done),
            ChangeAction::Remove(_) | ChangeAction::Erase => None,
        },
        _ => None,
    }
}

fn confirming(vault: VaultId, slot: &SlotUpload, done: &Uploaded) -> Option<Ke2> {
    let (asked, answered) = (slot.confirmation.as_ref()?, done.confirming.as_ref()?);
    Some(Ke2 {
        source: Ke2Source::Upload,
        vault,
        slot: slot.slot,
        registration: slot.registration,
        attempt: asked.attempt,
        ke1: asked.ke1,
        ke2: answered.ke2,
        left: done.left,
    })
}

/// An answer, in some words.
pub(super) fn word_of(answer: &Answer) -> String {
    match &answer.body {
        AnswerBody::Register(Outcome::Done(_)) => "a ticket".into(),
        AnswerBody::Create(Outcome::Done(done)) | AnswerBody::Change(Outcome::Done(done)) => {
            format!("done, generation {}, left {}", done.generation, done.left)
        }
        AnswerBody::Attempt(AttemptAnswer::Answered(answered)) => {
            format!("KE2, left {}, failed {}", answered.left, answered.failed)
        }
        AnswerBody::Attempt(AttemptAnswer::Erased) => "erased".into(),
        AnswerBody::Attempt(AttemptAnswer::Absent) => "absent".into(),
        AnswerBody::Attempt(AttemptAnswer::Later) => "later".into(),
        AnswerBody::Success(Outcome::Done(left)) => format!("success, left {left}"),
        AnswerBody::Status(status) => format!("status {status:?}"),
        AnswerBody::Attempt(AttemptAnswer::Refused(refusal))
        | AnswerBody::Register(Outcome::Refused(refusal))
        | AnswerBody::Create(Outcome::Refused(refusal))
        | AnswerBody::Change(Outcome::Refused(refusal))
        | AnswerBody::Success(Outcome::Refused(refusal)) => format!("refused: {refusal}"),
    }
}
