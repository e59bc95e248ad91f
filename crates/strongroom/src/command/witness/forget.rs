//! `strongroom witness forget`.

use super::WitnessFolder;
use crate::{error::CommandError, print::say, public_keys::log_key};
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  strongroom witness forget witness-1 auditor.example/log+5cb431f0+Ada…

After a log's key was changed: the new one is watched first (strongroom witness watch), and the old one forgotten once the log
signs by the new one, so that a thief of the old one gets no cosignature. What was cosigned stays remembered, by the log's
name. Exit codes: 0 it is forgotten; 2 it was not watched, or the key or the folder is none.";

/// Cosign no more what a key of a log signs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct ForgetArguments {
    #[command(flatten)]
    witness: WitnessFolder,
    /// The log's key, or a file with its line
    #[arg(value_name = "LOG_KEY")]
    key: String,
}

impl ForgetArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let key = log_key(&self.key)?;
        self.witness.open()?.forget(&key)?;
        say(format!("{key} is forgotten."));
        Ok(())
    }
}
