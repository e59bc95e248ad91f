//! `strongroom fleet`: make, run and look at a fleet.

mod create;
mod status;
mod token;
mod up;

use crate::error::CommandError;
use clap::Subcommand;

/// Make, run and look at a fleet
#[derive(Debug, Subcommand)]
pub(super) enum FleetCommand {
    Create(create::CreateArguments),
    Up(up::UpArguments),
    Status(status::StatusArguments),
    Token(token::TokenArguments),
}

impl FleetCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Create(arguments) => arguments.run().await,
            Self::Up(arguments) => arguments.run().await,
            Self::Status(arguments) => arguments.run().await,
            Self::Token(arguments) => arguments.run(),
        }
    }
}
