//! The commands, one module each.

pub(crate) mod corpus;
#[cfg(strongroom_sim)]
pub(crate) mod planted;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod shrink;

use clap::Args;
use strongroom_sim::{
    plan::{Change, Plan},
    run::{Manner, Report},
};

/// What is changed of the plan that a seed draws.
#[derive(Args, Clone, Default)]
pub(crate) struct Changes {
    /// Sets a part of the plan, like nodes=3, operations=10 or power-loss=0; may be given several times.
    #[arg(long = "set", value_name = "PART=NUMBER")]
    changes: Vec<Change>,
    /// Plants a bug by its name; only builds for the judge know any.
    #[arg(long, value_name = "NAME")]
    planted: Option<String>,
}

impl Changes {
    pub(crate) fn plan(&self, seed: u64) -> Plan {
        Plan::of_seed(seed).changed(&self.changes)
    }

    pub(crate) fn play(&self, plan: Plan) -> Report {
        strongroom_sim::run::run(plan, Manner { planted: self.planted.clone(), ..Manner::default() })
    }

    /// What is to be typed to see a seed again.
    pub(crate) fn replay_line(&self, seed: u64, more: &[Change]) -> String {
        let mut line = format!("strongroom-sim replay {seed} --trace");
        for change in self.changes.iter().chain(more) {
            line.push_str(&format!(" --set {change}"));
        }
        if let Some(planted) = &self.planted {
            line.push_str(&format!(" --planted {planted}"));
        }
        line
    }

    /// Why the arguments cannot be followed by this build.
    pub(crate) fn refusal(&self) -> Option<String> {
        let planted = self.planted.as_ref()?;
        match strongroom_sim::run::planted_names() {
            [] => Some("this build knows no planted bugs; build it with `cargo xtask sim`".into()),
            names if names.contains(&planted.as_str()) => None,
            names => Some(format!("no planted bug is named {planted}; there are: {}", names.join(", "))),
        }
    }
}

/// Keeps panics of judged code from being printed: they are findings, and reported as such.
pub(crate) fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|_| {}));
}
