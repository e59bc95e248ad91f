//! `strongroom auditor new-keys`.

use super::AuditorFolder;
use crate::{error::CommandError, print::say, secret_keys::fresh_rng};
use clap::Args;
use strongroom_auditor::{
    auditor::auditor_keys,
    keys::{AuditorKeyKind, make_next_keys},
    storage::Directory,
};

const EXAMPLES: &str = "\
Examples:
  strongroom auditor new-keys auditor                         all of them, as after a theft
  strongroom auditor new-keys auditor --only bundle --only log

The keys in use go on signing. DIR/public/next-keys has the lines of the new ones: it goes to whoever writes the next trust
root (strongroom trust rotate --keys). The witnesses watch the new log key (strongroom witness watch) before that root is
adopted (strongroom auditor adopt); from then on the new keys sign, and the old ones are gone. A service that runs is started
again before. Exit codes: 0 made; 2 new ones wait already, or the passphrase is another.";

/// Make new keys for the next trust root, beside those in use
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct NewKeysArguments {
    #[command(flatten)]
    auditor: AuditorFolder,
    /// Of one kind: bundle, status, revocation, log or plexi; can be given again [default: all]
    #[arg(long = "only", value_name = "KIND")]
    kinds: Vec<AuditorKeyKind>,
}

impl NewKeysArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let kinds = if self.kinds.is_empty() { AuditorKeyKind::ALL.to_vec() } else { self.kinds };
        let folder = &self.auditor.folder;
        // Nobody is asked for the passphrase of a folder that is none.
        auditor_keys(folder)?;
        let storage = Directory::open(folder)?;
        let make = |passphrase: &_| {
            let mut rng = fresh_rng()?;
            Ok::<_, CommandError>(make_next_keys(&storage, &kinds, passphrase, &mut rng)?)
        };
        let lines = self.auditor.passphrase.unseal(make)??;
        say(lines.trim_end());
        say(format!(
            "These lines are in {}: it goes to whoever writes the next trust root.",
            folder.join("public/next-keys").display()
        ));
        Ok(())
    }
}
