//! Several HSMs in one thread, with hosts, disks, network and platforms of the test's own.
//!
//! Nothing moves unless the test says so; every queue can be looked at, held back and lost.

#![allow(dead_code, unreachable_pub, reason = "each test uses the part that it needs")]

pub mod client;
mod host;

pub use host::Disk;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use strongroom_crypto::{ChaChaRng, Rng, Secret};
use strongroom_hsm::{
    anchor::Anchor,
    effect::{Effect, Effects, Input, PlatformDone, PlatformTask},
    fault::Fault,
    hsm::{Boot, Hsm},
    replica::Pace,
};
use strongroom_protocol::{
    bytes::{Bytes, List},
    frame::AnswerFrame,
    genesis::{Birth, Class, Genesis, Member, Platform, SignedGenesisStatement},
    ids::{Digest, FleetId, LogIndex, NodeNumber, Version},
    keys::NodeKeys,
    pipe::{FromClient, HostMessage, HsmStatus, PeerBytes, Role, Start},
};

/// The platform's memory: two copies of the anchor and the sealed states.
#[derive(Clone, Default)]
pub struct PlatformMemory {
    pub copies: [Option<Vec<u8>>; 2],
    pub states: Vec<Vec<u8>>,
    pub next: usize,
}

impl PlatformMemory {
    pub fn newest(&self) -> Option<Anchor> {
        let decoded = self.copies.iter().flatten().filter_map(|copy| Anchor::decode(copy).ok());
        decoded.max_by_key(|anchor| anchor.sequence)
    }

    fn write(&mut self, anchor: &Anchor, both: bool) {
        let bytes = anchor.encode().expose().to_vec();
        if both {
            self.copies = [Some(bytes.clone()), Some(bytes)];
        } else {
            self.copies[self.next] = Some(bytes);
            self.next = 1 - self.next;
        }
    }
}

/// One node: an HSM, its platform, its host's disk.
pub struct Node {
    pub number: NodeNumber,
    pub hsm: Option<Hsm>,
    pub platform: PlatformMemory,
    pub disk: Disk,
    pub rng: ChaChaRng,
    pub keys: Option<NodeKeys>,
    pub born: Option<Birth>,
    pub adopted: Option<FleetId>,
    pub signed: Option<SignedGenesisStatement>,
    pub status: Option<HsmStatus>,
    pub stopped: Option<String>,
    pub fault: Option<Fault>,
    pub inbox: VecDeque<Input>,
    pub tasks: VecDeque<PlatformTask>,
    /// Platform tasks stay in their queue.
    pub hold_platform: bool,
    /// Nothing is put on disk; the host keeps silent about batches.
    pub hold_disk: VecDeque<u64>,
    pub holds_disk: bool,
    /// Answers about nodes from elsewhere come only so many nodes a tick.
    pub slow_shipping: Option<usize>,
    shipping: VecDeque<Input>,
    incarnation: u64,
}

/// All of it.
pub struct World {
    pub nodes: Vec<Node>,
    pub network: VecDeque<(NodeNumber, NodeNumber, Vec<u8>)>,
    /// Lines that carry nothing.
    pub cut: BTreeSet<(u8, u8)>,
    pub answers: BTreeMap<u64, AnswerFrame>,
    /// Every frame that went over the network, for tests that look at it afterwards.
    pub seen: Vec<Vec<u8>>,
    pub record_frames: bool,
    /// Every message between hosts and HSMs, for tests that look at it afterwards.
    pub pipe: Vec<Vec<u8>>,
    pub record_pipe: bool,
    pub rng: ChaChaRng,
    pub genesis: Option<Genesis>,
    pub fleet: FleetId,
    pub guesses: u8,
    pub pace: Pace,
    next_request: u64,
    size: u8,
}

/// Checkpoints as soon as something was forgotten, for tests that do not want to wait.
pub const QUICK: Pace = Pace { ticks_min: 100, ticks_to_forget: 120, ticks_max: 400, ..Pace::STANDARD };

impl World {
    /// A founded fleet whose members are started and have a leader.
    pub fn founded(size: u8, seed: u8) -> Self {
        Self::founded_at(size, seed, Pace::default())
    }

    pub fn founded_at(size: u8, seed: u8, pace: Pace) -> Self {
        let mut world = Self::unborn(size, seed, pace);
        world.found();
        for number in 1..=size {
            world.restart(number);
        }
        world.until("a leader", 3000, |world| world.leader().is_some());
        world
    }

    pub fn unborn(size: u8, seed: u8, pace: Pace) -> Self {
        let nodes = (1..=size)
            .map(|number| Node {
                number: NodeNumber(number),
                hsm: None,
                platform: PlatformMemory::default(),
                disk: Disk::default(),
                rng: ChaChaRng::from_seed([seed.wrapping_mul(31).wrapping_add(number); 32]),
                keys: None,
                born: None,
                adopted: None,
                signed: None,
                status: None,
                stopped: None,
                fault: None,
                inbox: VecDeque::new(),
                tasks: VecDeque::new(),
                hold_platform: false,
                hold_disk: VecDeque::new(),
                holds_disk: false,
                slow_shipping: None,
                shipping: VecDeque::new(),
                incarnation: 0,
            })
            .collect();
        Self {
            nodes,
            network: VecDeque::new(),
            cut: BTreeSet::new(),
            answers: BTreeMap::new(),
            seen: Vec::new(),
            record_frames: false,
            pipe: Vec::new(),
            record_pipe: false,
            rng: ChaChaRng::from_seed([seed ^ 0x5a; 32]),
            genesis: None,
            fleet: FleetId::new([0; 32]),
            guesses: 10,
            pace,
            next_request: 1,
            size,
        }
    }

    /// Birth, genesis, founding, signing.
    pub fn found(&mut self) {
        for number in 1..=self.size {
            self.power_on(number);
            self.tell(number, HostMessage::Birth);
        }
        self.settle();
        let members = self
            .nodes
            .iter()
            .map(|node| Member { node: node.number, birth: node.born.clone().expect("born") });
        let mut nonce = [0; 32];
        let members: Vec<Member> = members.collect();
        self.rng.fill(&mut nonce);
        let genesis = Genesis {
            version: Version,
            nonce,
            rehearsal: 0,
            members: List::new(members).expect("members"),
            quorum: self.size / 2 + 1,
            guesses: self.guesses,
            measurement: Digest::new([7; 32]),
            vendor_roots: Digest::new([0; 32]),
        };
        self.genesis = Some(genesis.clone());
        for number in 1..=self.size {
            self.tell(number, HostMessage::Adopt(genesis.clone()));
        }
        self.settle();
        self.fleet = self.node(1).adopted.expect("adopted");
        self.tell(1, HostMessage::Found);
        for _ in 0..400 {
            self.tick();
            for number in 1..=self.size {
                self.tell(number, HostMessage::Sign);
            }
            self.settle();
            if self.nodes.iter().all(|node| node.signed.is_some()) {
                return;
            }
        }
        panic!("the founding did not end");
    }

    pub fn node(&self, number: u8) -> &Node {
        &self.nodes[usize::from(number) - 1]
    }

    pub fn node_mut(&mut self, number: u8) -> &mut Node {
        &mut self.nodes[usize::from(number) - 1]
    }

    /// Starts the HSM program on the node's platform, without any word of the host.
    pub fn power_on(&mut self, number: u8) {
        let pace = self.pace;
        let node = self.node_mut(number);
        node.incarnation += 1;
        let mut incarnation = [0; 16];
        node.rng.fill(&mut incarnation);
        let anchor = node.platform.newest().map(|mut anchor| {
            anchor.boot += 1;
            anchor.sequence += 1;
            anchor.incarnation = incarnation;
            node.platform.write(&anchor, false);
            anchor
        });
        let first_anchor = Anchor::first(incarnation, Secret::random(&mut node.rng));
        let boot = Boot {
            anchor,
            states: node.platform.states.clone(),
            first_anchor,
            device: Digest::new([number; 32]),
            measurement: Digest::new([7; 32]),
            platform: Platform::Simulation,
            class: Class::Durable,
            pace,
        };
        match Hsm::boot(boot) {
            Ok(hsm) => {
                node.hsm = Some(hsm);
                node.stopped = None;
                node.fault = None;
            }
            Err(fault) => node.fault = Some(fault),
        }
        node.keys = None;
        node.inbox.clear();
        node.tasks.clear();
        node.hold_disk.clear();
        node.shipping.clear();
    }

    /// Ends the HSM program: whatever it did not finish is gone.
    pub fn kill(&mut self, number: u8) {
        let node = self.node_mut(number);
        node.hsm = None;
        node.inbox.clear();
        node.tasks.clear();
        node.hold_disk.clear();
        node.keys = None;
        self.network.retain(|(from, to, _)| from.0 != number && to.0 != number);
        for other in 1..=self.size {
            if other != number {
                self.tell(other, HostMessage::PeerLost(NodeNumber(number)));
            }
        }
    }

    /// Ends and starts the program, and lets the host begin the service.
    pub fn restart(&mut self, number: u8) {
        self.kill(number);
        self.power_on(number);
        let disk = &self.node(number).disk;
        let first = disk.log.keys().next().copied().unwrap_or(0);
        let last = disk.log.keys().next_back().copied().unwrap_or(0);
        let head_table = Bytes::new(disk.head.clone()).expect("head");
        let head_table_before = Bytes::new(disk.head_before.clone()).expect("head");
        let (log_first, log_last) = (LogIndex(first), LogIndex(last));
        self.tell(number, HostMessage::Start(Start { head_table, head_table_before, log_first, log_last }));
        self.settle();
    }

    pub fn tell(&mut self, number: u8, message: HostMessage) {
        let node = self.node_mut(number);
        if node.hsm.is_some() {
            node.inbox.push_back(Input::Host(message));
        }
    }

    /// One tick for everybody, and all that follows from it.
    pub fn tick(&mut self) {
        for number in 1..=self.size {
            self.tell(number, HostMessage::Tick);
            let node = self.node_mut(number);
            let arrived = node.shipping.pop_front();
            node.inbox.extend(arrived);
        }
        self.settle();
    }

    pub fn ticks(&mut self, count: usize) {
        for _ in 0..count {
            self.tick();
        }
    }

    /// Ticks until something holds.
    pub fn until(&mut self, what: &str, ticks: usize, holds: impl Fn(&Self) -> bool) {
        for _ in 0..ticks {
            if holds(self) {
                return;
            }
            self.tick();
        }
        assert!(holds(self), "waited {ticks} ticks in vain for {what}");
    }

    /// Carries everything until nothing moves any more.
    pub fn settle(&mut self) {
        for _ in 0..200_000 {
            if !self.move_once() {
                return;
            }
        }
        panic!("the world does not come to rest");
    }

    /// One thing happens. Gives whether anything could.
    pub fn move_once(&mut self) -> bool {
        for at in 0..self.nodes.len() {
            if let Some(input) = self.nodes[at].inbox.pop_front() {
                self.step(at, input);
                return true;
            }
            if !self.nodes[at].hold_platform
                && let Some(task) = self.nodes[at].tasks.pop_front()
            {
                self.carry_out(at, task);
                return true;
            }
        }
        if let Some((from, to, frame)) = self.network.pop_front() {
            if !self.cut.contains(&(from.0, to.0))
                && let Some(frame) = Bytes::new(frame)
            {
                self.tell(to.0, HostMessage::Peer(PeerBytes { node: from, frame }));
            }
            return true;
        }
        false
    }

    pub fn step(&mut self, at: usize, input: Input) {
        let node = &mut self.nodes[at];
        let Some(hsm) = node.hsm.as_mut() else { return };
        if let (true, Input::Host(message)) = (self.record_pipe, &input) {
            self.pipe.push(strongroom_protocol::encode(message));
        }
        let mut effects = Effects::default();
        let outcome = hsm.step(input, &mut node.rng, &mut effects);
        for effect in effects.take() {
            match effect {
                Effect::Platform(task) => self.nodes[at].tasks.push_back(task),
                Effect::Host(message) => {
                    if self.record_pipe {
                        self.pipe.push(strongroom_protocol::encode(&message));
                    }
                    self.on_host(at, message);
                }
            }
        }
        if let Err(fault) = outcome {
            self.nodes[at].fault = Some(fault);
            self.nodes[at].hsm = None;
            self.nodes[at].inbox.clear();
        }
    }

    /// The platform does what it was asked.
    pub fn carry_out(&mut self, at: usize, task: PlatformTask) {
        let node = &mut self.nodes[at];
        let done = match task {
            PlatformTask::WriteState(sealed) => {
                node.platform.states.push(sealed);
                PlatformDone::StateWritten
            }
            PlatformTask::SwapAnchor { anchor, both } => match node.platform.newest() {
                Some(held)
                    if held.incarnation != anchor.incarnation || held.sequence + 1 != anchor.sequence =>
                {
                    PlatformDone::Superseded
                }
                _ => {
                    node.platform.write(&anchor, both);
                    PlatformDone::Swapped
                }
            },
            PlatformTask::ForgetOldStates => {
                let last = node.platform.states.pop();
                node.platform.states = last.into_iter().collect();
                PlatformDone::OldStatesForgotten
            }
            PlatformTask::CheckAnchor(check) => {
                let own = node.hsm.as_ref().and_then(|hsm| hsm.member()).map(|member| member.status().boot);
                let held = node.platform.newest().map(|anchor| anchor.boot);
                if own == held { PlatformDone::AnchorHolds(check) } else { PlatformDone::Superseded }
            }
        };
        node.inbox.push_back(Input::Platform(done));
    }

    /// Sends a client's frame to a node. Gives the number of the request.
    pub fn ask(&mut self, number: u8, frame: Vec<u8>) -> u64 {
        let id = self.next_request;
        self.next_request += 1;
        let frame = Bytes::new(frame).expect("frame");
        self.tell(number, HostMessage::Client(FromClient { id, frame }));
        id
    }

    pub fn status(&self, number: u8) -> HsmStatus {
        let hsm = self.node(number).hsm.as_ref().expect("a running HSM");
        hsm.member().expect("a member").status()
    }

    pub fn is_running(&self, number: u8) -> bool {
        self.node(number).hsm.is_some()
    }

    /// The leader with the highest term, if its majority follows it.
    pub fn leader(&self) -> Option<u8> {
        let running: Vec<u8> = (1..=self.size).filter(|number| self.is_running(*number)).collect();
        let leaders = running.iter().filter(|number| self.status(**number).role == Role::Leader);
        let leader = leaders.max_by_key(|number| self.status(**number).term)?;
        let status = self.status(*leader);
        let follow = running.iter().filter(|number| self.status(**number).leader.0 == *leader).count();
        (follow > usize::from(self.size) / 2
            && status.committed == status.last
            && status.applied == status.last)
            .then_some(*leader)
    }

    pub fn size(&self) -> u8 {
        self.size
    }

    /// No HSM has stopped with a fault.
    pub fn assert_sound(&self) {
        for node in &self.nodes {
            assert_eq!(node.fault, None, "node {}", node.number);
        }
    }
}
