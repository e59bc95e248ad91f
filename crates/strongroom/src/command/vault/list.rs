//! `strongroom vault list`.

use super::{
    super::RepoOption,
    slots::{SlotJson, shape},
};
use crate::{
    access::{Access, locator_beside},
    error::CommandError,
    print::{json, say},
    settings::FleetOptions,
};
use clap::Args;
use strongroom_client::trust::Wanted;

const EXAMPLES: &str = "\
Examples:
  strongroom vault list --repo /mnt/backup
  strongroom vault list --repo /mnt/backup --json | jq '.[].kind'

It spends no guess and needs no password.";

/// List what opens a backup's vault: password, recovery code, passkeys
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct ListArguments {
    #[command(flatten)]
    repo: RepoOption,
    /// Print [{"slot", "kind", "label", "rp_id", "is_erased"}]; label and rp_id for passkeys alone
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl ListArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        let locator = locator_beside(&location)?;
        let fleet = Access::open(&self.fleet)?.fleet()?;
        fleet.believe(Wanted::Vault(locator.fleet())).await?;
        let status = fleet.client.status(&locator).await.map_err(|error| fleet.explain(&error))?;
        let slots = shape(&status);
        if self.json {
            json(&slots);
        } else {
            slots.iter().for_each(|slot| say(line(slot)));
        }
        Ok(())
    }
}

fn line(slot: &SlotJson) -> String {
    let more = match (&slot.label, &slot.rp_id) {
        (Some(label), Some(rp_id)) => format!("  {label}, at {rp_id}"),
        _ if slot.is_erased => "  erased: its guesses were used up".into(),
        _ => String::new(),
    };
    format!("{}  {}{more}", slot.slot, slot.kind)
}
