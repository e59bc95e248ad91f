//! The world: real HSMs, and around them hosts, disks, network, clock, platform memory and clients of the
//! simulator's own, in one thread, driven by one seed.
//!
//! Platform memory is trusted: it never lies and never goes back. It may be slow, and a power loss may leave one of
//! its two copies torn, as the real ones allow. Everything else belongs to the enemy.

mod accounts;
mod careless;
mod clients;
mod desk;
mod enemy;
mod exchange;
mod founding;
mod host;
mod insider;
mod lines;
mod mischief;
mod operator;
mod power;
mod program;
mod watch;

pub(crate) use accounts::Damage;
pub(crate) use exchange::Recipe;

use crate::{
    coverage::Coverage,
    device::Devices,
    event::{Event, Queue},
    fault::Fault,
    machine::Machine,
    moment::Moment,
    names::MachineId,
    observation::{Observation, Phase},
    plan::Plan,
    random::{Random, Stream},
    trace::Trace,
    truth::Truth,
};
use std::{collections::BTreeMap, rc::Rc};
use strongroom_hsm::platform::memory::Memory;
use strongroom_protocol::{
    genesis::Class,
    ids::{FleetId, NodeNumber},
};
use strongroom_trust::{VerifiedFleet, VerifiedNodeKeys};

/// The streams of randomness of the parts of the world.
struct Randoms {
    mischief: Random,
    peers: Random,
    exchanges: Random,
    disks: Random,
    programs: Random,
    enemies: Random,
}

/// All of it.
pub struct World {
    plan: Plan,
    now: Moment,
    phase: Phase,
    queue: Queue,
    pub(crate) trace: Trace,
    pub(crate) coverage: Coverage,
    observations: Vec<Observation>,
    keeps_host_bytes: bool,
    random: Randoms,
    platforms: Vec<Memory>,
    machines: Vec<Machine>,
    lives: u32,
    lines: lines::Lines,
    exchanges: exchange::Exchanges,
    damage: Damage,
    mischief_done: u32,
    fleet: FleetId,
    trusted: Option<VerifiedFleet>,
    truth: Truth,
    devices: Devices,
    enemy: enemy::Enemy,
    notes: operator::Notes,
    /// What machines show of their keys, as far as it was verified.
    shown: BTreeMap<MachineId, (Rc<Vec<u8>>, Rc<VerifiedNodeKeys>)>,
}

impl World {
    /// A world of machines that were never started.
    pub(crate) fn new(plan: Plan, trace: Trace, keeps_host_bytes: bool) -> Self {
        let seed = plan.seed;
        let of = |stream| Random::of(seed, stream);
        let random = Randoms {
            mischief: of(Stream::Mischief),
            peers: of(Stream::Peers),
            exchanges: of(Stream::Exchanges),
            disks: of(Stream::Disks),
            programs: of(Stream::Programs),
            enemies: of(Stream::Enemies),
        };
        let mut seeds = of(Stream::Platforms);
        let platforms = (0..plan.nodes).map(|_| Memory::new(seeds.bytes(), Class::Durable)).collect();
        let machines = (0..u16::from(plan.nodes))
            .map(|at| Machine::new(MachineId(at), node_of(at), usize::from(at), Default::default()))
            .collect();
        Self {
            now: Moment::default(),
            phase: Phase::Founding,
            queue: Queue::default(),
            trace,
            coverage: Coverage::default(),
            observations: Vec::new(),
            keeps_host_bytes,
            random,
            platforms,
            machines,
            lives: 0,
            lines: lines::Lines::default(),
            exchanges: exchange::Exchanges::default(),
            damage: Damage::default(),
            mischief_done: 0,
            fleet: FleetId::new([0; 32]),
            trusted: None,
            truth: Truth::default(),
            devices: Devices::new(&plan),
            enemy: enemy::Enemy::default(),
            notes: operator::Notes::default(),
            shown: BTreeMap::new(),
            plan,
        }
    }

    /// The time.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// The part of the run.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What was drawn for the run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The fleet.
    pub fn fleet(&self) -> FleetId {
        self.fleet
    }

    /// Every machine.
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// Every platform memory: those of the nodes in their order, then those of copies.
    pub fn platforms(&self) -> &[Memory] {
        &self.platforms
    }

    /// What the clients know.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Whether disks were never spoiled of more than a minority at once.
    pub fn durability_is_promised(&self) -> bool {
        !self.damage.was_exceeded()
    }

    /// Whether a node's disk was spoiled and its member has not healed since.
    pub(crate) fn is_damaged(&self, node: NodeNumber) -> bool {
        self.damage.holds(node)
    }

    /// Operations that have come to their end.
    pub(crate) fn operations_returned(&self) -> u64 {
        self.devices.returned()
    }

    /// Whether every device has done all that it wanted.
    pub(crate) fn devices_are_done(&self) -> bool {
        self.devices.are_done()
    }

    pub(crate) fn begin_phase(&mut self, phase: Phase) {
        self.phase = phase;
        self.trace.say(|| format!("---- {phase:?}"));
        self.observe(Observation::PhaseBegan(phase));
    }

    /// Lets the next event happen.
    pub(crate) fn step(&mut self) {
        let Some((at, event)) = self.queue.next() else { return };
        self.now = self.now.max(at);
        self.trace.begin(self.now);
        match event {
            Event::Tick(machine) => self.clock_ticks(machine),
            Event::Tell(machine, life, message) => self.tell_life(machine, life, message),
            Event::Synced { machine, power, through, reply } => self.synced(machine, power, through, reply),
            Event::Shipped { machine, life, fetch, found, missing } => {
                self.shipped(machine, life, fetch, found, missing);
            }
            Event::Platform(machine, life, task) => self.platform_acts(machine, life, task),
            Event::PeerFrame { to, from, bytes } => self.peer_frame_arrives(to, from, &bytes),
            Event::LineLost(machine, node) => self.line_lost(machine, node),
            Event::Request { machine, exchange, bytes } => self.request_arrives(machine, exchange, &bytes),
            Event::Answer { exchange, bytes } => self.answer_arrives(exchange, &bytes),
            Event::Client(client, turn) => self.client_turn(client, turn),
            Event::Enemy => self.enemy_turn(),
            Event::Start(machine) => self.start_due(machine),
            Event::Thaw(machine) => self.pump(machine),
            Event::SecondEnds(machine) => self.end_second(machine),
            Event::PartitionEnds(number) => self.lines.heal(number),
            Event::Mischief => self.mischief(),
            Event::Operator => self.operator_turn(),
        }
    }

    pub(crate) fn observe(&mut self, observation: Observation) {
        self.coverage.take(&observation);
        self.observations.push(observation);
    }

    /// Hands over what was observed since the last time.
    pub(crate) fn take_observations(&mut self, into: &mut Vec<Observation>) {
        std::mem::swap(&mut self.observations, into);
    }

    fn plan_in(&mut self, moments: u64, event: Event) {
        self.queue.plan(self.now.after(moments), event);
    }

    fn machine(&mut self, machine: MachineId) -> &mut Machine {
        &mut self.machines[usize::from(machine.0)]
    }

    fn is_chaos(&self) -> bool {
        self.phase == Phase::Chaos
    }

    /// Draws whether a fault happens that is drawn each time, and notes it.
    fn strikes(&mut self, fault: Fault, node: Option<NodeNumber>) -> bool {
        if !self.is_chaos() {
            return false;
        }
        let rate = self.plan.rate(fault);
        let random = match fault {
            Fault::CrashInStep | Fault::CrashInPlatform | Fault::SlowPlatform => &mut self.random.programs,
            Fault::WriteFailed
            | Fault::WriteTorn
            | Fault::WriteMisdirected
            | Fault::WriteLost
            | Fault::WriteDelayed
            | Fault::ReadFailed
            | Fault::HostInvents
            | Fault::HostWithholds
            | Fault::HostClaims
            | Fault::HostReorders => &mut self.random.disks,
            Fault::ClientLost
            | Fault::ClientDelayed
            | Fault::ClientDuplicated
            | Fault::ClientTruncated
            | Fault::ClientSpliced
            | Fault::ClientFlipped
            | Fault::ClientCrash
            | Fault::ClientImpatient
            | Fault::ClientRace => &mut self.random.exchanges,
            _ => &mut self.random.peers,
        };
        random.chance(rate) && self.may_spoil(fault, node) && {
            self.note_fault(fault, node);
            true
        }
    }

    fn note_fault(&mut self, fault: Fault, node: Option<NodeNumber>) {
        self.trace.say(|| match node {
            Some(node) => format!("fault: {fault} at node {node}"),
            None => format!("fault: {fault}"),
        });
        self.observe(Observation::FaultInjected(fault, node));
    }
}

/// The node whose own machine stands at a place.
fn node_of(at: u16) -> NodeNumber {
    NodeNumber(u8::try_from(at + 1).unwrap_or(u8::MAX))
}
