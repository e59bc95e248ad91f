//! Mischief that is planned: who is killed, parted, frozen, put back in time, started twice.

mod disks;
mod nodes;

pub(super) use disks::tear;

use super::World;
use crate::{event::Event, fault::Fault, names::MachineId};

impl World {
    /// Somebody does some mischief, and plans the next.
    pub(super) fn mischief(&mut self) {
        if !self.is_chaos() || self.mischief_done >= self.plan.mischief_max {
            return;
        }
        let weights = self.plan.mischief();
        let sum = weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut drawn = self.random.mischief.below(sum);
        let chosen = weights.iter().find(|(_, weight)| {
            let is_it = drawn < u64::from(*weight);
            drawn = drawn.saturating_sub(u64::from(*weight));
            is_it
        });
        if let Some((fault, _)) = chosen.copied() {
            self.keep_disks_now_and_then();
            self.do_mischief(fault);
            self.mischief_done += 1;
        }
        let most = self.plan.mischief_ticks * 200;
        let moments = self.random.mischief.between(100, most);
        self.plan_in(moments, Event::Mischief);
    }

    fn do_mischief(&mut self, fault: Fault) {
        let nodes = usize::from(self.plan.nodes);
        let at = self.random.mischief.place(nodes);
        let machine = MachineId(u16::try_from(at).unwrap_or(0));
        let node = self.machine(machine).node;
        if self.machine(machine).is_gone || !self.may_spoil(fault, Some(node)) {
            return;
        }
        let concerns_one = match fault {
            Fault::EnemyGuesses
            | Fault::EnemyReplays
            | Fault::EnemyLies
            | Fault::EnemyInitialises
            | Fault::EnemyForges => {
                if self.enemy_acts(fault) {
                    self.note_fault(fault, None);
                }
                return;
            }
            Fault::Kill | Fault::Away | Fault::NodeLost => self.take_away(machine, fault),
            Fault::PowerLoss | Fault::PowerLossOfAll => self.cut_power(fault),
            Fault::Partition | Fault::OneWayPartition => self.part(fault),
            Fault::LeaderPushed => self.push_leader(),
            Fault::Slow | Fault::Frozen | Fault::ClockJump | Fault::ClockStop => self.hinder(machine, fault),
            Fault::StartedTwice => self.start_second(machine),
            Fault::ClonedWithoutAnchor => self.clone_without_anchor(machine),
            _ => self.spoil_disk(machine, fault),
        };
        match concerns_one {
            Done::At => self.note_fault(fault, Some(node)),
            Done::Everywhere => self.note_fault(fault, None),
            Done::Nothing => {}
        }
    }
}

/// What came of a piece of mischief.
enum Done {
    /// It was done to the node that was chosen.
    At,
    /// It was done to several, or another.
    Everywhere,
    /// It could not be done now.
    Nothing,
}
