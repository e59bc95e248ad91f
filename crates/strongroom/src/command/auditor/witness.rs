//! `strongroom auditor witness`.

use crate::{error::CommandError, print::say, public_keys::witness_key};
use clap::Args;
use std::path::PathBuf;
use strongroom_auditor::auditor::{add_witness, auditor_keys};
use strongroom_client::LogUrl;

const EXAMPLES: &str = "\
Examples:
  strongroom auditor witness auditor witness-1/public/key https://witness-1.example
  strongroom auditor witness auditor witness-1.example+6e4035e9+BAkJ… http://127.0.0.1:7390

The same key again gives the witness another address. Which witnesses count is said by the trust root, not here. The witness
has to watch this log: strongroom witness watch. A service that runs takes it up at its next start.
Exit codes: 0 told; 2 the key or the URL is none, or the folder is no auditor's.";

/// Tell an auditor where a witness is reached
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct WitnessArguments {
    /// The auditor's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The witness's key, or a file that holds it
    #[arg(value_name = "KEY")]
    key: String,
    /// The prefix of the witness's URLs
    #[arg(value_name = "URL")]
    url: LogUrl,
}

impl WitnessArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        auditor_keys(&self.folder)?;
        let key = witness_key(&self.key)?;
        let name = key.name().clone();
        add_witness(&self.folder, key, self.url.to_string())?;
        say(format!("{name} is asked at {}", self.url));
        Ok(())
    }
}
