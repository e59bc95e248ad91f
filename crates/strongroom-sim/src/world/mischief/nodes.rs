//! What is done to nodes and to the lines between them.

use super::Done;
use crate::{
    disk::Disk, event::Event, fault::Fault, machine::Machine, names::MachineId, observation::End,
    world::World,
};
use std::collections::BTreeSet;
use strongroom_hsm::platform::{Platform, memory::Memory};
use strongroom_protocol::{
    genesis::Class,
    ids::NodeNumber,
    pipe::{HostMessage, Role},
};

impl World {
    pub(super) fn take_away(&mut self, machine: MachineId, fault: Fault) -> Done {
        let chaos = self.plan.chaos_ticks;
        match fault {
            Fault::Kill => self.crash(machine, End::Killed),
            Fault::Away => {
                let ticks = self.random.mischief.between(chaos / 4, chaos);
                self.crash_for(machine, End::Killed, ticks);
            }
            _ => {
                self.spoil(machine, true, true);
                self.end_program(machine, End::PowerLost);
                self.machine(machine).is_gone = true;
            }
        }
        Done::At
    }

    pub(super) fn cut_power(&mut self, fault: Fault) -> Done {
        let all = fault == Fault::PowerLossOfAll;
        let ticks = self.random.mischief.between(2, 150);
        for at in 0..self.machines.len() {
            let machine = self.machines[at].id;
            if !self.machines[at].is_gone && (all || self.random.mischief.coin()) {
                let spread = self.random.mischief.below(40);
                self.crash_for(machine, End::PowerLost, ticks + spread);
            }
        }
        Done::Everywhere
    }

    pub(super) fn part(&mut self, fault: Fault) -> Done {
        let all: Vec<MachineId> = self.machines.iter().map(Machine::id).collect();
        let (some, others): (BTreeSet<_>, BTreeSet<_>) =
            all.into_iter().partition(|_| self.random.mischief.coin());
        let ticks = self.random.mischief.between(20, 400);
        self.part_for(some.clone(), others.clone(), ticks);
        if fault == Fault::Partition {
            self.part_for(others, some, ticks);
        }
        Done::Everywhere
    }

    fn part_for(&mut self, from: BTreeSet<MachineId>, to: BTreeSet<MachineId>, ticks: u64) {
        let number = self.lines.part(from, to);
        self.plan_in(ticks * 100, Event::PartitionEnds(number));
    }

    /// A machine whose HSM says that it leads.
    fn leader(&self) -> Option<MachineId> {
        let leads = |machine: &&Machine| {
            machine.program.as_ref().is_some_and(|program| program.told.role == Some(Role::Leader))
        };
        self.machines.iter().find(leads).map(Machine::id)
    }

    /// The leader is not heard until somebody else leads.
    pub(super) fn push_leader(&mut self) -> Done {
        let Some(leader) = self.leader() else { return Done::Nothing };
        let others: BTreeSet<MachineId> =
            self.machines.iter().map(Machine::id).filter(|machine| *machine != leader).collect();
        let ticks = self.random.mischief.between(70, 160);
        self.part_for([leader].into(), others, ticks);
        Done::Everywhere
    }

    pub(super) fn hinder(&mut self, machine: MachineId, fault: Fault) -> Done {
        let until = self.now.after_ticks(self.random.mischief.between(20, 300));
        let host = self.machine(machine);
        match fault {
            Fault::Slow => host.slow_until = until,
            Fault::ClockStop => host.clock_stopped_until = until,
            Fault::Frozen => {
                host.frozen_until = until;
                self.queue.plan(until, Event::Thaw(machine));
            }
            _ => {
                for _ in 0..self.random.mischief.between(30, 300) {
                    self.tell(machine, HostMessage::Tick);
                }
            }
        }
        Done::At
    }

    /// Starts an HSM on a second machine, with a copy of the disk and the same platform.
    pub(super) fn start_second(&mut self, machine: MachineId) -> Done {
        let is_unheard = self.random.mischief.below(3) == 0;
        if is_unheard && let Some(leader) = self.leader() {
            let node = self.machine(leader).node;
            if leader != machine && self.may_spoil(Fault::StartedTwice, Some(node)) {
                return self.start_second_of(leader, true, Done::Everywhere);
            }
        }
        self.start_second_of(machine, is_unheard, Done::At)
    }

    fn start_second_of(&mut self, machine: MachineId, is_unheard: bool, done: Done) -> Done {
        let host = &self.machines[usize::from(machine.0)];
        let (node, platform) = (host.node, host.platform);
        if self.has_second(node) {
            return Done::Nothing;
        }
        let disk = Disk::holding(host.disk.content().clone());
        self.spoil(machine, true, false);
        let second = self.add_machine(node, platform, disk);
        let ticks = self.random.mischief.between(20, 400);
        if is_unheard {
            // Nobody hears of it, so the first one goes on as if nothing had happened, and is asked.
            self.enemy_asks_for_status();
            let others = self.machines.iter().map(Machine::id).filter(|other| *other != second).collect();
            self.part_for([second].into(), others, ticks);
        } else {
            self.lead_some_to(second);
        }
        self.power_on(second);
        self.begin_service(second);
        self.plan_in(ticks * 100, Event::SecondEnds(second));
        done
    }

    /// Starts an HSM from the sealed states of a platform whose anchor it has not.
    pub(super) fn clone_without_anchor(&mut self, machine: MachineId) -> Done {
        let (node, of) = (self.machine(machine).node, self.machine(machine).platform);
        let states = self.platforms[of].read_states().unwrap_or_default();
        let mut copy = Memory::new(self.random.mischief.bytes(), Class::Durable);
        for state in states.iter().rev() {
            // A copy that is full holds what it holds.
            let _ = copy.write_state(state);
        }
        self.platforms.push(copy);
        let platform = self.platforms.len() - 1;
        let disk = Disk::holding(self.machines[usize::from(machine.0)].disk.content().clone());
        let second = self.add_machine(node, platform, disk);
        self.lead_some_to(second);
        self.power_on(second);
        if self.random.mischief.coin() {
            self.tell(second, HostMessage::Birth);
        }
        self.begin_service(second);
        let ticks = self.random.mischief.between(10, 100);
        self.plan_in(ticks * 100, Event::SecondEnds(second));
        Done::At
    }

    /// Some machines find a node where its second start runs.
    fn lead_some_to(&mut self, second: MachineId) {
        let node = self.machine(second).node;
        for at in 0..usize::from(self.plan.nodes) {
            if self.random.mischief.coin() {
                let from = self.machines[at].id;
                self.lines.lead(from, node, second);
            }
        }
    }

    fn add_machine(&mut self, node: NodeNumber, platform: usize, disk: Disk) -> MachineId {
        let id = MachineId(u16::try_from(self.machines.len()).unwrap_or(u16::MAX));
        let mut machine = Machine::new(id, node, platform, disk);
        machine.is_second = true;
        self.machines.push(machine);
        self.plan_in(100, Event::Tick(id));
        id
    }
}

impl World {
    /// A second start ends, and nobody is led to it any more.
    pub(in crate::world) fn end_second(&mut self, machine: MachineId) {
        if self.machine(machine).is_gone {
            return;
        }
        self.end_program(machine, End::Killed);
        self.machine(machine).is_gone = true;
        self.lines.forget(machine);
    }
}
