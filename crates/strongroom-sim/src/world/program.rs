//! Runs HSM programs: inputs into the production step, effects out of it.
//!
//! It does what the small program around the step does (`strongroom-hsm`, `program.rs`), in the same order: effects are
//! carried out one after the other, completions of the platform are stepped before the next message of the
//! host. Between any two effects the process may die.

use super::World;
use crate::{
    event::Event,
    fault::Fault,
    machine::Program,
    names::{Life, MachineId},
    observation::{AnchorSeen, End, Observation},
};
use strongroom_crypto::Rng;
use strongroom_hsm::{
    anchor::Anchor,
    effect::{Effect, Effects, Input, PlatformDone, PlatformTask},
    fault::Fault as HsmFault,
    platform::{Platform, PlatformError},
};
use strongroom_protocol::{encode, pipe::HostMessage};

/// Inputs after which a generator is seeded anew, as in the real program.
const INPUTS_PER_SEED: u32 = 4096;

/// What a program does next.
enum Next {
    Effect(Effect),
    Step(Input),
    Rest,
}

impl World {
    /// Lets a program work until it waits for something.
    pub(super) fn pump(&mut self, machine: MachineId) {
        loop {
            let now = self.now;
            let host = self.machine(machine);
            if host.frozen_until > now {
                return;
            }
            let Some(program) = host.program.as_mut() else { return };
            match next_of(program) {
                Next::Effect(effect) => self.carry_out(machine, effect),
                Next::Step(input) => self.step_program(machine, input),
                Next::Rest => return,
            }
        }
    }

    fn step_program(&mut self, machine: MachineId, input: Input) {
        self.hash_input(machine, &input);
        let now = self.now;
        let is_tick = matches!(input, Input::Host(HostMessage::Tick));
        let seed = self.reseed_due(machine);
        let Some(program) = self.machine(machine).program.as_mut() else { return };
        if let Some(seed) = seed {
            program.rng.reseed(seed);
        }
        program.inputs = program.inputs.wrapping_add(1);
        program.applied_before = program.told.applied;
        let read: Vec<_> = match &input {
            Input::Host(HostMessage::Log(brought)) => {
                brought.entries.as_slice().iter().map(super::watch::held_entry).collect()
            }
            _ => Vec::new(),
        };
        program.log.extend(read.iter().copied());
        if let Input::Host(HostMessage::Client(from)) = &input
            && let Some(status) = program.status()
        {
            program.opened.insert(from.id, (status.era, now));
        }
        let mut effects = Effects::default();
        let outcome = program.hsm.step(input, &mut program.rng, &mut effects);
        let effects = effects.take();
        let is_quiet = is_tick && effects.is_empty();
        let name = program.name;
        // What the program holds from now on, whether or not its host ever hears of it.
        let appended: Vec<_> = effects.iter().filter_map(super::watch::append_of).collect();
        program.effects.extend(effects);
        let is_new = program.told.role.is_none();
        for (cut, held) in appended {
            self.note_append(name, cut, held);
        }
        self.note_read(name, read);
        if !is_quiet || is_new {
            self.watch(machine);
        }
        if let Err(fault) = outcome {
            self.program_stops(machine, fault);
        }
    }

    fn reseed_due(&mut self, machine: MachineId) -> Option<[u8; 32]> {
        let host = &self.machines[usize::from(machine.0)];
        let inputs = host.program.as_ref()?.inputs;
        let is_due = inputs > 0 && inputs.is_multiple_of(INPUTS_PER_SEED);
        let platform = self.platforms.get_mut(host.platform).filter(|_| is_due)?;
        platform.draw_seed().ok().map(|seed| *seed.expose())
    }

    /// The HSM has met a fault: what it says last is heard, then it ends.
    fn program_stops(&mut self, machine: MachineId, fault: HsmFault) {
        self.trace.say(|| format!("{machine}: the HSM stops: {fault}"));
        self.end_program(machine, End::Stopped(fault));
        let pause = 10 + self.random.programs.below(40);
        self.start_in(machine, pause);
    }

    fn carry_out(&mut self, machine: MachineId, effect: Effect) {
        let node = self.machine(machine).node;
        if self.strikes(Fault::CrashInStep, Some(node)) {
            let end = if self.random.programs.coin() { End::Killed } else { End::PowerLost };
            return self.crash(machine, end);
        }
        match effect {
            Effect::Host(message) => self.host_hears(machine, message),
            Effect::Platform(task) => self.ask_platform(machine, task),
        }
    }

    /// A platform takes its time; nothing else happens in the program meanwhile.
    fn ask_platform(&mut self, machine: MachineId, task: PlatformTask) {
        let host = self.machine(machine);
        let node = host.node;
        let Some(program) = host.program.as_mut() else { return };
        program.is_blocked = true;
        let life = program.name.life;
        let moments = if self.strikes(Fault::SlowPlatform, Some(node)) {
            self.random.programs.between(100, 20_000)
        } else {
            self.random.programs.below(4)
        };
        if moments == 0 {
            self.platform_acts(machine, life, task);
        } else {
            self.plan_in(moments, Event::Platform(machine, life, task));
        }
    }

    /// A platform carries a task out, or loses its power in the middle of it.
    pub(super) fn platform_acts(&mut self, machine: MachineId, life: Life, task: PlatformTask) {
        let host = self.machine(machine);
        let (node, platform) = (host.node, host.platform);
        if host.program.as_ref().is_none_or(|program| program.name.life != life) {
            return;
        }
        let writes = !matches!(task, PlatformTask::CheckAnchor(_) | PlatformTask::ForgetOldStates);
        if writes && self.strikes(Fault::CrashInPlatform, Some(node)) {
            let write = self.random.programs.below(2);
            let bytes = self.random.programs.place(257);
            self.platforms[platform].cut_power(write, bytes);
            let _ = self.do_task(machine, &task);
            self.platforms[platform].restore_power();
            return self.crash(machine, End::PowerLost);
        }
        let done = self.do_task(machine, &task);
        self.observe_task(machine, &task, &done);
        if let Some(program) = self.machine(machine).program.as_mut() {
            program.is_blocked = false;
            program.completions.push_back(done);
        }
        self.pump(machine);
    }

    fn do_task(&mut self, machine: MachineId, task: &PlatformTask) -> PlatformDone {
        let host = &self.machines[usize::from(machine.0)];
        let own =
            host.program.as_ref().and_then(|program| program.hsm.member()).map(|member| member.incarnation());
        let Some(platform) = self.platforms.get_mut(host.platform) else {
            return PlatformDone::Failed("there is no platform".into());
        };
        let done = match task {
            PlatformTask::WriteState(sealed) => {
                platform.write_state(sealed).map(|()| PlatformDone::StateWritten)
            }
            PlatformTask::SwapAnchor { anchor, both } => {
                platform.swap_anchor(anchor, *both).map(|()| PlatformDone::Swapped)
            }
            PlatformTask::ForgetOldStates => {
                platform.forget_old_states().map(|()| PlatformDone::OldStatesForgotten)
            }
            PlatformTask::CheckAnchor(check) if super::careless::skips_anchor_check() => {
                Ok(PlatformDone::AnchorHolds(*check))
            }
            PlatformTask::CheckAnchor(check) => match platform.read_anchor() {
                Ok(Some(held)) if Some(held.incarnation) == own => Ok(PlatformDone::AnchorHolds(*check)),
                Ok(_) => Err(PlatformError::Superseded),
                Err(error) => Err(error),
            },
        };
        match done {
            Ok(done) => done,
            Err(PlatformError::Superseded) => PlatformDone::Superseded,
            Err(error) => PlatformDone::Failed(error.to_string()),
        }
    }

    fn observe_task(&mut self, machine: MachineId, task: &PlatformTask, done: &PlatformDone) {
        let Some(program) = self.machine(machine).program.as_ref().map(|program| program.name) else {
            return;
        };
        match (task, done) {
            (PlatformTask::SwapAnchor { anchor, both }, PlatformDone::Swapped) => {
                let anchor = seen(anchor);
                self.trace.take(b'a', &anchor.sequence.to_be_bytes());
                self.observe(Observation::AnchorSwapped { program, anchor, both: *both });
            }
            (_, PlatformDone::OldStatesForgotten) => self.observe(Observation::OldStatesForgotten(program)),
            _ => {}
        }
    }

    /// A host tells its HSM something.
    pub(super) fn tell(&mut self, machine: MachineId, message: HostMessage) {
        if let Some(program) = self.machine(machine).program.as_mut()
            && program.inbox.len() < crate::machine::INBOX_MAX
        {
            program.inbox.push_back(message);
            self.pump(machine);
        }
    }

    /// The same, if the HSM is still the one that it was meant for.
    pub(super) fn tell_life(&mut self, machine: MachineId, life: Life, message: HostMessage) {
        let running = self.machine(machine).program.as_ref().map(|program| program.name.life);
        if running == Some(life) {
            self.tell(machine, message);
        }
    }

    fn hash_input(&mut self, machine: MachineId, input: &Input) {
        let place = machine.0.to_be_bytes();
        self.trace.take(b'm', &place);
        match input {
            Input::Host(HostMessage::Tick) => self.trace.take(b't', &[]),
            Input::Host(message) => {
                let bytes = encode(message);
                self.trace.take(b'i', &bytes);
                self.trace.say(|| format!("{machine} hears {}", super::watch::word_of_input(message)));
            }
            Input::Platform(done) => {
                let byte = match done {
                    PlatformDone::StateWritten => 1,
                    PlatformDone::Swapped => 2,
                    PlatformDone::Superseded => 3,
                    PlatformDone::OldStatesForgotten => 4,
                    PlatformDone::AnchorHolds(_) => 5,
                    PlatformDone::Failed(_) => 6,
                };
                self.trace.take(b'p', &[byte]);
                self.trace.say(|| format!("{machine} platform: {done:?}"));
            }
        }
    }
}

fn next_of(program: &mut Program) -> Next {
    if program.is_blocked {
        return Next::Rest;
    }
    if let Some(effect) = program.effects.pop_front() {
        return Next::Effect(effect);
    }
    if let Some(done) = program.completions.pop_front() {
        return Next::Step(Input::Platform(done));
    }
    match program.inbox.pop_front() {
        Some(message) => Next::Step(Input::Host(message)),
        None => Next::Rest,
    }
}

/// What anybody may know of an anchor.
pub(super) fn seen(anchor: &Anchor) -> AnchorSeen {
    AnchorSeen {
        boot: anchor.boot,
        incarnation: anchor.incarnation,
        sequence: anchor.sequence,
        head_table: anchor.head_table,
        term_max: anchor.term_max,
        index_max: anchor.index_max,
    }
}

/// Random bytes out of an HSM's generator, as the program around the step draws them.
pub(super) fn drawn<const N: usize>(rng: &mut dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
