//! `strongroom vault status`.

use super::super::RepoOption;
use crate::{
    access::{Access, locator_beside},
    error::CommandError,
    print::{json, say},
    settings::FleetOptions,
};
use clap::Args;
use serde::Serialize;
use strongroom_client::trust::Wanted;
use strongroom_protocol::client::{SlotKind, VaultStatus};

const EXAMPLES: &str = "\
Examples:
  strongroom vault status --repo /mnt/backup
  strongroom vault status --repo /mnt/backup --json | jq '.slots[0].guesses_left'

It spends no guess and needs no password.";

/// Show how a backup's vault stands
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct StatusArguments {
    #[command(flatten)]
    repo: RepoOption,
    /// Print {"generation", "slots": [{"kind", "guesses_left", "failed_since_success"}]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    fleet: FleetOptions,
}

/// The JSON shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct VaultJson {
    generation: u64,
    slots: Vec<SlotJson>,
}

/// One slot; what is not counted has no counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct SlotJson {
    kind: &'static str,
    guesses_left: Option<u8>,
    failed_since_success: Option<u32>,
}

impl StatusArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        let locator = locator_beside(&location)?;
        let fleet = Access::open(&self.fleet)?.fleet()?;
        fleet.believe(Wanted::Vault(locator.fleet())).await?;
        let status = fleet.client.status(&locator).await.map_err(|error| fleet.explain(&error))?;
        let shown = shape(&status);
        if self.json {
            json(&shown);
        } else {
            say(format!("vault at fleet {}, generation {}", fleet.in_words(), shown.generation));
            let slots = shown.slots.iter().zip(status.slots.as_slice());
            slots.for_each(|(slot, stands)| say(line(slot, stands.erased != 0)));
        }
        Ok(())
    }
}

fn shape(status: &VaultStatus) -> VaultJson {
    let slot = |kind: &SlotKind| match kind {
        SlotKind::Password => SlotJson {
            kind: "password",
            guesses_left: Some(status.left),
            failed_since_success: Some(status.failed),
        },
        SlotKind::RecoveryCode => {
            SlotJson { kind: "recovery-code", guesses_left: None, failed_since_success: None }
        }
        SlotKind::Passkey(_) => SlotJson { kind: "passkey", guesses_left: None, failed_since_success: None },
    };
    let slots = status.slots.as_slice().iter().map(|stands| slot(&stands.kind)).collect();
    VaultJson { generation: status.generation.0, slots }
}

fn line(slot: &SlotJson, is_erased: bool) -> String {
    if is_erased {
        let way_out = "a device that holds the key can set a new password: strongroom vault change-password";
        return format!("  {}: erased, its guesses were used up; {way_out}", slot.kind);
    }
    match (slot.guesses_left, slot.failed_since_success) {
        (Some(left), Some(failed)) => {
            format!("  {}: {left} guesses left, {failed} wrong ones since the last success", slot.kind)
        }
        _ => format!("  {}: no guess can hit, none is counted", slot.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_protocol::{
        bytes::List,
        client::SlotStatus,
        ids::{Generation, RegistrationId, SlotNumber},
    };

    #[test]
    fn the_json_shape_stands() {
        let registration = RegistrationId::new([1; 16]);
        let slot = SlotStatus { slot: SlotNumber::FIRST, kind: SlotKind::Password, registration, erased: 0 };
        let slots = List::new(vec![slot]).unwrap();
        let status = VaultStatus { generation: Generation(2), slots, left: 7, failed: 3 };
        assert_eq!(
            serde_json::to_string(&shape(&status)).unwrap(),
            r#"{"generation":2,"slots":[{"kind":"password","guesses_left":7,"failed_since_success":3}]}"#
        );
    }
}
