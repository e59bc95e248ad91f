//! Runs one seed from its founding to its audit, under the eyes of the checkers.

use crate::{
    checker::{Checker, Violation},
    checkers,
    coverage::Coverage,
    moment::Moment,
    observation::Observation,
    plan::Plan,
    trace::{Reader, Trace},
    view::WorldView,
    world::World,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Events of one run at most; one that takes more does not come to rest.
const EVENTS_MAX: u64 = 6_000_000;
/// Ticks that an audit may take.
const AUDIT_TICKS_MAX: u64 = 12_000;
/// Ticks that pass between two looks at whether a part of the run is over.
const LOOK_TICKS: u64 = 10;

/// How a run is to be looked at.
#[derive(Default)]
pub struct Manner {
    /// Takes the lines of a readable trace.
    pub reader: Option<Reader>,
    /// Ends the run after so many events.
    pub stop_at: Option<u64>,
    /// Which planted bug is on; only builds for the judge know any.
    pub planted: Option<String>,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The plan.
    pub plan: Plan,
    /// The hash over all that happened.
    pub trace: u64,
    /// Events.
    pub steps: u64,
    /// Simulated time.
    pub time: Moment,
    /// Clients' operations that came to their end.
    pub operations: u64,
    /// What was reached.
    pub coverage: Coverage,
    /// The guarantee that is broken, if one is.
    pub violation: Option<Violation>,
}

/// Runs a plan.
pub fn run(plan: Plan, manner: Manner) -> Report {
    let checkers = checkers::all(&plan);
    let keeps_host_bytes = checkers.iter().any(|checker| checker.wants_host_bytes());
    let trace = Trace::new(manner.reader);
    set_switches(&plan, manner.planted.as_deref());
    let mut run = Run {
        world: World::new(plan, trace, keeps_host_bytes),
        checkers,
        observations: Vec::new(),
        stop_at: manner.stop_at.unwrap_or(EVENTS_MAX),
    };
    // A panic anywhere below is a finding like any other: no input may make an HSM panic.
    let outcome = catch_unwind(AssertUnwindSafe(|| run.whole()));
    let violation = match outcome {
        Ok(Ok(())) | Ok(Err(Ending::Stopped)) => None,
        Ok(Err(Ending::Violated(violation))) => Some(violation),
        Err(panic) => Some(Violation::new("no_panic", text_of(&panic))),
    };
    clear_switches();
    run.report(violation)
}

/// Why a run ends before its end.
enum Ending {
    Stopped,
    Violated(Violation),
}

impl From<Violation> for Ending {
    fn from(violation: Violation) -> Self {
        Self::Violated(violation)
    }
}

struct Run {
    world: World,
    checkers: Vec<Box<dyn Checker>>,
    observations: Vec<Observation>,
    stop_at: u64,
}

impl Run {
    fn whole(&mut self) -> Result<(), Ending> {
        let founded = self.world.found();
        founded.map_err(|error| Violation::new("founding", error.to_string()))?;
        self.judge()?;
        self.world.begin_chaos();
        let chaos = self.world.now().after_ticks(self.world.plan().chaos_ticks);
        self.until(chaos, |_| false)?;
        self.world.begin_calm();
        let calm = self.world.now().after_ticks(self.world.plan().calm_ticks_max);
        let is_over = self.until(calm, |world| world.devices_are_done() && world.is_at_rest())?;
        self.unfinished(is_over)?;
        if is_over {
            self.world.begin_audit();
            let audit = self.world.now().after_ticks(AUDIT_TICKS_MAX);
            let is_over = self.until(audit, World::devices_are_done)?;
            self.unfinished(is_over)?;
        }
        let view = WorldView::of(&self.world);
        for checker in &mut self.checkers {
            checker.at_end(&view)?;
        }
        Ok(())
    }

    /// Lets time pass until it is over or something holds. Gives whether it holds.
    fn until(&mut self, end: Moment, holds: impl Fn(&World) -> bool) -> Result<bool, Ending> {
        let mut look = self.world.now();
        while self.world.now() < end {
            if self.world.trace.steps() >= self.stop_at {
                return Err(Ending::Stopped);
            }
            self.world.step();
            self.judge()?;
            if self.world.now() >= look {
                if holds(&self.world) {
                    return Ok(true);
                }
                look = self.world.now().after_ticks(LOOK_TICKS);
            }
        }
        Ok(false)
    }

    fn judge(&mut self) -> Result<(), Violation> {
        self.world.take_observations(&mut self.observations);
        if self.observations.is_empty() {
            return Ok(());
        }
        let view = WorldView::of(&self.world);
        for observation in &self.observations {
            for checker in &mut self.checkers {
                checker.observe(observation, &view)?;
            }
        }
        self.observations.clear();
        Ok(())
    }

    /// A fleet that was promised to come to rest must have done so.
    fn unfinished(&self, is_over: bool) -> Result<(), Violation> {
        if is_over || !self.world.durability_is_promised() {
            return Ok(());
        }
        let mut what = self.world.unfinished();
        what.extend(self.world.laggards());
        Err(Violation::new("pending_clients_finish", what.join("; ")))
    }

    fn report(self, violation: Option<Violation>) -> Report {
        let world = &self.world;
        Report {
            plan: world.plan().clone(),
            trace: world.trace.hash(),
            steps: world.trace.steps(),
            time: world.now(),
            operations: world.operations_returned(),
            coverage: world.coverage.clone(),
            violation,
        }
    }
}

fn text_of(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}

/// The names of the planted bugs that this build knows; none outside builds for the judge.
pub fn planted_names() -> &'static [&'static str] {
    #[cfg(strongroom_sim)]
    {
        static NAMES: std::sync::LazyLock<Vec<&'static str>> = std::sync::LazyLock::new(|| {
            strongroom_hsm::planted::Bug::ALL.iter().map(|bug| bug.name()).collect()
        });
        &NAMES
    }
    #[cfg(not(strongroom_sim))]
    &[]
}

/// Builds for the judge can stand in for slow work and carry planted bugs; no other build knows either.
#[cfg(strongroom_sim)]
fn set_switches(plan: &Plan, planted: Option<&str>) {
    strongroom_crypto::stand_in::use_stand_ins(plan.stand_ins);
    let bugs = strongroom_hsm::planted::Bug::ALL.iter().copied();
    strongroom_hsm::planted::plant(bugs.into_iter().find(|bug| planted == Some(bug.name())));
}

#[cfg(strongroom_sim)]
fn clear_switches() {
    strongroom_crypto::stand_in::use_stand_ins(false);
    strongroom_hsm::planted::plant(None);
}

#[cfg(not(strongroom_sim))]
fn set_switches(_: &Plan, _: Option<&str>) {}

#[cfg(not(strongroom_sim))]
fn clear_switches() {}
