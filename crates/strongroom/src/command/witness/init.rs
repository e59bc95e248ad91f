//! `strongroom witness init`.

use crate::{
    error::CommandError,
    print::say,
    secret_keys::{PassphraseOptions, fresh_rng},
};
use clap::Args;
use std::path::PathBuf;
use strongroom_auditor::witness::init_witness;
use strongroom_trust::KeyName;

const EXAMPLES: &str = "\
Example:
  strongroom witness init witness-1 --name witness-1.example

The key's public half is in DIR/public/key. In the trust root it gets a name, and it is said who runs the witness, in two
lines: `witness witness-1 KEY` and `party witness-1 independent`. Then: `witness watch` for each log, `witness run`.
Exit codes: 0 made; 2 the folder is not empty, or the name cannot be one.";

/// Make a witness's folder with a key of its own
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct InitArguments {
    /// The folder, missing or empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The key's name, by custom a domain: witness-1.example
    #[arg(long, value_name = "NAME")]
    name: KeyName,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl InitArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let given = self.passphrase.read_new()?;
        let key = init_witness(
            &self.folder,
            self.name,
            &given.to_passphrase(),
            given.stretching(),
            &mut fresh_rng()?,
        )?;
        say(key.to_string());
        say(format!(
            "This public half is in {}: it goes to whoever makes the trust root, and to the auditors.",
            self.folder.join("public/key").display()
        ));
        Ok(())
    }
}
