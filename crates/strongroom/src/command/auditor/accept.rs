//! `strongroom auditor accept`.

use super::AuditorFolder;
use crate::{error::CommandError, files::read_at_most, print::say};
use clap::Args;
use std::path::{Path, PathBuf};
use strongroom_auditor::{auditor::Accepted, service::clock};
use strongroom_trust::limits::NOTE_BYTES_MAX;

const EXAMPLES: &str = "\
Examples:
  strongroom auditor accept auditor bundle-1.note      a status is signed and logged: public/to-countersign/status
  strongroom auditor accept auditor status-1.note      the delivery unit is made: public/delivery
  curl --data-binary @bundle-1.note https://auditor.example/notes      the operator does it without the auditor's hands

Exit codes: 0 taken; 6 the operator's signature is missing or wrong; 2 it is not the last of its kind; 5 too few witnesses.";

/// Take a bundle or a status that the operator counter-signed
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct AcceptArguments {
    #[command(flatten)]
    auditor: AuditorFolder,
    /// What the operator counter-signed
    #[arg(value_name = "NOTE")]
    note: PathBuf,
}

impl AcceptArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let note = read_at_most(&self.note, NOTE_BYTES_MAX)?;
        let accepted = self.auditor.open()?.accept(&note, clock())?;
        let public = self.auditor.folder.join("public");
        match accepted {
            Accepted::Bundle(epoch) => say(format!("Both have signed bundle {epoch}.")),
            Accepted::Status(number) => {
                say(format!(
                    "Both have signed status {number}; the delivery unit is {}",
                    public.join("delivery").display()
                ));
            }
        }
        tell_what_waits(&public);
        Ok(())
    }
}

/// Says what the operator has to counter-sign next.
pub(super) fn tell_what_waits(public: &Path) {
    let status = public.join("to-countersign/status");
    if status.is_file() {
        say(format!("{} goes to the operator: strongroom bundle countersign", status.display()));
    }
}
