//! Lines between nodes: latency, partitions, and what an enemy on the way does to frames.
//!
//! Without faults a line is what a TCP connection is: nothing is lost or exchanged while it stands, and its end is
//! noticed.

use super::World;
use crate::{event::Event, fault::Fault, moment::Moment, names::MachineId};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};
use strongroom_protocol::{
    bytes::Bytes,
    ids::NodeNumber,
    pipe::{HostMessage, PeerBytes},
};

/// Frames that an enemy keeps of each line.
const RECORDED_MAX: usize = 12;

/// One parting of machines: these do not reach those.
struct Parting {
    number: u32,
    from: BTreeSet<MachineId>,
    to: BTreeSet<MachineId>,
}

/// The state of all lines.
#[derive(Default)]
pub(super) struct Lines {
    partings: Vec<Parting>,
    next: u32,
    /// When the last frame of a line arrives; the next one comes no sooner.
    busy_until: BTreeMap<(MachineId, MachineId), Moment>,
    /// Which machine somebody reaches as a node, where that is not the node's own.
    routes: BTreeMap<(MachineId, NodeNumber), MachineId>,
    recorded: BTreeMap<(MachineId, MachineId), VecDeque<Rc<Vec<u8>>>>,
    /// Lines on which a frame was lost: that they are cut is noticed once.
    cut: BTreeSet<(MachineId, MachineId)>,
}

impl Lines {
    /// Parts machines in one direction. Gives the parting's number.
    pub(super) fn part(&mut self, from: BTreeSet<MachineId>, to: BTreeSet<MachineId>) -> u32 {
        self.next += 1;
        self.partings.push(Parting { number: self.next, from, to });
        self.next
    }

    /// Ends a parting.
    pub(super) fn heal(&mut self, number: u32) {
        self.partings.retain(|parting| parting.number != number);
    }

    /// Ends all of them.
    pub(super) fn heal_all(&mut self) {
        self.partings.clear();
        self.routes.clear();
    }

    /// Whether nothing comes from one machine to another.
    pub(super) fn are_parted(&self, from: MachineId, to: MachineId) -> bool {
        self.partings.iter().any(|parting| parting.from.contains(&from) && parting.to.contains(&to))
    }

    /// Leads whoever asks at one machine for a node to this one.
    pub(super) fn lead(&mut self, from: MachineId, node: NodeNumber, to: MachineId) {
        self.routes.insert((from, node), to);
    }

    /// Leads nobody to a machine any more.
    pub(super) fn forget(&mut self, to: MachineId) {
        self.routes.retain(|_, led| *led != to);
    }
}

impl World {
    /// The machine that another one reaches as a node.
    pub(super) fn route(&self, from: MachineId, node: NodeNumber) -> Option<MachineId> {
        let own = MachineId(u16::from(node.0).checked_sub(1)?);
        let led = self.lines.routes.get(&(from, node)).copied().unwrap_or(own);
        self.machines.get(usize::from(led.0)).filter(|machine| !machine.is_gone).map(|machine| machine.id)
    }

    pub(super) fn send_peer_frame(&mut self, from: MachineId, node: NodeNumber, frame: Vec<u8>) {
        let Some(to) = self.route(from, node) else { return };
        let speaker = self.machine(from).node;
        let line = (from, to);
        let frame = Rc::new(frame);
        let replays = self.plan.rate(Fault::PeerOldSession) > 0 || self.plan.rate(Fault::PeerSpliced) > 0;
        if self.lines.are_parted(from, to) || self.strikes(Fault::PeerLost, Some(node)) {
            return self.frame_lost(from, node, to);
        }
        self.lines.cut.remove(&line);
        let frame = self.tampered(line, node, frame);
        if replays {
            let recorded = self.lines.recorded.entry(line).or_default();
            recorded.push_back(frame.clone());
            if recorded.len() > RECORDED_MAX {
                recorded.pop_front();
            }
        }
        let at = self.arrival(line, node);
        self.queue.plan(at, Event::PeerFrame { to, from: speaker, bytes: frame.clone() });
        if self.strikes(Fault::PeerDuplicated, Some(node)) {
            let later = at.after(self.random.peers.below(200));
            self.queue.plan(later, Event::PeerFrame { to, from: speaker, bytes: frame });
        }
        if self.strikes(Fault::PeerOldSession, Some(node)) {
            let recorded = self.lines.recorded.get(&line).and_then(|recorded| recorded.front().cloned());
            let later = at.after(self.random.peers.below(2_000));
            if let Some(bytes) = recorded {
                self.queue.plan(later, Event::PeerFrame { to, from: speaker, bytes });
            }
        }
    }

    /// The opener of a line finds out some time after the first loss.
    fn frame_lost(&mut self, from: MachineId, node: NodeNumber, to: MachineId) {
        if self.lines.cut.insert((from, to)) && self.random.peers.coin() {
            let moments = self.random.peers.between(1, 2_000);
            self.plan_in(moments, Event::LineLost(from, node));
        }
    }

    /// When a frame arrives that is sent now.
    fn arrival(&mut self, line: (MachineId, MachineId), node: NodeNumber) -> Moment {
        let slow = |world: &Self, machine: MachineId| {
            world.machines.get(usize::from(machine.0)).is_some_and(|host| host.slow_until > world.now)
        };
        let slowness = if slow(self, line.0) || slow(self, line.1) { 10 } else { 1 };
        let most = self.plan.latency_max.max(1);
        let mut moments = self.random.peers.between(1, most) * slowness;
        let overtakes = self.strikes(Fault::PeerReordered, Some(node));
        if self.strikes(Fault::PeerDelayed, Some(node)) {
            moments += self.random.peers.between(100, 15_000);
        }
        let busy = self.lines.busy_until.entry(line).or_default();
        let at = self.now.after(moments);
        if overtakes {
            return at.after(self.random.peers.below(500));
        }
        let at = at.max(*busy);
        *busy = at;
        at
    }

    fn tampered(
        &mut self,
        line: (MachineId, MachineId),
        node: NodeNumber,
        frame: Rc<Vec<u8>>,
    ) -> Rc<Vec<u8>> {
        if self.strikes(Fault::PeerTruncated, Some(node)) {
            let length = self.random.peers.place(frame.len().max(1));
            return Rc::new(frame[..length].to_vec());
        }
        if self.strikes(Fault::PeerFlipped, Some(node)) {
            return Rc::new(flipped(&frame, &mut self.random.peers));
        }
        if self.strikes(Fault::PeerSpliced, Some(node)) {
            let other = self.lines.recorded.get(&line).and_then(|recorded| recorded.back()).cloned();
            return Rc::new(spliced(&frame, &other.unwrap_or_default(), &mut self.random.peers));
        }
        frame
    }

    /// A frame between nodes arrives.
    pub(super) fn peer_frame_arrives(&mut self, to: MachineId, from: NodeNumber, bytes: &Rc<Vec<u8>>) {
        if let Some(frame) = Bytes::new(bytes.as_ref().clone()) {
            self.tell(to, HostMessage::Peer(PeerBytes { node: from, frame }));
        }
    }
}

/// Bytes with one bit changed.
pub(super) fn flipped(bytes: &[u8], random: &mut crate::random::Random) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let at = random.place(bytes.len().max(1));
    if let Some(byte) = changed.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
    changed
}

/// The beginning of one frame and the end of another.
pub(super) fn spliced(first: &[u8], second: &[u8], random: &mut crate::random::Random) -> Vec<u8> {
    let cut = random.place(first.len().max(1));
    let rest = random.place(second.len().max(1));
    [&first[..cut.min(first.len())], &second[rest.min(second.len())..]].concat()
}
