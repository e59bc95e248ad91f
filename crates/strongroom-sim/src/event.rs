//! What is to happen, and when.

use crate::{
    disk::Part,
    moment::Moment,
    names::{ClientId, ExchangeId, Life, MachineId},
};
use std::{cmp::Ordering, collections::BinaryHeap, rc::Rc};
use strongroom_hsm::effect::PlatformTask;
use strongroom_protocol::{
    ids::NodeNumber,
    pipe::{HostMessage, NodeVersion, TreeNode},
};

/// One thing that is to happen.
pub(crate) enum Event {
    /// A machine's clock ticks.
    Tick(MachineId),
    /// A host tells its HSM something, if that is still the one that it was meant for.
    Tell(MachineId, Life, HostMessage),
    /// A host's disk has made pieces durable; perhaps its HSM is told.
    Synced { machine: MachineId, power: u32, through: (Part, u64), reply: Option<(Life, HostMessage)> },
    /// Other hosts have brought tree nodes.
    Shipped { machine: MachineId, life: Life, fetch: u64, found: Vec<TreeNode>, missing: Vec<NodeVersion> },
    /// A platform carries something out.
    Platform(MachineId, Life, PlatformTask),
    /// A frame between nodes arrives.
    PeerFrame { to: MachineId, from: NodeNumber, bytes: Rc<Vec<u8>> },
    /// A line between nodes is found to be cut.
    LineLost(MachineId, NodeNumber),
    /// A request arrives at a host.
    Request { machine: MachineId, exchange: ExchangeId, bytes: Rc<Vec<u8>> },
    /// An answer arrives at its client.
    Answer { exchange: ExchangeId, bytes: Rc<Vec<u8>> },
    /// A client does what it planned, if it has not planned anything else since.
    Client(ClientId, u32),
    /// An enemy goes on with what it has begun.
    Enemy,
    /// A machine starts its HSM.
    Start(MachineId),
    /// A machine that stood still goes on.
    Thaw(MachineId),
    /// A second start of an HSM ends.
    SecondEnds(MachineId),
    /// Parted nodes come together again.
    PartitionEnds(u32),
    /// Somebody does some mischief.
    Mischief,
    /// The operator looks after the fleet.
    Operator,
}

struct Planned {
    at: Moment,
    number: u64,
    event: Event,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    /// The earliest is the greatest, and of two at one moment the one that was planned first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// Events in the order of their moments, and of their planning.
#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Planned>,
    planned: u64,
}

impl Queue {
    pub(crate) fn plan(&mut self, at: Moment, event: Event) {
        self.planned += 1;
        self.heap.push(Planned { at, number: self.planned, event });
    }

    pub(crate) fn next(&mut self) -> Option<(Moment, Event)> {
        self.heap.pop().map(|planned| (planned.at, planned.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_equal_moments_in_the_order_of_planning() {
        let mut queue = Queue::default();
        for (at, machine) in [(3, 1), (1, 2), (3, 3), (2, 4), (1, 5)] {
            queue.plan(Moment(at), Event::Tick(MachineId(machine)));
        }
        let mut order = Vec::new();
        while let Some((at, Event::Tick(machine))) = queue.next() {
            order.push((at.0, machine.0));
        }
        assert_eq!(order, [(1, 2), (1, 5), (2, 4), (3, 1), (3, 3)]);
    }
}
