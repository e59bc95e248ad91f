//! `strongroom verify`: what anybody can check about a fleet, its bundle and its log.

mod bundle;
mod equivocation;
mod gossip;
mod log;

use crate::error::CommandError;
use clap::Subcommand;

/// Check what operator and auditor say about fleets; needs no account and no secret
#[derive(Debug, Subcommand)]
pub(super) enum VerifyCommand {
    Bundle(bundle::BundleArguments),
    Log(log::LogArguments),
    Gossip(gossip::GossipArguments),
    Equivocation(equivocation::EquivocationArguments),
}

impl VerifyCommand {
    pub(super) fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Bundle(arguments) => arguments.run(),
            Self::Log(arguments) => arguments.run(),
            Self::Gossip(arguments) => arguments.run(),
            Self::Equivocation(arguments) => arguments.run(),
        }
    }
}
