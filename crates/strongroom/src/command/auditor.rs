//! `strongroom auditor`: the independent party. Page: `docs/spec/auditor.md`.
//!
//! Each act works on the folder, whether the service runs or not; both take the folder's lock.

mod accept;
mod adopt;
mod init;
mod new_keys;
mod revoke;
mod run;
mod show;
mod sign;
mod take_revocation;
mod witness;

use crate::{error::CommandError, secret_keys::PassphraseOptions};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use strongroom_auditor::auditor::{Auditor, auditor_keys, open_auditor};

/// Sign bundles, keep the public audit log, and revoke
#[derive(Debug, Subcommand)]
pub(super) enum AuditorCommand {
    Init(init::InitArguments),
    Witness(witness::WitnessArguments),
    Adopt(adopt::AdoptArguments),
    Run(run::RunArguments),
    Sign(sign::SignArguments),
    Accept(accept::AcceptArguments),
    NewKeys(new_keys::NewKeysArguments),
    Revoke(revoke::RevokeArguments),
    TakeRevocation(take_revocation::TakeRevocationArguments),
    Show(show::ShowArguments),
}

impl AuditorCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Init(arguments) => arguments.run(),
            Self::Witness(arguments) => arguments.run(),
            Self::Adopt(arguments) => arguments.run(),
            Self::Run(arguments) => arguments.run().await,
            Self::Sign(arguments) => arguments.run(),
            Self::Accept(arguments) => arguments.run(),
            Self::NewKeys(arguments) => arguments.run(),
            Self::Revoke(arguments) => arguments.run(),
            Self::TakeRevocation(arguments) => arguments.run(),
            Self::Show(arguments) => arguments.run(),
        }
    }
}

/// An auditor's folder with what opens its keys.
#[derive(Debug, Args)]
struct AuditorFolder {
    /// The auditor's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl AuditorFolder {
    fn open(&self) -> Result<Auditor, CommandError> {
        // Nobody is asked for the passphrase of a folder that is none.
        auditor_keys(&self.folder)?;
        Ok(self.passphrase.unseal(|passphrase| open_auditor(&self.folder, passphrase))??)
    }
}
