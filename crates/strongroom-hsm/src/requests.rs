//! The requests that this node has opened and not answered yet.
//!
//! A request is read against the tree of this node first, which may lag: what
//! that read affirms is proposed, because the rules decide again when the entry is
//! applied; what it denies is believed only after a read that a majority confirmed. So
//! nothing is written for a vault that does not exist, and nobody is told
//! "absent" by a node that lags.
//!
//! Every request ends: with an answer, or with a refusal when its time is over. A refused
//! one may still take effect; its retry is recognised by its ids.

mod decide;

pub use decide::{Decision, DecisionContext, decide};

use crate::{entry::VaultEntry, vault::Proposal};
use std::collections::{BTreeMap, VecDeque};
use strongroom_protocol::{
    client::{Attempt, Change, Create, RequestKind, Status},
    ids::{AttemptId, ContextId, Era, LogIndex, ProposalId, RecordId, RegistrationId, SlotNumber, VaultId},
    limits::{FETCHED_RECORDS_MAX, REQUESTS_PENDING_MAX},
};

/// Ticks after which a request is refused.
const REQUEST_TICKS: u32 = 600;
/// Ticks after which a proposal is made again.
const PROPOSAL_TICKS: u32 = 100;
/// Ticks after which a read is asked for again.
const READ_TICKS: u32 = 30;

/// Where an answer goes.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The host's number for the request.
    pub id: u64,
    /// The channel context that it came in.
    pub context: ContextId,
    /// Its kind.
    pub kind: RequestKind,
    /// The era of the channel key that it came under.
    pub era: Era,
}

/// Message 2 of a recovery whose proof of the password holds.
pub struct ProvenSuccess {
    /// The vault.
    pub vault: VaultId,
    /// The slot.
    pub slot: SlotNumber,
    /// The registration whose password was proved.
    pub registration: RegistrationId,
    /// The attempt.
    pub attempt: AttemptId,
    /// The owner's signature, not checked yet.
    pub signature: [u8; 64],
}

/// What is asked for.
pub enum Question {
    /// See [`Create`].
    Create(Create),
    /// See [`Change`].
    Change(Change),
    /// See [`Attempt`].
    Attempt(Attempt),
    /// See [`ProvenSuccess`].
    Success(ProvenSuccess),
    /// See [`Status`].
    Status(Status),
}

/// How far a request has come.
enum Stage {
    /// Waits for a read of this node's tree.
    Reading { confirmed: bool },
    /// Waits for a majority's word.
    Confirming,
    /// Waits until this index is applied.
    Applying(LogIndex),
    /// Waits for its entry to be applied; `sent` once it has left.
    Proposed { proposal: Option<Proposal>, waited: u32, sent: bool },
}

/// One request.
pub struct Request {
    /// Where the answer goes.
    pub reply: Reply,
    /// What is asked for.
    pub question: Question,
    /// The record that it is about.
    pub record: RecordId,
    /// Names its proposal, should it come to one.
    pub proposal: ProposalId,
    stage: Stage,
    age: u32,
}

/// All requests on their way.
#[derive(Default)]
pub struct Requests {
    next: u64,
    requests: BTreeMap<u64, Request>,
    by_proposal: BTreeMap<ProposalId, u64>,
    to_read: VecDeque<u64>,
    to_confirm: Vec<u64>,
    confirming: Option<Confirming>,
    next_context: u64,
}

struct Confirming {
    context: u64,
    requests: Vec<u64>,
    waited: u32,
}

impl Requests {
    /// Requests whose read contexts are counted from `first_context`: random in every boot, so that none of an
    /// earlier boot, which a leader may still have on its way, is taken for a new one.
    pub fn counting_from(first_context: u64) -> Self {
        Self { next_context: first_context, ..Self::default() }
    }

    /// Whether there is room for another.
    pub fn has_room(&self) -> bool {
        self.requests.len() < REQUESTS_PENDING_MAX
    }

    /// How many are on their way.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Takes a request in. A status is confirmed first, the others are read first.
    pub fn admit(&mut self, reply: Reply, question: Question, record: RecordId, proposal: ProposalId) {
        let number = self.next;
        self.next = number.wrapping_add(1);
        let stage = match &question {
            Question::Status(_) if !planted!(ReadsWithoutConfirmation) => {
                self.to_confirm.push(number);
                Stage::Confirming
            }
            _ => {
                self.to_read.push_back(number);
                Stage::Reading { confirmed: planted!(ReadsWithoutConfirmation) }
            }
        };
        self.by_proposal.insert(proposal, number);
        self.requests.insert(number, Request { reply, question, record, proposal, stage, age: 0 });
    }

    /// The requests that one fetch serves next, with their records.
    pub fn next_reads(&mut self) -> Vec<(u64, RecordId)> {
        let mut reads: Vec<(u64, RecordId)> = Vec::new();
        while reads.len() < FETCHED_RECORDS_MAX {
            let Some(number) = self.to_read.pop_front() else { break };
            if let Some(request) = self.requests.get(&number) {
                reads.push((number, request.record));
            }
        }
        reads
    }

    /// A request, and whether its read was confirmed, if it still waits for one.
    pub fn reading(&self, number: u64) -> Option<(&Request, bool)> {
        let request = self.requests.get(&number)?;
        match request.stage {
            Stage::Reading { confirmed } => Some((request, confirmed)),
            _ => None,
        }
    }

    /// A read came to nothing; it is begun anew.
    pub fn read_again(&mut self, number: u64) {
        if self.reading(number).is_some() {
            self.to_read.push_back(number);
        }
    }

    /// A request must be confirmed by a majority before it is answered.
    pub fn confirm(&mut self, number: u64) {
        if let Some(request) = self.requests.get_mut(&number) {
            request.stage = Stage::Confirming;
            self.to_confirm.push(number);
        }
    }

    /// A request has come to a proposal.
    pub fn propose(&mut self, number: u64, proposal: Proposal) {
        if let Some(request) = self.requests.get_mut(&number) {
            request.stage = Stage::Proposed { proposal: Some(proposal), waited: PROPOSAL_TICKS, sent: false };
        }
    }

    /// Takes a request out, to answer it.
    pub fn take(&mut self, number: u64) -> Option<Request> {
        let request = self.requests.remove(&number)?;
        self.by_proposal.remove(&request.proposal);
        Some(request)
    }

    /// Takes out the request whose proposal was applied.
    pub fn take_applied(&mut self, proposal: &ProposalId) -> Option<Request> {
        let number = *self.by_proposal.get(proposal)?;
        let is_proposed =
            self.requests.get(&number).is_some_and(|request| matches!(request.stage, Stage::Proposed { .. }));
        if is_proposed { self.take(number) } else { None }
    }

    /// Begins a confirmation for all that wait, if none is on its way. Gives its context.
    pub fn next_confirmation(&mut self) -> Option<u64> {
        if self.confirming.is_some() || self.to_confirm.is_empty() {
            return None;
        }
        let context = self.next_context;
        self.next_context = context.wrapping_add(1);
        let requests = core::mem::take(&mut self.to_confirm);
        self.confirming = Some(Confirming { context, requests, waited: 0 });
        Some(context)
    }

    /// A majority has confirmed a read at `index`.
    pub fn confirmed(&mut self, context: u64, index: LogIndex) {
        match self.confirming.take() {
            Some(confirming) if confirming.context == context => {
                for number in confirming.requests {
                    if let Some(request) = self.requests.get_mut(&number) {
                        request.stage = Stage::Applying(index);
                    }
                }
            }
            other => self.confirming = other,
        }
    }

    /// Everything up to `applied` is applied: confirmed requests whose index it reaches are read next.
    pub fn applied(&mut self, applied: LogIndex) {
        for (number, request) in &mut self.requests {
            if matches!(request.stage, Stage::Applying(index) if index <= applied) {
                request.stage = Stage::Reading { confirmed: true };
                self.to_read.push_back(*number);
            }
        }
    }

    /// Proposals that are to be made. One of which nothing came is not made again as it was: its record is read
    /// first, because the log may hold its entry, and what it carries may be erased by now.
    ///
    /// The caller gives each back by [`Self::proposed`] or [`Self::not_proposed`].
    pub fn due_proposals(&mut self) -> Vec<(u64, ProposalId, RecordId, VaultEntry)> {
        let mut due = Vec::new();
        for (number, request) in &mut self.requests {
            let Stage::Proposed { proposal, waited, sent } = &mut request.stage else { continue };
            if *waited < PROPOSAL_TICKS {
                continue;
            }
            if *sent {
                request.stage = Stage::Reading { confirmed: false };
                self.to_read.push_back(*number);
            } else if let Some(proposal) = proposal.take() {
                *waited = 0;
                let entry = VaultEntry { opened_in: request.reply.era, proposal };
                due.push((*number, request.proposal, request.record, entry));
            }
        }
        due
    }

    /// A proposal was sent; it is kept for the case that nothing comes of it.
    pub fn proposed(&mut self, number: u64, kept: Proposal) {
        self.put_back(number, kept, 0, true);
    }

    /// A proposal could not be sent; it is tried again soon.
    pub fn not_proposed(&mut self, number: u64, kept: Proposal) {
        self.put_back(number, kept, PROPOSAL_TICKS.saturating_sub(5), false);
    }

    /// The leader did not take a proposal; it is tried again soon.
    pub fn refused_by_leader(&mut self, proposal: &ProposalId) {
        let Some(request) = self.by_proposal.get(proposal).and_then(|number| self.requests.get_mut(number))
        else {
            return;
        };
        if let Stage::Proposed { waited, .. } = &mut request.stage {
            *waited = PROPOSAL_TICKS.saturating_sub(5);
        }
    }

    /// Time has passed. Gives the requests whose time is over.
    pub fn tick(&mut self) -> Vec<Request> {
        if let Some(confirming) = &mut self.confirming {
            confirming.waited = confirming.waited.saturating_add(1);
            if confirming.waited >= READ_TICKS
                && let Some(confirming) = self.confirming.take()
            {
                // A new context: a repeated one would be ignored.
                self.to_confirm.extend(confirming.requests);
            }
        }
        let mut over = Vec::new();
        for (number, request) in &mut self.requests {
            request.age = request.age.saturating_add(1);
            if request.age >= REQUEST_TICKS {
                over.push(*number);
            }
            if let Stage::Proposed { waited, .. } = &mut request.stage {
                *waited = waited.saturating_add(1);
            }
        }
        over.into_iter().filter_map(|number| self.take(number)).collect()
    }

    fn put_back(&mut self, number: u64, kept: Proposal, passed: u32, has_left: bool) {
        if let Some(request) = self.requests.get_mut(&number)
            && let Stage::Proposed { proposal, waited, sent } = &mut request.stage
        {
            *proposal = Some(kept);
            *waited = passed;
            *sent = has_left;
        }
    }
}
