//! `strongroom trust rotate`.

use super::told::{sign_all, tell};
use crate::{
    error::CommandError,
    print::say,
    public_keys::PublicKeys,
    root_draft::{RootDraft, append_to_chain},
    secret_keys::PassphraseOptions,
    trust_options::{follow, now, read_root},
};
use clap::Args;
use std::path::PathBuf;
use strongroom_trust::{KeyName, Moment, RootChain, RootContents, Vkey};

const EXAMPLES: &str = "\
Examples:
  strongroom trust rotate next.note --trust root.note --chain roots.chain --keys new-operator.keys
  strongroom trust rotate next.note --trust root.note --chain roots.chain --keys auditor/public/next-keys
  strongroom trust rotate next.note --trust root.note --chain roots.chain --remove witness-2.example --quorum 1
  strongroom trust rotate next.note --trust root.note --chain roots.chain --sign trustee/root.key

It writes the version after the newest one, with the changes that are given: keys that come replace the one of the same
party and kind, or the root key, log and witness of the same name. The root keys of both versions sign it (strongroom trust
sign), as many as either threshold says; then roots.chain has it, which goes to the nodes (strongroom bundle publish
--roots). Exit codes: 0 written; 2 the keys break a rule.";

/// Write the trust root that follows the newest one, for the root keys of both to sign
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct RotateArguments {
    /// The file to write
    #[arg(value_name = "NEXT_ROOT")]
    next: PathBuf,
    /// The trust root that apps ship
    #[arg(long, value_name = "ROOT", env = "STRONGROOM_TRUST")]
    trust: PathBuf,
    /// The file of newer roots, which gets this one once enough have signed; made where it is missing
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// Public keys that come or replace, a file; can be given again
    #[arg(long, value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// One line of such a file; can be given again
    #[arg(long = "key", value_name = "LINE")]
    lines: Vec<String>,
    /// A root key, log or witness that goes, by its key's name; can be given again
    #[arg(long = "remove", value_name = "KEY_NAME")]
    removed: Vec<KeyName>,
    /// How many root keys have to sign from now on [default: as before]
    #[arg(long, value_name = "N")]
    threshold: Option<u8>,
    /// How many witnesses have to cosign [default: as before]
    #[arg(long, value_name = "N")]
    quorum: Option<u8>,
    /// When it expires [default: as far from now as the newest one from its issue]
    #[arg(long, value_name = "TIME")]
    expires: Option<Moment>,
    /// Sign it at once with this root key's file; can be given again
    #[arg(long, value_name = "KEY_FILE")]
    sign: Vec<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl RotateArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let mut chain = RootChain::new(read_root(&self.trust)?);
        if self.chain.exists() {
            follow(&mut chain, &self.chain)?;
        }
        let before = chain.newest().clone();
        let mut draft = RootDraft::new(&self.contents(before.contents())?)?;
        sign_all(&mut draft, &self.sign, &self.passphrase, Some(&before))?;
        draft.create(&self.next)?;
        tell(&draft, &self.next, Some(&before))?;
        if append_to_chain(&mut chain, &draft, &self.chain)?.is_ok() {
            say(format!("{} has it now, for nodes to hand out.", self.chain.display()));
        }
        Ok(())
    }

    fn contents(&self, before: &RootContents) -> Result<RootContents, CommandError> {
        let mut contents = before.clone();
        contents.version = before.version.next().ok_or_else(|| CommandError::other("No version follows."))?;
        contents.issued = now().max(before.issued);
        let lifetime = before.expires.seconds_since(before.issued);
        contents.expires = self.expires.unwrap_or(contents.issued.plus_seconds(lifetime));
        contents.threshold = self.threshold.unwrap_or(before.threshold);
        contents.policy.quorum = self.quorum.unwrap_or(before.policy.quorum);
        self.removed.iter().try_for_each(|name| remove(&mut contents, name))?;
        PublicKeys::gather(&self.keys, &self.lines)?.put_into(&mut contents)?;
        Ok(contents)
    }
}

/// Keys go before others come, so that one can be replaced by another of its name.
fn remove(contents: &mut RootContents, name: &KeyName) -> Result<(), CommandError> {
    fn is_other<const TYPE: u8>(key: &Vkey<TYPE>, name: &KeyName) -> bool {
        key.name() != name
    }
    let count = |contents: &RootContents| {
        contents.root_keys.len() + contents.policy.logs.len() + contents.policy.witnesses.len()
    };
    let before = count(contents);
    contents.root_keys.retain(|root| is_other(&root.key, name));
    contents.policy.logs.retain(|log| is_other(log, name));
    contents.policy.witnesses.retain(|witness| is_other(&witness.key, name));
    if count(contents) < before {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "No root key, log or witness has a key of the name {name}. The names stand in `strongroom trust show`; a key of \
         operator or auditor is not removed but replaced."
    )))
}
