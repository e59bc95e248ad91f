//! A fleet of the demo: made, and running as processes.

use super::stage::GUESSES;
use crate::{
    error::CommandError,
    fleet_status::FleetStatus,
    local_fleet::{Lines, LocalFleet, Programs},
    new_fleet::NewFleet,
    programs::own_program,
};
use std::{path::Path, time::Duration};
use strongroom_client::{Pin, TrustSource as _};
use strongroom_host::rates::RateLimits;
use strongroom_trust::VerifiedFleet;

/// How long the fleet may take to be whole again.
const PATIENCE: Duration = Duration::from_secs(40);

/// A fleet of the demo. Dropping it kills its processes.
pub(super) struct RunningFleet {
    /// The nodes.
    pub(super) processes: LocalFleet,
    /// Their pin.
    pub(super) pin: Pin,
}

impl RunningFleet {
    /// Makes a fleet in a folder; no node is started.
    pub(super) async fn found(folder: &Path, nodes: u8, hsm: &Path) -> Result<Self, CommandError> {
        let plan = NewFleet {
            folder: folder.to_path_buf(),
            nodes,
            guesses: GUESSES,
            base_port: 0,
            limits: RateLimits::default(),
            hsm_program: hsm.to_path_buf(),
            origins: Vec::new(),
        };
        let pin = plan.found(|_| {}).await?;
        let programs = Programs { own: own_program()?, hsm: hsm.to_path_buf() };
        let processes = LocalFleet::open(folder, programs, |_, node| Lines::File(node.join("log")))?;
        Ok(Self { processes, pin })
    }

    /// Starts every node that does not run, and waits until all work together; gives the leader's name.
    pub(super) async fn start(&mut self) -> Result<String, CommandError> {
        self.processes.start()?;
        self.wait_until_whole().await
    }

    /// Waits until every node leads or follows; gives how they stand.
    pub(super) async fn status(&mut self) -> Result<FleetStatus, CommandError> {
        let fleet: VerifiedFleet = self.pin.fleet();
        self.processes.wait_until(&fleet, PATIENCE, FleetStatus::is_whole).await
    }

    /// As [`Self::status`]; gives the leader's name.
    pub(super) async fn wait_until_whole(&mut self) -> Result<String, CommandError> {
        let status = self.status().await?;
        Ok(status.leader().map(|leader| leader.name().to_owned()).unwrap_or_default())
    }
}
