//! `strongroom vault add`.

mod recovery_code;

use crate::error::CommandError;
use clap::Subcommand;

/// Add something that opens a backup's vault
#[derive(Debug, Subcommand)]
pub(in crate::command) enum AddCommand {
    RecoveryCode(recovery_code::RecoveryCodeArguments),
}

impl AddCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::RecoveryCode(arguments) => arguments.run().await,
        }
    }
}
