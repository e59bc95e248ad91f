//! What is done to disks behind their HSMs' backs.

use super::Done;
use crate::{disk::Content, fault::Fault, names::MachineId, observation::End, random::Random, world::World};
use std::rc::Rc;
use strongroom_protocol::{bytes::Bytes, pipe::StoredEntry};

/// Earlier contents of a disk that are kept for a time machine.
const KEPT_MAX: usize = 4;

impl World {
    /// Some disks are copied, to be put back later.
    pub(super) fn keep_disks_now_and_then(&mut self) {
        if self.plan.rate(Fault::TimeMachine) == 0 {
            return;
        }
        let at = self.random.mischief.place(usize::from(self.plan.nodes));
        let machine = &mut self.machines[at];
        let content = machine.disk.content().clone();
        if machine.kept.len() < KEPT_MAX {
            machine.kept.push(content);
        } else {
            let place = self.random.mischief.place(KEPT_MAX);
            machine.kept[place] = content;
        }
    }

    pub(super) fn spoil_disk(&mut self, machine: MachineId, fault: Fault) -> Done {
        let at = usize::from(machine.0);
        let nodes = usize::from(self.plan.nodes);
        match fault {
            Fault::BitRot => {
                let is_done = rot(self.machines[at].disk.tamper(), &mut self.random.mischief);
                if !is_done {
                    return Done::Nothing;
                }
                self.spoil(machine, true, false);
                return Done::At;
            }
            Fault::TimeMachine => {
                let place = self.random.mischief.place(self.machines[at].kept.len().max(1));
                let Some(content) = self.machines[at].kept.get(place).cloned() else { return Done::Nothing };
                self.exchange_disk(machine, content);
            }
            Fault::LogCutShort => {
                let mut content = self.machines[at].disk.content().clone();
                let lost = self.random.mischief.between(1, 4);
                for _ in 0..lost {
                    content.log.pop_last();
                }
                self.exchange_disk(machine, content);
            }
            Fault::LogSpliced => {
                let Some(content) = self.spliced_log(at) else { return Done::Nothing };
                self.exchange_disk(machine, content);
            }
            Fault::DiskSwapped => {
                let other = self.random.mischief.place(nodes);
                let content = self.machines[other].disk.content().clone();
                self.exchange_disk(machine, content);
            }
            _ => self.exchange_disk(machine, Content::default()),
        }
        Done::At
    }

    /// A disk's content with an entry in it that was cut off once, on any disk, and differs from the one that is there.
    fn spliced_log(&mut self, at: usize) -> Option<Content> {
        let mut content = self.machines[at].disk.content().clone();
        let old = self.machines.iter().flat_map(|machine| machine.disk.cut_off());
        let differs = |entry: &&Rc<StoredEntry>| {
            content.log.get(&entry.index.0).is_some_and(|held| held.data != entry.data)
        };
        let fitting: Vec<Rc<StoredEntry>> = old.filter(differs).cloned().collect();
        let entry = self.random.mischief.pick(&fitting)?.clone();
        content.log.insert(entry.index.0, entry);
        Some(content)
    }

    /// Puts another content in place of a disk's: while the HSM runs, or in a pause between two runs.
    pub(in crate::world) fn exchange_disk(&mut self, machine: MachineId, content: Content) {
        let ticks = self.random.mischief.between(2, 60);
        if self.random.mischief.below(4) != 0 {
            self.end_program(machine, End::Killed);
            self.start_in(machine, ticks);
        }
        let host = self.machine(machine);
        host.power += 1;
        host.disk.replace(content);
        self.spoil(machine, true, false);
    }
}

/// Changes a bit of something on a disk. Gives whether there was anything.
fn rot(content: &mut Content, random: &mut Random) -> bool {
    match random.below(4) {
        0 if !content.head.is_empty() => {
            content.head = Rc::new(crate::world::lines::flipped(&content.head, random));
            true
        }
        1 if !content.log.is_empty() => rot_entry(content, random),
        _ if !content.tree.is_empty() => rot_node(content, random),
        _ => false,
    }
}

fn rot_entry(content: &mut Content, random: &mut Random) -> bool {
    let at = random.place(content.log.len());
    let Some(entry) = content.log.values_mut().nth(at) else { return false };
    let mut changed = entry.as_ref().clone();
    let data = crate::world::lines::flipped(changed.data.as_slice(), random);
    changed.data = Bytes::new(data).unwrap_or_default();
    *entry = Rc::new(changed);
    true
}

fn rot_node(content: &mut Content, random: &mut Random) -> bool {
    let at = random.place(content.tree.len());
    let Some(node) = content.tree.values_mut().nth(at) else { return false };
    let mut changed = node.as_ref().clone();
    let ciphertext = crate::world::lines::flipped(changed.ciphertext.as_slice(), random);
    changed.ciphertext = Bytes::new(ciphertext).unwrap_or_default();
    *node = Rc::new(changed);
    true
}

/// Leaves the last entry of a log, or a head table, cut short.
pub(in crate::world) fn tear(content: &mut Content, random: &mut Random) {
    if random.coin()
        && let Some(entry) = content.log.values_mut().next_back()
    {
        let mut torn = entry.as_ref().clone();
        let length = random.place(torn.data.len().max(1));
        torn.data = Bytes::new(torn.data.as_slice()[..length].to_vec()).unwrap_or_default();
        *entry = Rc::new(torn);
    } else {
        let length = random.place(content.head.len().max(1));
        content.head = Rc::new(content.head[..length.min(content.head.len())].to_vec());
    }
}
