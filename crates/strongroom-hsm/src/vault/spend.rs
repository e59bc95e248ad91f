//! Takes a guess, or says why none is taken.
//!
//! The order of the checks is the guarantee: a retry is known before anything is counted, a replay before anything
//! is erased, and an attempt that finds no guess left erases the slot.

use strongroom_protocol::client::Refusal;

use super::{
    Answerable, OpenAttempt, Record, Rules, SpendVerdict, Taken, Touched, Vault, budget::Known,
    proposal::Spend, slot::SlotState,
};
use strongroom_protocol::ids::RegistrationId;

type Step = (Option<Record>, SpendVerdict, Touched);

pub(super) fn spend(rules: &Rules, record: Option<Record>, entry: &Spend) -> Step {
    match record {
        Some(Record::Vault(vault)) => {
            let (vault, verdict, touched) = spend_at(rules, vault, entry);
            (Some(Record::Vault(vault)), verdict, touched)
        }
        Some(Record::Tombstone(_)) => (record, SpendVerdict::Refused(Refusal::VaultErased), Touched::Nothing),
        None => (None, SpendVerdict::Absent, Touched::Nothing),
    }
}

fn spend_at(rules: &Rules, vault: Vault, entry: &Spend) -> (Vault, SpendVerdict, Touched) {
    let registration = match vault.slot(entry.slot).map(|slot| &slot.state) {
        Some(SlotState::Password(registration)) => registration.id,
        Some(SlotState::Erased(_)) => return (vault, SpendVerdict::Erased, Touched::Nothing),
        Some(SlotState::RecoveryCode(_) | SlotState::Passkey(_)) | None => {
            return (vault, SpendVerdict::Refused(Refusal::WrongSlot), Touched::Nothing);
        }
    };
    match vault.budget.known(rules, entry.attempt) {
        #[cfg(strongroom_sim)]
        Known::Open(open) if planted!(RetryTakesGuess) && open.ke1 == entry.ke1 => {
            let mut vault = vault;
            vault.budget.spend_again();
            let verdict = again(&vault, entry, registration, &open);
            (vault, verdict, Touched::Written)
        }
        Known::Open(open) if open.ke1 == entry.ke1 || planted!(AnswersOtherKe1) => {
            let verdict = again(&vault, entry, registration, &open);
            (vault, verdict, Touched::Nothing)
        }
        Known::Open(_) | Known::Closed(_) => {
            (vault, SpendVerdict::Refused(Refusal::AttemptClosed), Touched::Nothing)
        }
        Known::Unknown => spend_new(rules, vault, entry, registration),
    }
}

fn again(vault: &Vault, entry: &Spend, registration: RegistrationId, open: &OpenAttempt) -> SpendVerdict {
    let own = match open.taken {
        Taken::Guess => 1,
        Taken::Nothing => 0,
    };
    SpendVerdict::Again {
        left: vault.budget.left(),
        failed: vault.budget.failed().saturating_sub(own),
        generation: vault.generation,
        answerable: Answerable::new(entry.slot, registration, entry.attempt, entry.ke1),
    }
}

fn spend_new(
    rules: &Rules,
    mut vault: Vault,
    entry: &Spend,
    registration: RegistrationId,
) -> (Vault, SpendVerdict, Touched) {
    if vault.budget.left() == 0 && planted!(ErasedNotStored) {
        return (vault, SpendVerdict::Erased, Touched::Nothing);
    }
    if vault.budget.left() == 0 {
        return (erase(rules, vault, entry), SpendVerdict::Erased, Touched::Erased);
    }
    if !vault.budget.has_room(rules) {
        return (vault, SpendVerdict::Later, Touched::Nothing);
    }
    let Some(failed) = vault.budget.spend(rules, entry.attempt, entry.ke1) else {
        return (erase(rules, vault, entry), SpendVerdict::Erased, Touched::Erased);
    };
    let verdict = SpendVerdict::Spent {
        left: vault.budget.left(),
        failed,
        generation: vault.generation,
        answerable: Answerable::new(entry.slot, registration, entry.attempt, entry.ke1),
    };
    (vault, verdict, Touched::Written)
}

/// Erases the password, closes its attempts, and remembers the one that found no guess left.
fn erase(rules: &Rules, mut vault: Vault, entry: &Spend) -> Vault {
    if let Some(slot) = vault.take_slot(entry.slot) {
        vault.put_slot(slot.erased());
    }
    vault.budget.close_all(rules);
    vault.budget.remember_refused(rules, entry.attempt);
    vault
}
