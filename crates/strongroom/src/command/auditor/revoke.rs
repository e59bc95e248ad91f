//! `strongroom auditor revoke`.

use super::{AuditorFolder, accept::tell_what_waits};
use crate::{command::bundle::fleet_of, error::CommandError, print::say};
use clap::Args;
use strongroom_auditor::service::clock;
use strongroom_trust::Reason;

const EXAMPLES: &str = "\
Examples:
  strongroom auditor revoke auditor fleet --reason key-compromise
  strongroom auditor revoke auditor 4f2a…9105 --reason key-compromise

It needs nobody else: the revocation is signed and logged, and the delivery unit carries it at once. Nobody registers at the
fleet any more, and whoever recovers there is asked. With the operator's own, or by the root keys, it is for ever:
strongroom auditor take-revocation. Exit codes: 0 revoked; 2 no bundle ever listed the fleet; 5 too few witnesses answered.";

/// Revoke a fleet by the auditor's own key
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct RevokeArguments {
    #[command(flatten)]
    auditor: AuditorFolder,
    /// The fleet: its id, its pin or its folder
    #[arg(value_name = "FLEET")]
    fleet: String,
    /// Why, in a word: key-compromise
    #[arg(long, value_name = "REASON")]
    reason: Reason,
}

impl RevokeArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let fleet = fleet_of(&self.fleet)?;
        let digest = self.auditor.open()?.revoke(fleet, self.reason, clock())?;
        say(format!("The auditor revokes {fleet}: sha256:{digest}"));
        say("It stands in the log, and in the delivery unit where there is one.");
        tell_what_waits(&self.auditor.folder.join("public"));
        Ok(())
    }
}
