//! `strongroom vault`: look at a backup's vault, change its password, erase it.

mod change_password;
mod erase;
mod status;

use crate::error::CommandError;
use clap::Subcommand;

/// Look at a backup's vault, change its password, or erase it
#[derive(Debug, Subcommand)]
pub(super) enum VaultCommand {
    Status(status::StatusArguments),
    ChangePassword(change_password::ChangePasswordArguments),
    Erase(erase::EraseArguments),
}

impl VaultCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Status(arguments) => arguments.run().await,
            Self::ChangePassword(arguments) => arguments.run().await,
            Self::Erase(arguments) => arguments.run().await,
        }
    }
}
