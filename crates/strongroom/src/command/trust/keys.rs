//! `strongroom trust keys`.

use crate::{
    error::CommandError,
    files::create,
    print::say,
    public_keys::KeyKind,
    secret_keys::{NoteSigner, PassphraseOptions},
};
use clap::Args;
use std::{fs, path::PathBuf};
use strongroom_trust::Party;

const EXAMPLES: &str = "\
Examples:
  strongroom trust keys operator --party operator --name operator.example
  strongroom trust keys trustee --party independent --name trustee.example

DIR gets one file for each secret key, which only its owner may read and a passphrase opens: root.key for everybody,
and bundle.key, status.key and revocation.key for the operator. The auditor's own keys for these, the log's and the
witnesses' are made by `strongroom auditor init` and `strongroom witness init`. PARTY.keys holds the public halves: it
goes to whoever makes the trust root. The secret files go to nobody. Exit codes: 0 made; 2 something is there already.";

/// Make a party's secret keys, each in a file of its own, and the file of their public halves
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct KeysArguments {
    /// The folder that gets the files; made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Who holds the keys: operator, auditor or independent
    #[arg(long, value_name = "PARTY")]
    party: Party,
    /// What the keys' names begin with, by custom a domain: operator.example
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl KeysArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let public = self.folder.join(format!("{}.keys", self.party));
        if public.exists() {
            return Err(CommandError::usage(format!(
                "{} is there already. Keys are never written over: choose another folder.",
                public.display()
            )));
        }
        let passphrase = self.passphrase.read_new()?;
        fs::create_dir_all(&self.folder).map_err(|error| CommandError::file(&self.folder, "made", &error))?;
        let make = |file: &str| {
            let path = self.folder.join(format!("{file}.key"));
            NoteSigner::create(&path, &format!("{}/{file}", self.name), &passphrase)
        };
        let mut lines = format!("root {} {}\n", self.party, make("root")?);
        if self.party == Party::Operator {
            for kind in KeyKind::ALL {
                lines += &format!("{} {} {}\n", self.party, kind.word(), make(kind.word())?);
            }
        }
        create(&public, lines.as_bytes())?;
        say(lines.trim_end());
        say(format!(
            "These public halves are in {}: it goes to whoever makes the trust root.",
            public.display()
        ));
        Ok(())
    }
}
