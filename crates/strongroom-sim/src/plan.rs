//! What is drawn once for a run, before anything moves.
//!
//! The same seed gives the same plan. A plan may be changed part by part ([`Change`]), which is what shrinking does.

mod changes;
mod draw;

pub use changes::{Change, ChangeError};

use crate::fault::{Fault, Manner};
use strongroom_hsm::replica::Pace;

/// The plan of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Members of the fleet.
    pub nodes: u8,
    /// Guesses between two successes.
    pub guesses: u8,
    /// Devices.
    pub clients: u16,
    /// Operations of all devices together.
    pub operations: u32,
    /// Vaults that may be made.
    pub vaults_max: u32,
    /// When leaders propose checkpoints.
    pub pace: Pace,
    /// How long faults go on, in ticks.
    pub chaos_ticks: u64,
    /// How long the calm may take, in ticks; then every client must have finished.
    pub calm_ticks_max: u64,
    /// Ticks between two acts of mischief, on average.
    pub mischief_ticks: u64,
    /// Acts of mischief at most.
    pub mischief_max: u32,
    /// Moments that a frame takes at most on its way.
    pub latency_max: u64,
    /// Moments that a disk takes at most for a batch.
    pub disk_latency_max: u64,
    /// Whether disks are spoiled of more than a minority, so that only safety is judged.
    pub breaks_majority: bool,
    /// Whether the slow public-key work is stood in for.
    pub stand_ins: bool,
    /// For each class of [`Fault::ALL`]: times in a million for those drawn each time, a weight for the others.
    pub rates: Vec<u32>,
}

impl Plan {
    /// How often a class of faults happens.
    pub fn rate(&self, fault: Fault) -> u32 {
        self.rates.get(fault.place()).copied().unwrap_or(0)
    }

    /// The classes that are planned from time to time, with their weights.
    pub fn mischief(&self) -> Vec<(Fault, u32)> {
        let planned = Fault::ALL.iter().filter(|fault| fault.manner() == Manner::NowAndThen);
        planned.map(|fault| (*fault, self.rate(*fault))).filter(|(_, weight)| *weight > 0).collect()
    }

    /// How many nodes are a minority at most.
    pub fn minority(&self) -> usize {
        usize::from(self.nodes).saturating_sub(1) / 2
    }
}
