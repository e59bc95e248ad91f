//! Calls an attempt a success: the one way in which guesses come back.

use strongroom_protocol::client::Refusal;

use super::{Ending, Record, Rules, SuccessVerdict, Touched, Vault, budget::Known, proposal::Success};

type Step = (Option<Record>, SuccessVerdict, Touched);

pub(super) fn success(rules: &Rules, record: Option<Record>, entry: &Success) -> Step {
    match record {
        Some(Record::Vault(vault)) => {
            let (vault, verdict, touched) = succeed(rules, vault, entry);
            (Some(Record::Vault(vault)), verdict, touched)
        }
        Some(Record::Tombstone(_)) => {
            (record, SuccessVerdict::Refused(Refusal::VaultErased), Touched::Nothing)
        }
        None => (None, SuccessVerdict::Refused(Refusal::NoSuchVault), Touched::Nothing),
    }
}

fn succeed(rules: &Rules, mut vault: Vault, entry: &Success) -> (Vault, SuccessVerdict, Touched) {
    let is_live = vault
        .password()
        .is_some_and(|(number, registration)| number == entry.slot && registration.id == entry.registration);
    match vault.budget.known(rules, entry.attempt) {
        Known::Open(_) if is_live => {
            vault.budget.succeed(rules, entry.attempt);
            let left = vault.budget.left();
            (vault, SuccessVerdict::Succeeded { left }, Touched::Written)
        }
        Known::Closed(Ending::Success) if planted!(CountsSuccessTwice) => {
            vault.budget = super::Budget::full(rules.guesses);
            (vault, SuccessVerdict::Succeeded { left: rules.guesses }, Touched::Written)
        }
        Known::Closed(Ending::Success) => {
            let left = vault.budget.left();
            (vault, SuccessVerdict::SucceededBefore { left }, Touched::Nothing)
        }
        Known::Open(_) | Known::Closed(Ending::Without) | Known::Unknown => {
            (vault, SuccessVerdict::Refused(Refusal::AttemptClosed), Touched::Nothing)
        }
    }
}
