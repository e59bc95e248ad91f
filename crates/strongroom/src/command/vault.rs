//! `strongroom vault`: look at a backup's vault, change what opens it, erase it.

mod add;
mod change_password;
mod erase;
mod list;
mod remove;
mod slots;
mod status;

use crate::error::CommandError;
use clap::Subcommand;

/// Look at a backup's vault, change what opens it, or erase it
#[derive(Debug, Subcommand)]
pub(super) enum VaultCommand {
    Status(status::StatusArguments),
    List(list::ListArguments),
    #[command(subcommand)]
    Add(add::AddCommand),
    Remove(remove::RemoveArguments),
    ChangePassword(change_password::ChangePasswordArguments),
    Erase(erase::EraseArguments),
}

impl VaultCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Status(arguments) => arguments.run().await,
            Self::List(arguments) => arguments.run().await,
            Self::Add(command) => command.run().await,
            Self::Remove(arguments) => arguments.run().await,
            Self::ChangePassword(arguments) => arguments.run().await,
            Self::Erase(arguments) => arguments.run().await,
        }
    }
}
