//! `strongroom witness watch`.

use super::WitnessFolder;
use crate::{error::CommandError, print::say, public_keys::log_key};
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  strongroom witness watch witness-1 auditor/public/keys
  strongroom witness watch witness-1 auditor.example/log+5cb431f0+Ada…

The key comes from the auditor by a way on which nobody can exchange it, or from the trust root. A service that runs cosigns
the log from now on. Exit codes: 0 it is watched; 2 the key or the folder is none.";

/// Watch a log from now on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct WatchArguments {
    #[command(flatten)]
    witness: WitnessFolder,
    /// The log's key, or a file with its line
    #[arg(value_name = "LOG_KEY")]
    key: String,
}

impl WatchArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let key = log_key(&self.key)?;
        self.witness.open()?.watch(&key)?;
        say(format!("{} is watched.", key.name()));
        Ok(())
    }
}
