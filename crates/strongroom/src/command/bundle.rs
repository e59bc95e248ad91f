//! `strongroom bundle`: the operator's side of fleets over the air.

mod countersign;
mod propose;
mod publish;
mod revoke;
mod show;

pub(super) use revoke::fleet_of;

use crate::error::CommandError;
use clap::Subcommand;

/// Propose, counter-sign and publish the bundle of an operator's fleets
#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    Propose(propose::ProposeArguments),
    Countersign(countersign::CountersignArguments),
    Publish(publish::PublishArguments),
    Revoke(revoke::RevokeArguments),
    Show(show::ShowArguments),
}

impl BundleCommand {
    pub(super) fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Propose(arguments) => arguments.run(),
            Self::Countersign(arguments) => arguments.run(),
            Self::Publish(arguments) => arguments.run(),
            Self::Revoke(arguments) => arguments.run(),
            Self::Show(arguments) => arguments.run(),
        }
    }
}
