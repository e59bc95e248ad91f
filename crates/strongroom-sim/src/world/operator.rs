//! The calm: what was broken is mended, and an operator looks after the fleet as the handbook says.
//!
//! A member that does not come along is restarted; if that does not help, its host's store is emptied, so that it heals
//! by hand-over. One member at a time, and never one of a majority.

use super::World;
use crate::{
    disk::Content,
    event::Event,
    moment::Moment,
    names::MachineId,
    observation::{End, Phase},
};
use std::collections::BTreeMap;
use strongroom_protocol::{ids::LogIndex, pipe::Role};

/// Ticks between two looks.
const LOOK_TICKS: u64 = 50;
/// Ticks that a member may lag before something is done.
const PATIENCE_TICKS: u64 = 900;

/// How a member was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    applied: LogIndex,
    since: Moment,
    /// What was done for it already.
    helped: u32,
}

/// What the operator remembers.
#[derive(Debug, Default)]
pub(super) struct Notes {
    seen: BTreeMap<MachineId, Seen>,
}

impl World {
    /// Faults end, and everything that is not gone is started.
    pub(crate) fn begin_calm(&mut self) {
        self.begin_phase(Phase::Calm);
        self.lines.heal_all();
        let now = self.now;
        for at in 0..self.machines.len() {
            let machine = self.machines[at].id;
            if self.machines[at].is_second {
                self.end_second(machine);
                continue;
            }
            let host = &mut self.machines[at];
            host.slow_until = now;
            host.frozen_until = now;
            host.clock_stopped_until = now;
            host.desk_free_at = host.desk_free_at.min(now.after(100));
            if host.program.is_none() {
                self.start_in(machine, 1);
            }
            self.pump(machine);
        }
        self.plan_in(LOOK_TICKS * 100, Event::Operator);
        self.wake_devices();
    }

    /// The operator looks after the fleet.
    pub(super) fn operator_turn(&mut self) {
        if !matches!(self.phase, Phase::Calm | Phase::Audit) {
            return;
        }
        self.plan_in(LOOK_TICKS * 100, Event::Operator);
        let newest = self.machines.iter().filter_map(applied_of).max().unwrap_or_default();
        for at in 0..usize::from(self.plan.nodes) {
            let machine = self.machines[at].id;
            if self.machines[at].is_gone {
                continue;
            }
            if self.machines[at].program.is_none() && self.machines[at].starts_at.is_none() {
                self.start_in(machine, 1);
            }
            let applied = applied_of(&self.machines[at]);
            if applied == Some(newest) && (self.devices_are_done() || !self.is_stalled(machine, newest)) {
                continue;
            }
            if self.lags_too_long(machine, applied.unwrap_or_default()) {
                self.help(machine);
                return;
            }
        }
    }

    /// A fleet whose newest index has stood for long while somebody waits is stalled by its leader's host.
    fn is_stalled(&mut self, machine: MachineId, newest: LogIndex) -> bool {
        let leads = self
            .machine(machine)
            .program
            .as_ref()
            .is_some_and(|program| program.told.role == Some(Role::Leader));
        leads && self.notes.seen.get(&machine).is_none_or(|seen| seen.applied == newest)
    }

    fn lags_too_long(&mut self, machine: MachineId, applied: LogIndex) -> bool {
        let now = self.now;
        let seen = self.notes.seen.entry(machine).or_insert(Seen { applied, since: now, helped: 0 });
        if seen.applied != applied {
            *seen = Seen { applied, since: now, ..*seen };
        }
        now.tick() - seen.since.tick() > PATIENCE_TICKS
    }

    fn help(&mut self, machine: MachineId) {
        let now = self.now;
        let Some(seen) = self.notes.seen.get_mut(&machine) else { return };
        seen.since = now;
        seen.helped += 1;
        let helped = seen.helped;
        self.trace.say(|| format!("the operator helps {machine}, for the {helped}. time"));
        if helped < 2 {
            self.coverage.count("operator restarted a member");
            self.end_program(machine, End::Killed);
            return self.start_in(machine, 5);
        }
        let node = self.machine(machine).node;
        let may_empty = self.damage.holds(node) || self.damage.number() < self.plan.minority();
        // Where a minority is damaged already, one of those has to heal first.
        let other =
            self.damage.curable().first().and_then(|node| u16::from(node.0).checked_sub(1)).map(MachineId);
        if let Some(emptied) = if may_empty { Some(machine) } else { other } {
            self.empty_store(emptied);
        }
    }

    fn empty_store(&mut self, machine: MachineId) {
        self.coverage.count("operator emptied a store");
        self.end_program(machine, End::Killed);
        let host = self.machine(machine);
        host.power += 1;
        host.disk.replace(Content::default());
        self.spoil(machine, true, false);
        self.start_in(machine, 5);
    }

    /// Which members do not come along, for people.
    pub(crate) fn laggards(&self) -> Vec<String> {
        let newest = self.machines.iter().filter_map(applied_of).max();
        let there = self.machines.iter().filter(|machine| !machine.is_gone && applied_of(machine) != newest);
        let word = |machine: &crate::machine::Machine| {
            let status = machine.program.as_ref().and_then(|program| program.status());
            let how = status.map_or("does not run".into(), |status| {
                format!("is {} at {}, {}", status.role.word(), status.applied, status.reason.as_str())
            });
            format!("{} {how}", machine.id)
        };
        there.map(word).collect()
    }

    /// Whether every member that is not gone takes part and has applied the same.
    pub(crate) fn is_at_rest(&self) -> bool {
        let mut applied = self.machines.iter().filter(|machine| !machine.is_gone).map(applied_of);
        let Some(Some(first)) = applied.next() else { return false };
        applied.all(|other| other == Some(first))
    }
}

/// What a member that takes part has applied.
fn applied_of(machine: &crate::machine::Machine) -> Option<LogIndex> {
    let told = &machine.program.as_ref()?.told;
    let serves = matches!(told.role, Some(Role::Follower | Role::Leader | Role::Candidate));
    serves.then_some(LogIndex(told.applied))
}
