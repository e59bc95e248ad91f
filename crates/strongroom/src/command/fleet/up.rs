//! `strongroom fleet up`.

use crate::{
    error::CommandError,
    local_fleet::{Lines, LocalFleet, Programs},
    print::{INSECURE_SIMULATION, note, say},
    programs::{HsmOptions, own_program},
    signals::interrupted,
};
use clap::Args;
use std::{path::PathBuf, pin::pin, time::Duration};

/// How often it is looked whether a node has ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

const EXAMPLES: &str = "\
Example:
  strongroom fleet up fleet

^C or SIGTERM ends all nodes in order. A node that ends by itself is reported and stays down.";

/// Run all nodes of a fleet on this machine until interrupted, for development
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct UpArguments {
    /// The fleet's folder
    #[arg(value_name = "FLEET_DIR")]
    folder: PathBuf,
    #[command(flatten)]
    hsm: HsmOptions,
}

impl UpArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let mut interruption = pin!(interrupted());
        let programs = Programs { own: own_program()?, hsm: self.hsm.find()? };
        let mut fleet = LocalFleet::open(&self.folder, programs, |_, _| Lines::Shown)?;
        say(INSECURE_SIMULATION);
        fleet.start()?;
        for (name, endpoint) in fleet.names().zip(fleet.endpoints()) {
            say(format!("  {name}  {endpoint}"));
        }
        say("^C ends them all.");
        loop {
            tokio::select! {
                () = &mut interruption => break,
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
            for (name, how) in fleet.ended() {
                note(format!("{name} ended by itself ({how}); the others go on."));
            }
            if !fleet.is_running() {
                return Err(CommandError::other(
                    "Every node has ended by itself; what they said last stands above.",
                ));
            }
        }
        note("Ending the nodes …");
        tokio::task::block_in_place(|| fleet.stop());
        Ok(())
    }
}
