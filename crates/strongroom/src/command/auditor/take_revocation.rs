//! `strongroom auditor take-revocation`.

use super::{AuditorFolder, accept::tell_what_waits};
use crate::{error::CommandError, files::read_at_most, print::say};
use clap::Args;
use std::path::PathBuf;
use strongroom_auditor::service::clock;
use strongroom_trust::limits::NOTE_BYTES_MAX;

const EXAMPLES: &str = "\
Examples:
  strongroom auditor take-revocation auditor revocation.note
  curl --data-binary @revocation.note https://auditor.example/notes      the same, by whoever has it

The note is what `strongroom bundle revoke` wrote, signed by the operator or by the root keys. It is logged, and the delivery
unit carries it. Exit codes: 0 taken; 6 nobody who may has signed it; 2 no bundle ever listed the fleet; 5 too few witnesses.";

/// Take a revocation that the operator or the root keys signed
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct TakeRevocationArguments {
    #[command(flatten)]
    auditor: AuditorFolder,
    /// The revocation
    #[arg(value_name = "NOTE")]
    note: PathBuf,
}

impl TakeRevocationArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let note = read_at_most(&self.note, NOTE_BYTES_MAX)?;
        let digest = self.auditor.open()?.take_revocation(&note, clock())?;
        say(format!(
            "The revocation sha256:{digest} stands in the log, and in the delivery unit where there is one."
        ));
        tell_what_waits(&self.auditor.folder.join("public"));
        Ok(())
    }
}
