//! `strongroom trust`: whose signatures count.

mod init;
mod keys;
mod rotate;
mod show;
mod sign;
mod told;

use crate::error::CommandError;
use clap::Subcommand;

/// Make, sign, follow and look at the trust root: whose signatures count
#[derive(Debug, Subcommand)]
pub(super) enum TrustCommand {
    Keys(keys::KeysArguments),
    Init(init::InitArguments),
    Sign(sign::SignArguments),
    Rotate(rotate::RotateArguments),
    Show(show::ShowArguments),
}

impl TrustCommand {
    pub(super) fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Keys(arguments) => arguments.run(),
            Self::Init(arguments) => arguments.run(),
            Self::Sign(arguments) => arguments.run(),
            Self::Rotate(arguments) => arguments.run(),
            Self::Show(arguments) => arguments.run(),
        }
    }
}
