//! `strongroom fleet status`.

use crate::{
    access::read_pin,
    error::CommandError,
    fleet_status::FleetStatus,
    print::{json, note, say},
    settings::{FleetOptions, Settings},
};
use clap::Args;
use strongroom_client::TrustSource as _;

const EXAMPLES: &str = "\
Examples:
  strongroom fleet status --fleet fleet/fleet.pin
  strongroom fleet status --endpoint http://127.0.0.1:7401 --endpoint http://127.0.0.1:7402
  strongroom fleet status --fleet fleet/fleet.pin --json | jq .leader

Exit codes: 0 a majority works together; 5 none does; 6 a node names another fleet than the pin.";

/// Show how a fleet's nodes stand
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct StatusArguments {
    /// Print {"majority", "leader", "nodes": [{"name", "state", "reason", "term", "applied"}]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl StatusArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let settings = Settings::read(&self.fleet)?;
        let pin = settings
            .fleet
            .as_deref()
            .map(|path| Ok::<_, CommandError>((read_pin(path)?, path)))
            .transpose()?;
        let endpoints = match &pin {
            Some((pin, _)) if settings.endpoints.is_empty() => pin.endpoints().to_vec(),
            _ => settings.endpoints,
        };
        if endpoints.is_empty() {
            let message =
                "Nothing says which nodes to ask. Give the fleet's pin by --fleet, or --endpoint URL.";
            return Err(CommandError::usage(message));
        }
        let fleet = pin.as_ref().map(|(pin, _)| pin.fleet());
        let status = FleetStatus::ask(fleet.as_ref(), &endpoints).await?;
        if self.json {
            json(&status.to_json());
        } else {
            if status.is_simulation() {
                note(crate::print::INSECURE_SIMULATION);
            }
            say(status.to_table());
        }
        if let Some((_, path)) = &pin {
            status.check_fleet(path)?;
        }
        status.check_majority()
    }
}
