//! Starts HSMs, kills them, and takes the power away.

use super::{
    World,
    program::{drawn, seen},
};
use crate::{
    event::Event,
    fault::Fault,
    machine::{Program, Told},
    names::{Life, MachineId},
    observation::{self, End, Observation},
};
use std::collections::{BTreeMap, VecDeque};
use strongroom_crypto::{ChaChaRng, Secret};
use strongroom_hsm::{
    anchor::Anchor,
    hsm::{Boot, Hsm},
    platform::Platform,
};
use strongroom_protocol::{
    bytes::Bytes,
    ids::NodeNumber,
    pipe::{HostMessage, Start},
};

impl World {
    /// Plans the start of a machine's HSM in so many ticks.
    pub(super) fn start_in(&mut self, machine: MachineId, ticks: u64) {
        let at = self.now.after_ticks(ticks);
        let host = self.machine(machine);
        if host.is_gone {
            return;
        }
        host.starts_at = Some(at);
        self.queue.plan(at, Event::Start(machine));
    }

    /// A start that was planned is due, unless another one was planned since or it runs already.
    pub(super) fn start_due(&mut self, machine: MachineId) {
        let now = self.now;
        let host = self.machine(machine);
        if host.starts_at.is_none_or(|at| at > now) || host.is_gone {
            return;
        }
        host.starts_at = None;
        if host.program.is_none() {
            self.power_on(machine);
            self.begin_service(machine);
        }
    }

    /// Starts the HSM program, without any word of the host.
    pub(super) fn power_on(&mut self, machine: MachineId) {
        self.lives += 1;
        let life = Life(self.lives);
        let now = self.now;
        let pace = self.plan.pace;
        let host = &mut self.machines[usize::from(machine.0)];
        let name = observation::Program { machine, node: host.node, life };
        host.last_life = Some((life, now));
        host.keys = None;
        let Some(platform) = self.platforms.get_mut(host.platform) else { return };
        let booted = boot(platform, pace);
        match booted {
            Ok((hsm, rng, anchor)) => {
                host.program = Some(program_of(name, hsm, rng));
                let anchor = anchor.as_ref().map(seen);
                self.trace.say(|| format!("{machine} starts its HSM, {life}"));
                self.observe(Observation::Started { program: name, anchor });
            }
            Err(why) => {
                self.trace.say(|| format!("{machine} cannot start its HSM: {why}"));
                self.observe(Observation::NotStarted { program: name, why });
                let pause = 100 + self.random.programs.below(100);
                self.start_in(machine, pause);
            }
        }
    }

    /// The host begins the service of an HSM that was founded.
    pub(super) fn begin_service(&mut self, machine: MachineId) {
        let host = self.machine(machine);
        let content = host.disk.content();
        let (log_first, log_last) = content.bounds();
        let head_table = Bytes::new(content.head.as_ref().clone()).unwrap_or_default();
        let head_table_before = Bytes::new(content.head_before.as_ref().clone()).unwrap_or_default();
        self.tell(machine, HostMessage::Start(Start { head_table, head_table_before, log_first, log_last }));
    }

    /// A process dies or a machine loses its power; it is started again after a while.
    pub(super) fn crash(&mut self, machine: MachineId, end: End) {
        let pause = match self.random.programs.below(4) {
            0 => self.random.programs.between(1, 5),
            1 => self.random.programs.between(100, 400),
            _ => self.random.programs.between(5, 100),
        };
        self.crash_for(machine, end, pause);
    }

    /// The same, for so many ticks.
    pub(super) fn crash_for(&mut self, machine: MachineId, end: End, ticks: u64) {
        let lost_power = end == End::PowerLost;
        self.end_program(machine, end);
        if lost_power {
            self.lose_power(machine);
        }
        self.start_in(machine, ticks);
    }

    /// What was on its way to the disk is lost, but for some of it.
    fn lose_power(&mut self, machine: MachineId) {
        let host = self.machine(machine);
        host.power += 1;
        host.desk_free_at = Default::default();
        let (node, unsynced) = (host.node, host.disk.unsynced());
        let lost = self.random.disks.place(unsynced + 1);
        self.machine(machine).disk.lose_power(lost);
        if unsynced > 0 && self.strikes(Fault::WriteTorn, Some(node)) {
            let random = &mut self.random.disks;
            let host = &mut self.machines[usize::from(machine.0)];
            super::mischief::tear(host.disk.tamper(), random);
            self.spoil(machine, true, false);
        }
    }

    /// Ends the HSM program: whatever it had not done is not done.
    pub(super) fn end_program(&mut self, machine: MachineId, end: End) {
        let host = self.machine(machine);
        let node = host.node;
        let Some(program) = host.program.take() else { return };
        host.keys = None;
        self.trace.say(|| format!("{machine}: the HSM ends: {end:?}"));
        let messages_left = matches!(end, End::Stopped(_));
        self.observe(Observation::Ended { program: program.name, end });
        if messages_left {
            self.last_words(machine, program);
        }
        self.lines_break(machine, node);
    }

    /// What an HSM wrote before it stopped itself still reaches its host; its platform is not asked any more.
    fn last_words(&mut self, machine: MachineId, program: Program) {
        let name = program.name;
        let applied = (program.applied_before, program.told.applied);
        for effect in program.effects {
            if let strongroom_hsm::effect::Effect::Host(message) = effect {
                self.host_takes(machine, name, applied, message);
            }
        }
    }

    /// Every peer finds its line to a machine cut.
    fn lines_break(&mut self, machine: MachineId, node: NodeNumber) {
        for other in 0..self.machines.len() {
            let id = self.machines[other].id;
            if id != machine && self.machines[other].node != node && self.route(id, node) == Some(machine) {
                let moments = self.random.peers.between(1, 100);
                self.plan_in(moments, Event::LineLost(id, node));
            }
        }
    }
}

type Booted = (Hsm, ChaChaRng, Option<Anchor>);

fn boot(
    platform: &mut strongroom_hsm::platform::memory::Memory,
    pace: strongroom_hsm::replica::Pace,
) -> Result<Booted, String> {
    let failed = |error: strongroom_hsm::platform::PlatformError| error.to_string();
    let mut rng = ChaChaRng::from_seed(*platform.draw_seed().map_err(failed)?.expose());
    let incarnation = drawn::<16>(&mut rng);
    let anchor = platform.take_over(incarnation).map_err(failed)?;
    let taken = anchor.as_ref().map(Anchor::duplicate);
    let boot = Boot {
        anchor,
        states: platform.read_states().map_err(failed)?,
        first_anchor: Anchor::first(incarnation, Secret::random(&mut rng)),
        device: platform.device(),
        measurement: platform.measurement(),
        platform: platform.kind(),
        class: platform.class(),
        pace,
    };
    let hsm = Hsm::boot(boot).map_err(|fault| fault.to_string())?;
    Ok((hsm, rng, taken))
}

fn program_of(name: observation::Program, hsm: Hsm, rng: ChaChaRng) -> Program {
    Program {
        name,
        hsm,
        rng,
        inputs: 0,
        inbox: VecDeque::new(),
        completions: VecDeque::new(),
        effects: VecDeque::new(),
        is_blocked: false,
        log: BTreeMap::new(),
        told: Told::default(),
        applied_before: 0,
        opened: BTreeMap::new(),
        was_refused: false,
    }
}
