//! `strongroom witness`: cosigns what logs show, once it is known that they only grew. Page: `docs/spec/auditor.md`.

mod forget;
mod init;
mod run;
mod watch;

use crate::{error::CommandError, secret_keys::PassphraseOptions};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use strongroom_auditor::{
    storage::Directory,
    witness::{Witness, open_witness},
};

/// Cosign the checkpoints of audit logs that only grew
#[derive(Debug, Subcommand)]
pub(super) enum WitnessCommand {
    Init(init::InitArguments),
    Watch(watch::WatchArguments),
    Forget(forget::ForgetArguments),
    Run(run::RunArguments),
}

impl WitnessCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Init(arguments) => arguments.run(),
            Self::Watch(arguments) => arguments.run(),
            Self::Forget(arguments) => arguments.run(),
            Self::Run(arguments) => arguments.run().await,
        }
    }
}

/// A witness's folder with what opens its key.
#[derive(Debug, Args)]
struct WitnessFolder {
    /// The witness's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl WitnessFolder {
    fn open(&self) -> Result<Witness, CommandError> {
        // Nobody is asked for the passphrase of a folder that is none.
        Directory::open(&self.folder)?;
        Ok(self.passphrase.unseal(|passphrase| open_witness(&self.folder, passphrase))??)
    }
}
