//! Sums over many runs.

use serde_json::json;
use std::{fmt, time::Instant};
use strongroom_sim::{coverage::Coverage, moment::TICKS_PER_SECOND, run::Report};

/// What many runs came to.
pub(crate) struct Tally {
    began: Instant,
    first: u64,
    seeds: u64,
    real: u64,
    ticks: u64,
    events: u64,
    operations: u64,
    coverage: Coverage,
    /// A sum over all traces, in whatever order they came.
    traces: u64,
    violations: Vec<(u64, String)>,
}

impl Tally {
    pub(crate) fn new(first: u64) -> Self {
        Self {
            began: Instant::now(),
            first,
            seeds: 0,
            real: 0,
            ticks: 0,
            events: 0,
            operations: 0,
            coverage: Coverage::default(),
            traces: 0,
            violations: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, seed: u64, report: &Report) {
        self.seeds += 1;
        self.real += u64::from(!report.plan.stand_ins);
        self.ticks += report.time.tick();
        self.events += report.steps;
        self.operations += report.operations;
        self.traces = self.traces.wrapping_add(report.trace.wrapping_mul(seed | 1));
        self.coverage.add(&report.coverage);
        self.violations.extend(report.violation.as_ref().map(|violation| (seed, violation.to_string())));
    }

    pub(crate) fn seeds(&self) -> u64 {
        self.seeds
    }

    pub(crate) fn is_good(&self) -> bool {
        self.violations.is_empty()
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64().max(1e-9)
    }

    fn simulated_hours(&self) -> f64 {
        self.ticks as f64 / TICKS_PER_SECOND as f64 / 3600.0
    }

    pub(crate) fn line(&self) -> String {
        format!(
            "{} seeds, {:.1}/s, {:.1} simulated hours, {} operations, {} faults, {} violations",
            self.seeds,
            self.seeds as f64 / self.seconds(),
            self.simulated_hours(),
            self.operations,
            self.coverage.faults(),
            self.violations.len()
        )
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        let violations: Vec<_> =
            self.violations.iter().map(|(seed, what)| json!({ "seed": seed, "what": what })).collect();
        json!({
            "first": self.first,
            "seeds": self.seeds,
            "seeds_with_real_cryptography": self.real,
            "seconds": self.seconds(),
            "seeds_per_second": self.seeds as f64 / self.seconds(),
            "simulated_hours": self.simulated_hours(),
            "simulated_hours_per_hour": self.simulated_hours() * 3600.0 / self.seconds(),
            "events": self.events,
            "operations": self.operations,
            "operations_per_second": self.operations as f64 / self.seconds(),
            "faults": self.coverage.faults(),
            "traces": format!("{:016x}", self.traces),
            "violations": violations,
            "reached": self.coverage.counts(),
            "unreached": self.coverage.unreached(),
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.line())?;
        writeln!(
            f,
            "{:.0} operations/s, {:.0} simulated hours an hour, {} of the seeds without stand-ins, traces {:016x}",
            self.operations as f64 / self.seconds(),
            self.simulated_hours() * 3600.0 / self.seconds(),
            self.real,
            self.traces
        )?;
        for (name, count) in self.coverage.counts() {
            writeln!(f, "{count:>10}  {name}")?;
        }
        let unreached = self.coverage.unreached();
        if unreached.is_empty() {
            write!(f, "everything was reached")
        } else {
            write!(f, "never reached: {}", unreached.join("; "))
        }
    }
}
