//! `strongroom vault change-password`.

use super::super::RepoOption;
use crate::{
    access::{Access, backup_key, keep, locator_beside},
    credentials::CredentialOptions,
    error::CommandError,
    password::{PasswordOptions, PasswordSource},
    print::{note, say},
    settings::FleetOptions,
};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  strongroom vault change-password --repo /mnt/backup
  strongroom vault change-password --repo /mnt/backup --new-password-file new
  strongroom vault change-password --repo /mnt/backup --recovery-code    when the old one is forgotten

A device that holds the backup's key needs no old password; any other gives it, or the recovery code, as
`restore` does.
Guesses that were spent come back with the change.";

/// Set a new password
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct ChangePasswordArguments {
    #[command(flatten)]
    repo: RepoOption,
    /// Read the new password from a file
    #[arg(long, value_name = "F", conflicts_with = "new_password_stdin")]
    new_password_file: Option<PathBuf>,
    /// Read the new password from standard input
    #[arg(long, conflicts_with = "password_stdin")]
    new_password_stdin: bool,
    #[command(flatten)]
    credential: CredentialOptions,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl ChangePasswordArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        let locator = locator_beside(&location)?;
        let access = Access::open(&self.fleet)?;
        let fleet = access.fleet()?;
        let key = backup_key(&access, &location, &self.credential).await?;
        let password = self.new_source().read_new()?;
        let changed = fleet.client.change_password(&locator, &key, password.credential()).await;
        let changed = changed.map_err(|error| fleet.explain(&error))?;
        keep(&location, &changed.locator).map_err(|error| {
            CommandError::other(format!("The password is changed, but not the locator: {error}."))
        })?;
        say(format!("The password is changed; {} guesses are left.", changed.left));
        if !changed.is_confirmed {
            note("The fleet has not yet acknowledged it; the next command tells it again.");
        }
        Ok(())
    }

    fn new_source(&self) -> PasswordSource {
        let password_file = self.new_password_file.clone();
        PasswordOptions { password_file, password_stdin: self.new_password_stdin }.source()
    }
}
