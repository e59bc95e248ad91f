//! `strongroom trust sign`.

use super::told::{sign_all, tell};
use crate::{
    error::CommandError,
    print::say,
    root_draft::{RootDraft, append_to_chain},
    secret_keys::PassphraseOptions,
    trust_options::{follow, read_root},
};
use clap::Args;
use std::path::PathBuf;
use strongroom_trust::{RootChain, RootError};

const EXAMPLES: &str = "\
Examples:
  strongroom trust sign root.note --key trustee/root.key
  strongroom trust sign next.note --key trustee/root.key --trust root.note --chain roots.chain

Look at it before (strongroom trust show): whoever signs says that these keys are the parties'. The line is added to the
file itself, which then goes to the next holder. A root that follows another needs the thresholds of both; with --chain it
is appended to the file of newer roots once it has them. Exit codes: 0 signed; 2 the key is no root key.";

/// Add one root key's signature to a trust root
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct SignArguments {
    /// The trust root, at whatever stage
    #[arg(value_name = "ROOT")]
    root: PathBuf,
    /// The root key's file; can be given again
    #[arg(long = "key", value_name = "KEY_FILE", required = true)]
    keys: Vec<PathBuf>,
    /// The first trust root of the chain that this one follows
    #[arg(long, value_name = "FIRST_ROOT", requires = "chain")]
    trust: Option<PathBuf>,
    /// The file of newer roots, which gets this one once enough have signed; made where it is missing
    #[arg(long, value_name = "FILE", requires = "trust")]
    chain: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl SignArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let mut draft = RootDraft::read(&self.root)?;
        let (Some(first), Some(path)) = (&self.trust, &self.chain) else {
            sign_all(&mut draft, &self.keys, &self.passphrase, None)?;
            draft.replace(&self.root)?;
            return tell(&draft, &self.root, None);
        };
        let mut chain = RootChain::new(read_root(first)?);
        if path.exists() {
            follow(&mut chain, path)?;
        }
        let before = chain.newest().clone();
        sign_all(&mut draft, &self.keys, &self.passphrase, Some(&before))?;
        draft.replace(&self.root)?;
        tell(&draft, &self.root, Some(&before))?;
        match append_to_chain(&mut chain, &draft, path)? {
            Ok(()) => say(format!("{} has it now, for nodes to hand out.", path.display())),
            Err(RootError::OwnThreshold | RootError::PreviousThreshold) => {}
            Err(error) => {
                return Err(CommandError::usage(format!(
                    "{} does not follow from {}: {error}. Make it anew with `strongroom trust rotate`.",
                    self.root.display(),
                    first.display()
                )));
            }
        }
        Ok(())
    }
}
