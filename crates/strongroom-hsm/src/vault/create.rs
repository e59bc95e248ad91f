//! Makes a vault.

use strongroom_protocol::{bytes::List, client::Refusal, client::SlotKind, ids::Generation};

use super::{
    Answerable, Budget, Record, Registration, Rules, Slot, Touched, UploadVerdict, Vault,
    proposal::{Create, NewSlot},
    slot::{PasskeySlot, SlotState},
};

type Step = (Option<Record>, UploadVerdict, Touched);

pub(super) fn create(rules: &Rules, record: Option<Record>, entry: &Create) -> Step {
    let verdict = match &record {
        None => return make(rules, entry),
        Some(Record::Vault(vault)) if vault.last_change == entry.upload => repeated(vault, Some(&entry.slot)),
        Some(Record::Vault(_)) if planted!(RefillsOnCreate) => return make(rules, entry),
        Some(Record::Vault(_)) => UploadVerdict::Refused(Refusal::VaultExists),
        Some(Record::Tombstone(_)) if planted!(TombstoneForgets) => return make(rules, entry),
        Some(Record::Tombstone(_)) => UploadVerdict::Refused(Refusal::VaultErased),
    };
    (record, verdict, Touched::Nothing)
}

fn make(rules: &Rules, entry: &Create) -> Step {
    let slot = match slot_of(&entry.slot) {
        Ok(slot) => slot,
        Err(refusal) => return (None, UploadVerdict::Refused(refusal), Touched::Nothing),
    };
    let mut vault = Vault {
        generation: Generation::FIRST,
        owner_key: entry.owner_key,
        last_change: entry.upload,
        budget: Budget::full(rules.guesses),
        slots: List::default(),
    };
    vault.put_slot(slot);
    let verdict = confirm(rules, &mut vault, Some(&entry.slot));
    (Some(Record::Vault(vault)), verdict, Touched::Written)
}

/// Makes a slot of what was uploaded, or says why it cannot be one.
pub(super) fn slot_of(new: &NewSlot) -> Result<Slot, Refusal> {
    if !new.is_well_formed() {
        return Err(Refusal::Malformed);
    }
    let seed = new.seed.as_ref().ok_or(Refusal::TicketDead)?;
    let registration = Registration {
        id: new.registration,
        stretching: new.stretching,
        seed: seed.duplicate(),
        record: new.record,
        wrapped_key: new.wrapped_key,
    };
    let state = match &new.kind {
        SlotKind::Password => SlotState::Password(registration),
        SlotKind::RecoveryCode => SlotState::RecoveryCode(registration),
        SlotKind::Passkey(passkey) => {
            SlotState::Passkey(PasskeySlot { passkey: passkey.clone(), registration })
        }
    };
    Ok(Slot { number: new.number, state })
}

/// Opens the attempt that confirms a slot which was just put, and gives the verdict of its upload.
pub(super) fn confirm(rules: &Rules, vault: &mut Vault, new: Option<&NewSlot>) -> UploadVerdict {
    if let Some(confirmation) = new.and_then(|new| new.confirmation) {
        vault.budget.confirm(rules, confirmation.attempt, confirmation.ke1);
    }
    let confirming = new.and_then(|new| confirming(vault, new));
    UploadVerdict::Done { generation: vault.generation, left: vault.budget.left(), confirming }
}

/// Answers an upload or change that is the last one applied.
pub(super) fn repeated(vault: &Vault, new: Option<&NewSlot>) -> UploadVerdict {
    let confirming = new.and_then(|new| confirming(vault, new));
    UploadVerdict::Repeated { generation: vault.generation, left: vault.budget.left(), confirming }
}

/// The attempt that confirms a slot, if it is open and the slot's password live.
fn confirming(vault: &Vault, new: &NewSlot) -> Option<Answerable> {
    let confirmation = new.confirmation?;
    let (number, registration) = vault.password()?;
    let stands = number == new.number && registration.id == new.registration;
    let is_open = vault.budget.is_open_for(confirmation.attempt, confirmation.ke1);
    (stands && is_open)
        .then(|| Answerable::new(number, registration.id, confirmation.attempt, confirmation.ke1))
}
