//! `strongroom vault erase`.

use super::super::RepoOption;
use crate::{
    access::{Access, backup_key, locator_beside},
    credentials::CredentialOptions,
    error::CommandError,
    print::{note, say},
    settings::FleetOptions,
};
use clap::Args;
use std::io::{self, BufRead as _, IsTerminal as _};
use strongroom_client::trust::Wanted;

const EXAMPLES: &str = "\
Examples:
  strongroom vault erase --repo /mnt/backup
  strongroom vault erase --repo /mnt/backup --yes     asks nothing

No password opens the backup any more after it, for ever. The backup itself stays, for whoever holds
its key: this device, or the 64 digits of `strongroom key --backup-key`.";

/// Erase a backup's vault for ever, on every node
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct EraseArguments {
    #[command(flatten)]
    repo: RepoOption,
    /// Do not ask whether it is meant
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    credential: CredentialOptions,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl EraseArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        let locator = locator_beside(&location)?;
        let access = Access::open(&self.fleet)?;
        let fleet = access.fleet()?;
        if !self.yes {
            confirm()?;
        }
        let key = backup_key(&access, &location, &self.credential).await?;
        fleet.believe(Wanted::Vault(locator.fleet())).await?;
        fleet.client.erase(&locator, &key).await.map_err(|error| fleet.explain(&error))?;
        say("The vault is erased. The backup is still there for whoever holds its key.");
        Ok(())
    }
}

fn confirm() -> Result<(), CommandError> {
    if !io::stdin().is_terminal() {
        return Err(CommandError::usage("Nobody can be asked whether this is meant. Give --yes."));
    }
    note("No password opens this backup any more after it, for ever. Type erase to go on:");
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    if read.is_ok() && line.trim() == "erase" {
        return Ok(());
    }
    Err(CommandError::usage("Nothing was erased."))
}
