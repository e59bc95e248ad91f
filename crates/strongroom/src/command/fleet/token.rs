//! `strongroom fleet token`.

use crate::{error::CommandError, new_fleet::token, print::say};
use clap::Args;
use std::{path::PathBuf, time::Duration};

const EXAMPLES: &str = "\
Example:
  strongroom fleet token fleet --account me > token
  strongroom backup ~/chats --repo /mnt/backup --fleet fleet/fleet.pin --token-file token

For development: whoever can read FLEET_DIR/identity can name itself any account.";

/// Print a token of the fleet's development identity provider
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct TokenArguments {
    /// The fleet's folder
    #[arg(value_name = "FLEET_DIR")]
    folder: PathBuf,
    /// The account's name
    #[arg(long, value_name = "NAME")]
    account: String,
    /// How many hours the token is good for
    #[arg(long, value_name = "HOURS", default_value_t = 720, value_parser = clap::value_parser!(u32).range(1..=87_600))]
    hours: u32,
}

impl TokenArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let lifetime = Duration::from_secs(u64::from(self.hours).saturating_mul(3600));
        say(token(&self.folder, &self.account, lifetime)?);
        Ok(())
    }
}
