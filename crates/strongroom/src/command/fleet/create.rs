//! `strongroom fleet create`.

use crate::{
    error::CommandError,
    new_fleet::{NewFleet, PIN_FILE},
    print::{INSECURE_SIMULATION, say},
    programs::HsmOptions,
};
use clap::Args;
use std::path::PathBuf;
use strongroom_host::rates::RateLimits;

const EXAMPLES: &str = "\
Examples:
  strongroom fleet create fleet
  strongroom fleet create fleet --nodes 3 --guesses 5 --base-port 9000

FLEET_DIR gets a folder node-1, node-2, … for each node, fleet.pin, which tells clients whom to trust,
and identity/, a development identity provider.";

/// Make a fleet of simulated HSMs in a new folder
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct CreateArguments {
    /// The fleet's folder, missing or empty
    #[arg(value_name = "FLEET_DIR")]
    folder: PathBuf,
    /// How many nodes: 3, 5, 7 or 9
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = super::super::node_count)]
    nodes: u8,
    /// Guesses at a password between two successes, fixed for the fleet's life
    #[arg(long, value_name = "N", default_value_t = strongroom_protocol::limits::GUESSES_DEFAULT,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(strongroom_protocol::limits::GUESSES_MAX)))]
    guesses: u8,
    /// Node N serves clients on this port + N, and other nodes on this port + 100 + N; 0 takes free ports
    #[arg(long, value_name = "PORT", default_value_t = 7400)]
    base_port: u16,
    /// Let the scripts of pages of this origin ask the nodes, such as https://app.example
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    #[command(flatten)]
    hsm: HsmOptions,
}

impl CreateArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        say(INSECURE_SIMULATION);
        let fleet = NewFleet {
            folder: self.folder.clone(),
            nodes: self.nodes,
            guesses: self.guesses,
            base_port: self.base_port,
            limits: RateLimits::default(),
            hsm_program: self.hsm.find()?,
            origins: self.origins.clone(),
        };
        fleet.found(|step| say(format!("  {step}"))).await?;
        let folder = self.folder.display();
        say(format!("\nThe fleet is made. Run it:        strongroom fleet up {folder}"));
        say(format!(
            "Get a token for an account:       strongroom fleet token {folder} --account me > token"
        ));
        say(format!(
            "Back up with it:                  strongroom backup DIR --repo REPO --fleet {} --token-file token",
            self.folder.join(PIN_FILE).display()
        ));
        Ok(())
    }
}
