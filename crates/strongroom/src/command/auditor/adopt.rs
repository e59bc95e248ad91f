//! `strongroom auditor adopt`.

use super::AuditorFolder;
use crate::{error::CommandError, files::read_at_most, print::say};
use clap::Args;
use std::path::PathBuf;
use strongroom_auditor::service::clock;
use strongroom_trust::limits::NOTE_BYTES_MAX;

const EXAMPLES: &str = "\
Examples:
  strongroom auditor adopt auditor root.note
  strongroom auditor adopt auditor next.note         a later one, signed by the root keys of both versions

The first trust root is believed because you say so: compare every key in it (strongroom trust show). Each later one has to
follow from it. Adopting logs it, for which the witnesses have to be reached; a second try goes on with what was begun.
Exit codes: 0 adopted and logged; 6 it is none, or does not follow; 2 it names other keys; 5 too few witnesses answered.";

/// Take a trust root, the first or the one that follows, and log it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct AdoptArguments {
    #[command(flatten)]
    auditor: AuditorFolder,
    /// The trust root, signed
    #[arg(value_name = "ROOT")]
    root: PathBuf,
}

impl AdoptArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let root = read_at_most(&self.root, NOTE_BYTES_MAX)?;
        let auditor = self.auditor.open()?;
        let version = auditor.adopt(&root, clock())?;
        say(format!("Trust root {version} is adopted and stands in the log."));
        let outdated = auditor.outdated()?;
        if outdated.bundle {
            say(
                "The newest bundle bears keys that it does not name: have the operator propose it again with this trust root.",
            );
        }
        for fleet in &outdated.revocations {
            say(format!(
                "A revocation of the fleet {fleet} bears a key that it does not name, and counts no more: who stands by \
                 it revokes again."
            ));
        }
        Ok(())
    }
}
