//! `strongroom key`.

use super::RepoOption;
use crate::{
    access::{Access, backup_key},
    credentials::CredentialOptions,
    error::CommandError,
    print::{note, say},
    settings::FleetOptions,
};
use clap::Args;
use std::io::IsTerminal as _;

const EXAMPLES: &str = "\
Examples:
  RESTIC_PASSWORD_COMMAND='strongroom key --repo /mnt/backup' restic -r /mnt/backup check
  strongroom key --repo /mnt/backup --backup-key > key        keep it where nobody else reads it

The repository key opens the backup and can never touch the vault. The 64-digit backup key is everything:
who has it needs neither password nor fleet.";

/// Print the repository key, for restic and other programs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct KeyArguments {
    #[command(flatten)]
    repo: RepoOption,
    /// Print the 64-digit backup key, for people, in its place
    #[arg(long)]
    backup_key: bool,
    #[command(flatten)]
    credential: CredentialOptions,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl KeyArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        let key = backup_key(&Access::open(&self.fleet)?, &location, &self.credential).await?;
        if !self.backup_key {
            say(key.repository_key_hex().as_str());
            return Ok(());
        }
        if std::io::stdout().is_terminal() {
            note(
                "Whoever reads these 64 digits can read the whole backup. Keep them where nobody else looks.",
            );
        }
        say(key.to_digits().as_str());
        Ok(())
    }
}
