//! Adds, replaces or removes a slot, or erases the vault.
//!
//! No change refills the budget or leaves a guess where none was left: what is left, what failed and what is
//! closed stay with the vault, whatever becomes of its password.

use strongroom_protocol::{
    client::Refusal,
    ids::{Generation, SlotNumber},
};

use super::{
    Record, Rules, Slot, Tombstone, TombstoneReason, Touched, UploadVerdict, Vault,
    budget::Known,
    create::{confirm, repeated, slot_of},
    proposal::{Action, Change, NewSlot},
    slot::SlotState,
};

type Step = (Option<Record>, UploadVerdict, Touched);

/// What a change that passed every check does.
enum Plan<'e> {
    Put(Slot, &'e NewSlot),
    Take(SlotNumber),
    Erase,
}

pub(super) fn change(rules: &Rules, record: Option<Record>, entry: &Change) -> Step {
    let vault = match record {
        Some(Record::Vault(vault)) => vault,
        Some(Record::Tombstone(tombstone)) => {
            let verdict = after_erasing(&tombstone, entry);
            return (Some(Record::Tombstone(tombstone)), verdict, Touched::Nothing);
        }
        None => return (None, UploadVerdict::Refused(Refusal::NoSuchVault), Touched::Nothing),
    };
    if vault.last_change == entry.change {
        let verdict = repeated(&vault, new_slot(&entry.action));
        return (Some(Record::Vault(vault)), verdict, Touched::Nothing);
    }
    match plan(rules, &vault, entry) {
        Ok((generation, plan)) => perform(rules, vault, entry, generation, plan),
        Err(refusal) => (Some(Record::Vault(vault)), UploadVerdict::Refused(refusal), Touched::Nothing),
    }
}

/// Answers a change of an erased vault; the one that erased it is known again.
fn after_erasing(tombstone: &Tombstone, entry: &Change) -> UploadVerdict {
    if tombstone.last_change == entry.change {
        return UploadVerdict::Repeated { generation: tombstone.generation, left: 0, confirming: None };
    }
    UploadVerdict::Refused(Refusal::VaultErased)
}

fn new_slot(action: &Action) -> Option<&NewSlot> {
    match action {
        Action::Add(new) | Action::Replace(new) => Some(new),
        Action::Remove(_) | Action::Erase => None,
    }
}

/// Makes every check, in order, and gives the next generation and what is to be done.
fn plan<'e>(rules: &Rules, vault: &Vault, entry: &'e Change) -> Result<(Generation, Plan<'e>), Refusal> {
    if vault.generation != entry.generation && !planted!(GenerationNotCompared) {
        return Err(Refusal::GenerationConflict);
    }
    let generation = vault.generation.next().ok_or(Refusal::GenerationConflict)?;
    let plan = match &entry.action {
        Action::Add(new) => {
            let is_free = vault.slot(new.number).is_none_or(Slot::is_erased);
            plan_slot(rules, vault, new, is_free)?
        }
        Action::Replace(new) => {
            let is_taken = vault.slot(new.number).is_some();
            plan_slot(rules, vault, new, is_taken)?
        }
        Action::Remove(number) => plan_removal(vault, *number)?,
        Action::Erase => Plan::Erase,
    };
    Ok((generation, plan))
}

fn plan_slot<'e>(
    rules: &Rules,
    vault: &Vault,
    new: &'e NewSlot,
    is_where_it_may_be: bool,
) -> Result<Plan<'e>, Refusal> {
    if !new.is_well_formed() {
        return Err(Refusal::Malformed);
    }
    if !is_where_it_may_be {
        return Err(Refusal::WrongSlot);
    }
    let has_password_elsewhere =
        vault.slots().iter().any(|slot| slot.is_password() && slot.number != new.number);
    if new.confirmation.is_some() && has_password_elsewhere {
        return Err(Refusal::SecondPassword);
    }
    if vault.slots().iter().any(|slot| slot.registration_id() == new.registration) {
        return Err(Refusal::RegistrationUsed);
    }
    if let Some(confirmation) = new.confirmation {
        match vault.budget.known(rules, confirmation.attempt) {
            Known::Open(_) | Known::Closed(_) => return Err(Refusal::AttemptClosed),
            Known::Unknown if !vault.budget.has_room(rules) => return Err(Refusal::Busy),
            Known::Unknown => {}
        }
    }
    slot_of(new).map(|slot| Plan::Put(slot, new))
}

fn plan_removal<'e>(vault: &Vault, number: SlotNumber) -> Result<Plan<'e>, Refusal> {
    let is_last = vault.slots().len() == 1;
    if is_last || vault.slot(number).is_none() {
        return Err(Refusal::WrongSlot);
    }
    Ok(Plan::Take(number))
}

fn perform(rules: &Rules, mut vault: Vault, entry: &Change, generation: Generation, plan: Plan<'_>) -> Step {
    let (displaced, new) = match plan {
        Plan::Put(slot, new) => (vault.put_slot(slot), Some(new)),
        Plan::Take(number) => (vault.take_slot(number), None),
        Plan::Erase => return erase(entry, generation),
    };
    vault.generation = generation;
    vault.last_change = entry.change;
    let touched = match displaced.map(|slot| slot.state) {
        Some(SlotState::Password(_)) => {
            if !planted!(ChangeLeavesAttemptsOpen) {
                vault.budget.close_all(rules);
            }
            if planted!(RefillsOnChange) {
                vault.budget = super::Budget::full(rules.guesses);
            }
            Touched::Erased
        }
        Some(SlotState::RecoveryCode(_) | SlotState::Passkey(_)) => Touched::Erased,
        Some(SlotState::Erased(_)) | None => Touched::Written,
    };
    let verdict = confirm(rules, &mut vault, new);
    (Some(Record::Vault(vault)), verdict, touched)
}

fn erase(entry: &Change, generation: Generation) -> Step {
    let tombstone =
        Tombstone { generation, last_change: entry.change, reason: TombstoneReason::ErasedByOwner };
    let verdict = UploadVerdict::Done { generation, left: 0, confirming: None };
    (Some(Record::Tombstone(tombstone)), verdict, Touched::Erased)
}
