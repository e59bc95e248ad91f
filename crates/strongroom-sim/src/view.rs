//! The world as a checker may look at it.

use crate::{
    disk::Disk, machine::Machine, moment::Moment, names::MachineId, observation::Phase, plan::Plan,
    truth::Truth, world::World,
};
use strongroom_hsm::platform::memory::Memory;
use strongroom_protocol::{
    ids::{FleetId, NodeNumber},
    pipe::HsmStatus,
};

/// Shows the world and changes nothing.
pub struct WorldView<'a> {
    world: &'a World,
}

impl<'a> WorldView<'a> {
    pub(crate) fn of(world: &'a World) -> Self {
        Self { world }
    }

    /// The time.
    pub fn now(&self) -> Moment {
        self.world.now()
    }

    /// The part of the run.
    pub fn phase(&self) -> Phase {
        self.world.phase()
    }

    /// What was drawn for this run: size, budget, which faults.
    pub fn plan(&self) -> &'a Plan {
        self.world.plan()
    }

    /// The fleet.
    pub fn fleet(&self) -> FleetId {
        self.world.fleet()
    }

    /// How many members make a majority.
    pub fn quorum(&self) -> usize {
        usize::from(self.world.plan().nodes) / 2 + 1
    }

    /// Every machine that there is, those of second starts too.
    pub fn machines(&self) -> &'a [Machine] {
        self.world.machines()
    }

    /// A machine.
    pub fn machine(&self, machine: MachineId) -> Option<&'a Machine> {
        self.world.machines().get(usize::from(machine.0))
    }

    /// The disk of a node's own machine.
    pub fn disk(&self, node: NodeNumber) -> Option<&'a Disk> {
        self.machine(MachineId(u16::from(node.0).checked_sub(1)?)).map(Machine::disk)
    }

    /// A node's platform memory, as it is now.
    pub fn platform(&self, node: NodeNumber) -> Option<&'a Memory> {
        self.world.platforms().get(usize::from(node.0).checked_sub(1)?)
    }

    /// How a program stands by its own words; none where none runs, or it belongs to no fleet yet.
    pub fn status(&self, machine: MachineId) -> Option<HsmStatus> {
        self.machine(machine)?.program().and_then(|program| program.status())
    }

    /// What the clients know.
    pub fn truth(&self) -> &'a Truth {
        self.world.truth()
    }

    /// Whether a node's disk was spoiled and its member has not healed since.
    pub fn is_damaged(&self, node: NodeNumber) -> bool {
        self.world.is_damaged(node)
    }

    /// Whether G5 is promised for what has happened so far: at no time were the disks of more than a minority
    /// spoiled at once.
    pub fn durability_is_promised(&self) -> bool {
        self.world.durability_is_promised()
    }

    /// Whether a majority of undamaged members is there, so that progress may be expected of a calm fleet.
    pub fn progress_is_promised(&self) -> bool {
        self.world.durability_is_promised()
    }
}
