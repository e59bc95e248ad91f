//! G5: whatever the fleet acknowledged is there in the end, as long as disks were spoiled of a minority at a time.
//!
//! The audit asks for every vault whose owner was told that it is made. The right password gives the backup key back,
//! unless more attempts were made at the vault than its budget allows, which may have erased it.

use crate::{
    checker::{Checker, Violation},
    names::OperationId,
    observation::{Observation, Phase},
    operation::{Outcome, Wish},
    truth::{Standing, VaultTruth},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_client::flow::FlowError;
use strongroom_protocol::{client::StatusAnswer, ids::VaultId};

/// Remembers what was asked for, and what came.
#[derive(Default)]
pub(crate) struct AcknowledgedSurvives {
    wishes: BTreeMap<OperationId, Wish>,
    acknowledged: BTreeSet<VaultId>,
    opened: BTreeSet<VaultId>,
    erased: BTreeSet<VaultId>,
}

impl Checker for AcknowledgedSurvives {
    fn name(&self) -> &'static str {
        "acknowledged_survives"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::Invoked { operation, wish, .. } => {
                let vault = wish.vault();
                if world.truth().vault(&vault).is_some_and(|truth| truth.standing == Standing::Acknowledged) {
                    self.acknowledged.insert(vault);
                }
                self.wishes.insert(*operation, wish.clone());
            }
            Observation::Returned { operation, outcome, .. } => {
                let Some(wish) = self.wishes.remove(operation) else { return Ok(()) };
                return self.returned(&wish, outcome, world);
            }
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, world: &WorldView<'_>) -> Result<(), Violation> {
        if world.phase() != Phase::Audit || !world.durability_is_promised() {
            return Ok(());
        }
        for (vault, truth) in
            world.truth().vaults().filter(|(_, truth)| truth.standing == Standing::Acknowledged)
        {
            let may_be_erased = truth.attempts_begun > u32::from(world.plan().guesses);
            let is_there = self.opened.contains(vault) || (may_be_erased && self.erased.contains(vault));
            if !is_there {
                return Err(Violation::new(self.name(), lost(vault, truth)));
            }
        }
        Ok(())
    }
}

impl AcknowledgedSurvives {
    fn returned(&mut self, wish: &Wish, outcome: &Outcome, world: &WorldView<'_>) -> Result<(), Violation> {
        let vault = wish.vault();
        let truth = world.truth().vault(&vault);
        match outcome {
            Outcome::Recovered { is_right_key: false, .. } => {
                return Err(Violation::new(self.name(), format!("vault {vault:?} gave another backup key")));
            }
            Outcome::Recovered { .. } if world.phase() == Phase::Audit => {
                self.opened.insert(vault);
            }
            Outcome::FoundErased | Outcome::Status(StatusAnswer::Erased) => {
                self.erased.insert(vault);
            }
            Outcome::Absent | Outcome::Status(StatusAnswer::Absent)
                if self.acknowledged.contains(&vault) && world.durability_is_promised() =>
            {
                return Err(Violation::new(self.name(), format!("{} is absent", name(&vault, truth))));
            }
            Outcome::Failed(error) if !matches!(error, FlowError::TooManyRestarts) => {
                return Err(Violation::new(self.name(), format!("a {} failed: {error}", wish.word())));
            }
            _ => {}
        }
        Ok(())
    }
}

fn lost(vault: &VaultId, truth: &VaultTruth) -> String {
    format!(
        "{} was acknowledged, and no password opens it ({} attempts)",
        name(vault, Some(truth)),
        truth.attempts_begun
    )
}

/// The first bytes of a vault id: enough to find it in a trace.
fn name(vault: &VaultId, _: Option<&VaultTruth>) -> String {
    format!("vault {}", vault.to_hex().get(..12).unwrap_or_default())
}
