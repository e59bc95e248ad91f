//! Hosts: what they do when their HSM says something, and what hostile ones say to it.

use super::World;
use crate::{
    fault::Fault,
    names::MachineId,
    observation::{Observation, Program},
};
use std::rc::Rc;
use strongroom_protocol::{
    bytes::{Bytes, List},
    encode,
    ids::{LogIndex, NodeNumber},
    pipe::{Fetched, FromClient, HostMessage, HsmMessage, LogEntries, PeerBytes},
};

impl World {
    /// An HSM says something to its host.
    pub(super) fn host_hears(&mut self, machine: MachineId, message: HsmMessage) {
        let Some(program) = &self.machine(machine).program else { return };
        let (name, applied) = (program.name, (program.applied_before, program.told.applied));
        self.host_takes(machine, name, applied, message);
        let node = name.node;
        if self.strikes(Fault::HostInvents, Some(node)) {
            self.invent(machine);
        }
    }

    /// The same, of an HSM that may have stopped since.
    pub(super) fn host_takes(
        &mut self,
        machine: MachineId,
        name: Program,
        applied: (u64, u64),
        message: HsmMessage,
    ) {
        let bytes = encode(&message);
        self.trace.take(b'o', &bytes);
        self.trace.say(|| format!("{machine} says {}", super::watch::word_of_output(&message)));
        if self.keeps_host_bytes {
            self.observe(Observation::HostSaw { program: name, bytes: Rc::new(bytes) });
        }
        match message {
            HsmMessage::Born(birth) => self.machine(machine).founded.birth = Some(birth),
            HsmMessage::Adopted(fleet) => self.machine(machine).founded.adopted = Some(fleet),
            HsmMessage::Signed(signed) => self.machine(machine).founded.signed = Some(signed),
            HsmMessage::Keys(keys) => self.machine(machine).keys = Some(Rc::new(encode(&keys))),
            HsmMessage::Status(_) | HsmMessage::Stop(_) => {}
            HsmMessage::Send(PeerBytes { node, frame }) => {
                let bytes = frame.len();
                self.observe(Observation::PeerFrameLeft { program: name, to: node, bytes });
                self.send_peer_frame(machine, node, frame.into_vec());
            }
            HsmMessage::Answer(to) => self.answer_leaves(machine, name, applied, to.id, to.frame.into_vec()),
            store => self.desk_takes(machine, name, store),
        }
    }

    /// A clock ticks, if it is not stopped; the next tick is planned.
    pub(super) fn clock_ticks(&mut self, machine: MachineId) {
        let now = self.now;
        let host = self.machine(machine);
        if host.is_gone {
            return;
        }
        let is_slow = host.slow_until > now;
        let stopped = host.clock_stopped_until > now;
        let period = if is_slow { 340 } else { 100 };
        self.plan_in(period, crate::event::Event::Tick(machine));
        if !stopped {
            self.tell(machine, HostMessage::Tick);
        }
    }

    /// The line from a machine to a node is found to be cut.
    pub(super) fn line_lost(&mut self, machine: MachineId, node: NodeNumber) {
        self.tell(machine, HostMessage::PeerLost(node));
    }

    /// A hostile host tells its HSM what is not so. Of what it may say of a disk, only that is here which
    /// spoils nothing: lies about what is durable are faults of their own.
    fn invent(&mut self, machine: MachineId) {
        let owner = self.machine(machine).node;
        let count = u64::from(self.plan.nodes);
        let random = &mut self.random.disks;
        let node = NodeNumber(u8::try_from(random.between(0, count + 1)).unwrap_or(0));
        let number = random.below(300);
        let noise: [u8; 48] = random.bytes();
        let length = random.place(49);
        let noise = noise[..length].to_vec();
        let message = match random.below(14) {
            0 => HostMessage::PeerLost(node),
            1 => HostMessage::Tick,
            2 => HostMessage::Report,
            3 => HostMessage::Stored(number),
            4 => {
                // A flush that never was, where a disk may be spoiled.
                let may_lie = self.may_spoil(Fault::WriteLost, Some(owner));
                if may_lie {
                    self.spoil(machine, true, false);
                }
                HostMessage::TreeWritten(LogIndex(if may_lie { number } else { 0 }))
            }
            5 => HostMessage::Path(self.invented_nodes(machine, number)),
            6 => HostMessage::Shipped(self.invented_nodes(machine, number)),
            7 => HostMessage::Log(LogEntries { entries: List::default(), last: 1 }),
            8 => HostMessage::Found,
            9 => HostMessage::Sign,
            10 => HostMessage::Birth,
            11 => {
                HostMessage::Client(FromClient { id: number, frame: Bytes::new(noise).unwrap_or_default() })
            }
            12 => return self.begin_service(machine),
            _ => HostMessage::Peer(PeerBytes { node, frame: Bytes::new(noise).unwrap_or_default() }),
        };
        self.tell(machine, message);
    }

    /// Nodes out of the host's own store that nobody asked for, or none.
    fn invented_nodes(&mut self, machine: MachineId, fetch: u64) -> Fetched {
        let host = &self.machines[usize::from(machine.0)];
        let random = &mut self.random.disks;
        let tree = &host.disk.content().tree;
        let at = random.place(tree.len().max(1));
        let nodes: Vec<_> = tree.values().skip(at).take(3).map(|node| node.as_ref().clone()).collect();
        Fetched { fetch, nodes: List::new(nodes).unwrap_or_default(), last: u8::from(random.coin()) }
    }
}
