//! G2: what answers say of a vault's guesses is what a model of a few lines allows.
//!
//! The model: a vault has a number of guesses left. An attempt takes one, once. A success gives some back, once.
//! Nothing else changes the number. Left and failed always add up to the budget.
//!
//! Every answer tells what was left after some entry of the log, whose place is known up to a window. For two
//! answers whose windows do not overlap, the number may only have grown where a success may stand between them, and
//! may only have fallen by the attempts that may. What may stand between is what was sent, and is not known to have
//! been counted before the first of the two.
//!
//! A vault forgets a closed attempt after two checkpoints. A device that repeats its attempt after that makes a new
//! one of it, so it may count again; a frame that an enemy recorded may not.

use super::answers::{upload_of, vault_of, window};
use crate::{
    checker::{Checker, Violation, at},
    observation::{AnswerLeft, Observation},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::{
    client::{AnswerBody, AttemptAnswer, Outcome, Request, RequestBody, StatusAnswer},
    ids::{AttemptId, VaultId},
    limits::KE1_BYTES,
};

/// What an answer told: so many were left at some place in the window.
#[derive(Debug, Clone, Copy)]
struct Told {
    first: u64,
    last: u64,
    left: u8,
}

/// Between which entries something was counted.
#[derive(Debug, Clone, Copy)]
struct Counted {
    first: u64,
    last: u64,
}

/// What was sent, and how it was counted.
#[derive(Default)]
struct Sent {
    newest: BTreeMap<AttemptId, Option<Counted>>,
    /// How it was counted before it may have been forgotten and was sent again.
    forgotten: Vec<Counted>,
    /// Those of which nobody knows when they were counted, and that may have been forgotten.
    unknown: usize,
    /// The era in which each was last sent.
    eras: BTreeMap<AttemptId, u64>,
}

impl Sent {
    /// What is known of one is of the past: it may count once more from now on.
    fn may_count_again(&mut self, attempt: AttemptId) {
        match self.newest.remove(&attempt) {
            Some(Some(counted)) => self.forgotten.push(counted),
            Some(None) => self.unknown += 1,
            None => {}
        }
    }
}

/// What is known of one vault.
#[derive(Default)]
struct Known {
    told: Vec<Told>,
    attempts: Sent,
    successes: Sent,
    /// When each attempt was first sent, and when its first KE2 left.
    sent_at: BTreeMap<AttemptId, u64>,
    answered_at: BTreeMap<AttemptId, u64>,
    /// The KE1 that an attempt was answered for.
    answered_for: BTreeMap<AttemptId, [u8; KE1_BYTES]>,
    /// Attempts that confirm an upload: they may have taken no guess.
    confirming: BTreeSet<AttemptId>,
    /// Attempts that may have counted more than once.
    repeated: BTreeSet<AttemptId>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct BudgetAddsUp {
    vaults: BTreeMap<VaultId, Known>,
    /// Which attempt a token is of.
    tokens: BTreeMap<Vec<u8>, (VaultId, AttemptId)>,
    /// Every checkpoint that was recorded.
    checkpoints: BTreeSet<u64>,
    /// Observations so far.
    now: u64,
}

/// How many may have been counted after an entry.
fn open_after(sent: &Sent, index: u64) -> usize {
    let newest = sent.newest.values().filter(|counted| counted.is_none_or(|counted| counted.last > index));
    newest.count() + sent.unknown + sent.forgotten.iter().filter(|counted| counted.last > index).count()
}

fn count(sent: &mut Sent, attempt: AttemptId, now: Counted) {
    let counted = sent.newest.entry(attempt).or_default();
    *counted = Some(counted.filter(|before| before.last <= now.last).unwrap_or(now));
}

/// Something is sent, by whoever made it. What was counted in an earlier era may be forgotten by the time at which it
/// is applied, and then counts anew. Gives whether that may be so.
fn send(sent: &mut Sent, attempt: AttemptId, era: u64, is_of_this_era: impl Fn(&Counted) -> bool) -> bool {
    let before = sent.eras.insert(attempt, era);
    let may_count_again = match sent.newest.get(&attempt) {
        None => false,
        Some(Some(counted)) => !is_of_this_era(counted),
        Some(None) => before.is_some_and(|before| before < era),
    };
    if may_count_again {
        sent.may_count_again(attempt);
    }
    sent.newest.entry(attempt).or_default();
    may_count_again
}

impl Known {
    /// Attempts that certainly took their guess after another attempt and before an entry, and that no other success
    /// can have forgiven.
    fn taken_after(&self, attempt: AttemptId, before: u64) -> usize {
        let answered = self.answered_at.get(&attempt).filter(|_| !self.repeated.contains(&attempt));
        let Some(answered) = answered else { return 0 };
        let later = self.attempts.newest.iter().filter(|(other, counted)| {
            let is_later = self.sent_at.get(other).is_some_and(|sent| sent > answered);
            let is_certain = !self.confirming.contains(other) && !self.repeated.contains(other);
            is_later
                && is_certain
                && counted
                    .is_some_and(|counted| counted.last < before && self.is_unforgiven(attempt, counted))
        });
        later.count()
    }

    /// Whether no success but that of one attempt can have forgiven what was counted.
    fn is_unforgiven(&self, attempt: AttemptId, counted: Counted) -> bool {
        let forgives = |other: &Option<Counted>| other.is_none_or(|success| success.last >= counted.first);
        let others = self.successes.newest.iter().filter(|(other, _)| **other != attempt);
        let again = self.successes.forgotten.iter().copied().map(Some);
        !others.map(|(_, other)| *other).chain(again).any(|other| forgives(&other))
    }

    /// Holds two answers against the model.
    fn agree(&self, earlier: Told, later: Told) -> Result<(), String> {
        if later.left > earlier.left && open_after(&self.successes, earlier.first) == 0 {
            return Err(format!(
                "{} guesses were left at entry {} and {} at entry {}, without a success between",
                earlier.left, earlier.last, later.left, later.first
            ));
        }
        let fallen = usize::from(earlier.left.saturating_sub(later.left));
        let attempts = open_after(&self.attempts, earlier.first);
        if fallen > attempts {
            return Err(format!(
                "{} guesses were left at entry {} and {} at entry {}, with {attempts} attempts between",
                earlier.left, earlier.last, later.left, later.first
            ));
        }
        Ok(())
    }

    fn hold(&mut self, told: Told) -> Result<(), String> {
        for other in &self.told {
            if other.last <= told.first {
                self.agree(*other, told)?;
            } else if told.last <= other.first {
                self.agree(told, *other)?;
            }
        }
        self.told.push(told);
        Ok(())
    }
}

impl BudgetAddsUp {
    fn note_request(&mut self, vault: VaultId, request: &Request, is_devices: bool, era: u64) {
        let checkpoints = &self.checkpoints;
        // An entry's era is how many checkpoints stand before it.
        let is_of_this_era = |counted: &Counted| {
            u64::try_from(checkpoints.range(..=counted.first).count()).unwrap_or(u64::MAX) >= era
        };
        let known = self.vaults.entry(vault_of(request, vault)).or_default();
        if let Some(confirmation) = upload_of(&request.body).and_then(|upload| upload.confirmation.as_ref()) {
            known.confirming.insert(confirmation.attempt);
        }
        match &request.body {
            RequestBody::Attempt(attempt) => {
                if send(&mut known.attempts, attempt.attempt, era, is_of_this_era) {
                    known.answered_for.remove(&attempt.attempt);
                    known.repeated.insert(attempt.attempt);
                    // Whoever counts again may also succeed again.
                    known.successes.may_count_again(attempt.attempt);
                }
                known.sent_at.entry(attempt.attempt).or_insert(self.now);
            }
            RequestBody::Success(success) if is_devices => {
                if let Some((vault, attempt)) = self.tokens.get(success.token.as_slice()) {
                    let successes = &mut self.vaults.entry(*vault).or_default().successes;
                    send(successes, *attempt, era, is_of_this_era);
                }
            }
            _ => {}
        }
    }

    fn judge(&mut self, left: &AnswerLeft, budget: u8) -> Result<(), String> {
        let (first, last) = window(left);
        let now = Counted { first, last };
        let vault = vault_of(&left.request, left.vault);
        let known = self.vaults.entry(vault).or_default();
        match (&left.request.body, &left.answer.body) {
            (RequestBody::Attempt(asked), AnswerBody::Attempt(AttemptAnswer::Answered(answered))) => {
                count(&mut known.attempts, asked.attempt, now);
                known.answered_at.entry(asked.attempt).or_insert(self.now);
                if *known.answered_for.entry(asked.attempt).or_insert(asked.ke1) != asked.ke1 {
                    return Err("one attempt is answered for two KE1s".into());
                }
                self.tokens.insert(answered.token.as_slice().to_vec(), (vault, asked.attempt));
                let sum = u32::from(answered.left).saturating_add(answered.failed);
                let confirms = known.confirming.contains(&asked.attempt);
                let adds_up = sum.saturating_add(1) == u32::from(budget);
                if !adds_up && !(confirms && sum == u32::from(budget)) {
                    let (left, failed) = (answered.left, answered.failed);
                    return Err(format!("{left} left and {failed} failed before do not add up to {budget}"));
                }
                known.hold(Told { first, last, left: answered.left })
            }
            (body, AnswerBody::Create(Outcome::Done(done)) | AnswerBody::Change(Outcome::Done(done))) => {
                let confirmation = upload_of(body).and_then(|upload| upload.confirmation.as_ref());
                if let (Some(asked), Some(confirming)) = (confirmation, &done.confirming) {
                    self.tokens.insert(confirming.token.as_slice().to_vec(), (vault, asked.attempt));
                    known.answered_at.entry(asked.attempt).or_insert(self.now);
                }
                if upload_of(body).is_none() {
                    // What is erased has nothing left to count.
                    return Ok(());
                }
                known.hold(Told { first, last, left: done.left })
            }
            (RequestBody::Success(success), AnswerBody::Success(Outcome::Done(left))) => {
                if let Some((_, attempt)) = self.tokens.get(success.token.as_slice()) {
                    count(&mut known.successes, *attempt, now);
                    let kept = known.taken_after(*attempt, first);
                    if usize::from(*left) + kept > usize::from(budget) {
                        return Err(format!("{left} are left after a success that {kept} attempts followed"));
                    }
                }
                known.hold(Told { first, last, left: *left })
            }
            (_, AnswerBody::Status(StatusAnswer::Present(status))) => {
                if u32::from(status.left).saturating_add(status.failed) != u32::from(budget) {
                    let (left, failed) = (status.left, status.failed);
                    return Err(format!("{left} left and {failed} failed do not add up to {budget}"));
                }
                known.hold(Told { first, last, left: status.left })
            }
            _ => Ok(()),
        }
    }
}

/// The newest era that any member is in.
fn newest_era(world: &WorldView<'_>) -> u64 {
    let eras = world.machines().iter().filter_map(|machine| machine.program()?.status());
    eras.map(|status| status.era.0).max().unwrap_or(0)
}

impl Checker for BudgetAddsUp {
    fn name(&self) -> &'static str {
        "budget_adds_up"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        self.now += 1;
        match observation {
            Observation::RequestLeft { vault, request, operation, .. } => {
                self.note_request(*vault, request, operation.is_some(), newest_era(world));
                Ok(())
            }
            Observation::AnswerLeft(left) => self.judge(left, world.plan().guesses).map_err(|what| {
                let who = at(left.program.machine, left.program.node);
                Violation::new(self.name(), format!("{who}: {what}"))
            }),
            Observation::CheckpointRecorded { index, .. } => {
                self.checkpoints.insert(index.0);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
