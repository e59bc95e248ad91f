//! `strongroom trust init`.

use super::told::{sign_all, tell};
use crate::{
    error::CommandError, public_keys::PublicKeys, root_draft::RootDraft, secret_keys::PassphraseOptions,
    trust_options::now,
};
use clap::Args;
use std::path::PathBuf;
use strongroom_trust::{Moment, Namespace, RootContents, RootVersion};

const EXAMPLES: &str = "\
Examples:
  strongroom trust init root.note --namespace example.messenger.v1 --threshold 2 --quorum 2 \\
    --keys operator.keys --keys auditor.keys --keys trustee.keys --keys witness-1.keys --keys witness-2.keys
  strongroom trust init root.note … --sign trustee/root.key        and sign it at once with a key on this machine

A keys file holds the lines that the trust root will have: root PARTY KEY; operator and auditor, each with bundle,
status and revocation; log KEY, whose name is the log's origin; witness NAME KEY with party NAME PARTY. Then each
holder of a root key looks at it (strongroom trust show) and signs it (strongroom trust sign); when as many have as
the threshold says, it is a trust root, for apps to ship. Exit codes: 0 written; 2 the keys break a rule.";

/// Write a first trust root out of the parties' public keys, for the root keys to sign
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct InitArguments {
    /// The file to write
    #[arg(value_name = "ROOT")]
    root: PathBuf,
    /// The line of bundles that it is for, such as example.messenger.v1
    #[arg(long, value_name = "NS")]
    namespace: Namespace,
    /// A party's public keys, a file; can be given again
    #[arg(long, value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// One line of such a file; can be given again
    #[arg(long = "key", value_name = "LINE")]
    lines: Vec<String>,
    /// How many root keys have to sign it, and the next one
    #[arg(long, value_name = "N")]
    threshold: u8,
    /// How many witnesses have to cosign a checkpoint
    #[arg(long, value_name = "N")]
    quorum: u8,
    /// When it expires, such as 2031-01-01T00:00:00Z [default: five years from now]
    #[arg(long, value_name = "TIME")]
    expires: Option<Moment>,
    /// Let bundles name simulated fleets: for rehearsals, never for people's keys
    #[arg(long)]
    allow_simulation: bool,
    /// Sign it at once with this root key's file; can be given again
    #[arg(long, value_name = "KEY_FILE")]
    sign: Vec<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

/// Days of five years.
const LIFETIME_DAYS: u64 = 5 * 365 + 1;

impl InitArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let keys = PublicKeys::gather(&self.keys, &self.lines)?;
        let (root_keys, operator, auditor, policy) = keys.first(self.quorum)?;
        let issued = now();
        let mut draft = RootDraft::new(&RootContents {
            namespace: self.namespace,
            version: RootVersion(1),
            issued,
            expires: self.expires.unwrap_or(issued.plus_days(LIFETIME_DAYS)),
            is_simulation: self.allow_simulation,
            threshold: self.threshold,
            root_keys,
            operator,
            auditor,
            policy,
        })?;
        sign_all(&mut draft, &self.sign, &self.passphrase, None)?;
        draft.create(&self.root)?;
        tell(&draft, &self.root, None)
    }
}
