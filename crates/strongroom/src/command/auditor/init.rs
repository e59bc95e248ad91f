//! `strongroom auditor init`.

use crate::{
    error::CommandError,
    print::say,
    secret_keys::{PassphraseOptions, fresh_rng},
};
use clap::Args;
use std::path::PathBuf;
use strongroom_auditor::auditor::init_auditor;
use strongroom_trust::{KeyName, Namespace};

const EXAMPLES: &str = "\
Example:
  strongroom auditor init auditor --namespace example.messenger.v1 --origin auditor.example/log

DIR gets private/keys, one file for each key, which a passphrase opens, and public/keys, the lines that the trust root needs:
that file goes to whoever makes it. The auditor's root key is none of them (strongroom trust keys). Then: `auditor witness`
for each witness, `auditor adopt` once the trust root is signed, `auditor run`.
Exit codes: 0 made; 2 the folder is not empty, or a name cannot be one.";

/// Make an auditor's folder: its keys, its log
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct InitArguments {
    /// The folder, missing or empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The line of bundles that it signs: example.messenger.v1
    #[arg(long, value_name = "NS")]
    namespace: Namespace,
    /// The log's name, by custom where it is published: auditor.example/log
    #[arg(long, value_name = "NAME")]
    origin: KeyName,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl InitArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let given = self.passphrase.read_new()?;
        let keys = init_auditor(
            &self.folder,
            self.namespace,
            self.origin,
            &given.to_passphrase(),
            given.stretching(),
            &mut fresh_rng()?,
        )?;
        say(keys.to_string().trim_end());
        say(format!(
            "These lines are in {}: it goes to whoever makes the trust root.",
            self.folder.join("public/keys").display()
        ));
        Ok(())
    }
}
