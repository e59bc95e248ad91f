//! What a request comes to, once its record was read.
//!
//! The rules of the vault decide again when the entry is applied; here is only
//! decided whether there is anything to propose, and what the rules do not know: signatures
//! and tickets.

use super::{ProvenSuccess, Question};
use crate::{
    answers::{AnswerContext, Confirmed, uncounted},
    ticket::{TicketBinding, TicketKeys, open_ticket},
    vault::{
        Record, Seed, UncountedRead, change_hash,
        owner::{SuccessStatement, verify_owner, verify_success_signature},
        proposal, read_uncounted, status, upload_hash,
    },
};
use strongroom_crypto::Rng;
use strongroom_protocol::{
    client::{
        AnswerBody, Attempt, AttemptAnswer, Change, ChangeAction, Create, Outcome, Refusal, SlotUpload,
    },
    ids::{FleetId, Generation, VaultId},
};

use crate::vault::Proposal;

/// What is to be done next.
pub enum Decision {
    /// The answer is known.
    Answer(AnswerBody),
    /// An entry is to be proposed.
    Propose(Proposal),
    /// A majority must confirm the read first.
    Confirm,
}

/// What deciding needs beside the record.
pub struct DecisionContext<'a> {
    /// For answers without an entry.
    pub answers: AnswerContext<'a>,
    /// For tickets.
    pub tickets: TicketKeys<'a>,
}

/// Decides on a request whose record was read; `confirmed` says whether a majority stands behind the read.
pub fn decide(
    context: &DecisionContext<'_>,
    question: &Question,
    record: Option<&Record>,
    confirmed: bool,
    rng: &mut dyn Rng,
) -> Decision {
    let decision = match question {
        Question::Create(create) => on_create(context, create, record),
        Question::Change(change) => on_change(context, change, record),
        Question::Attempt(attempt) => return on_attempt(context, attempt, record, confirmed, rng),
        Question::Success(success) => on_success(context.answers.fleet, success, record),
        Question::Status(_) => Verdict::Denied(AnswerBody::Status(status(record))),
    };
    match decision {
        Verdict::Propose(proposal) => Decision::Propose(proposal),
        Verdict::Final(answer) => Decision::Answer(answer),
        Verdict::Denied(answer) if confirmed || planted!(DeniesWithoutConfirmation) => {
            Decision::Answer(answer)
        }
        Verdict::Denied(_) => Decision::Confirm,
    }
}

/// A decision that may rest on a stale read.
enum Verdict {
    Propose(Proposal),
    /// Holds whatever was committed since.
    Final(AnswerBody),
    /// Holds if the read is fresh.
    Denied(AnswerBody),
}

fn on_attempt(
    context: &DecisionContext<'_>,
    attempt: &Attempt,
    record: Option<&Record>,
    confirmed: bool,
    rng: &mut dyn Rng,
) -> Decision {
    let answer = match read_uncounted(record, attempt.slot) {
        UncountedRead::Counted if !is_erased(record, attempt) => {
            return Decision::Propose(Proposal::Spend(proposal::Spend::of(attempt)));
        }
        _ if !confirmed => return Decision::Confirm,
        UncountedRead::Slot(slot) => {
            return Decision::Answer(uncounted(&context.answers, attempt, &Confirmed::new(slot), rng));
        }
        UncountedRead::Counted => AttemptAnswer::Erased,
        UncountedRead::NoSlot => AttemptAnswer::Refused(Refusal::WrongSlot),
        UncountedRead::VaultErased => AttemptAnswer::Refused(Refusal::VaultErased),
        UncountedRead::Absent => AttemptAnswer::Absent,
    };
    Decision::Answer(AnswerBody::Attempt(answer))
}

fn is_erased(record: Option<&Record>, attempt: &Attempt) -> bool {
    match record {
        Some(Record::Vault(vault)) => vault.slot(attempt.slot).is_some_and(|slot| slot.is_erased()),
        _ => false,
    }
}

fn on_create(context: &DecisionContext<'_>, create: &Create, record: Option<&Record>) -> Verdict {
    let refused = |refusal| AnswerBody::Create(Outcome::Refused(refusal));
    let fleet = context.answers.fleet;
    let hash = upload_hash(fleet, create);
    // What is repeated is proposed without its seed: the slot may be erased by now, and no later log may hold it.
    let seed = match record {
        None => open_seed(context, &create.vault, &create.slot, Generation(0)),
        Some(Record::Vault(_)) if planted!(RefillsOnCreate) => {
            open_seed(context, &create.vault, &create.slot, Generation(0))
        }
        Some(Record::Tombstone(_)) if planted!(TombstoneForgets) => {
            open_seed(context, &create.vault, &create.slot, Generation(0))
        }
        Some(_) => None,
    };
    match record {
        Some(Record::Vault(vault)) if *vault.last_change() != hash && !planted!(RefillsOnCreate) => {
            Verdict::Denied(refused(Refusal::VaultExists))
        }
        Some(Record::Tombstone(tombstone))
            if *tombstone.last_change() != hash && !planted!(TombstoneForgets) =>
        {
            Verdict::Denied(refused(Refusal::VaultErased))
        }
        None if seed.is_none() => Verdict::Denied(refused(Refusal::TicketDead)),
        _ => match proposal::Create::of(fleet, create, seed) {
            Ok(proposed) => Verdict::Propose(Proposal::Create(proposed)),
            Err(refusal) => Verdict::Final(refused(refusal)),
        },
    }
}

fn on_change(context: &DecisionContext<'_>, change: &Change, record: Option<&Record>) -> Verdict {
    let refused = |refusal| AnswerBody::Change(Outcome::Refused(refusal));
    let fleet = context.answers.fleet;
    let hash = change_hash(fleet, &change.vault, change.generation, &change.action);
    let propose = |seed| Verdict::Propose(Proposal::Change(proposal::Change::of(fleet, change, seed)));
    let vault = match record {
        None => return Verdict::Denied(refused(Refusal::NoSuchVault)),
        Some(Record::Tombstone(tombstone)) if *tombstone.last_change() == hash => return propose(None),
        Some(Record::Tombstone(_)) => return Verdict::Final(refused(Refusal::VaultErased)),
        Some(Record::Vault(vault)) if *vault.last_change() == hash => return propose(None),
        Some(Record::Vault(vault)) => vault,
    };
    // The owner key never changes, so a signature that fails here fails everywhere.
    if let Err(refusal) = verify_owner(fleet, change, vault.owner_key())
        && !planted!(OwnerNotChecked)
    {
        return Verdict::Final(refused(refusal));
    }
    if vault.generation() != change.generation && !planted!(GenerationNotCompared) {
        return Verdict::Denied(refused(Refusal::GenerationConflict));
    }
    match &change.action {
        ChangeAction::Add(upload) | ChangeAction::Replace(upload) => {
            match open_seed(context, &change.vault, upload, change.generation) {
                Some(seed) => propose(Some(seed)),
                None => Verdict::Denied(refused(Refusal::TicketDead)),
            }
        }
        ChangeAction::Remove(_) | ChangeAction::Erase => propose(None),
    }
}

fn on_success(fleet: &FleetId, success: &ProvenSuccess, record: Option<&Record>) -> Verdict {
    let refused = |refusal| AnswerBody::Success(Outcome::Refused(refusal));
    let vault = match record {
        None => return Verdict::Denied(refused(Refusal::NoSuchVault)),
        Some(Record::Tombstone(_)) => return Verdict::Final(refused(Refusal::VaultErased)),
        Some(Record::Vault(vault)) => vault,
    };
    let statement = SuccessStatement {
        fleet,
        vault: &success.vault,
        slot: success.slot,
        registration: success.registration,
        attempt: success.attempt,
    };
    match verify_success_signature(&statement, vault.owner_key(), &success.signature)
        .or_else(|refusal| if planted!(RefillsOnKe3Alone) { Ok(()) } else { Err(refusal) })
    {
        Ok(()) => Verdict::Propose(Proposal::Success(proposal::Success {
            slot: success.slot,
            registration: success.registration,
            attempt: success.attempt,
        })),
        Err(refusal) => Verdict::Final(refused(refusal)),
    }
}

fn open_seed(
    context: &DecisionContext<'_>,
    vault: &VaultId,
    upload: &SlotUpload,
    generation: Generation,
) -> Option<Seed> {
    let binding = TicketBinding {
        fleet: context.answers.fleet,
        vault,
        slot: upload.slot,
        registration: upload.registration,
        generation,
    };
    open_ticket(&context.tickets, &binding, &upload.ticket).ok()
}
