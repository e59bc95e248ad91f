//! Parts of a plan that somebody sets by hand.

use super::Plan;
use crate::fault::Fault;
use std::{fmt, str::FromStr};
use strongroom_hsm::replica::Pace;

/// One part of a plan and what it is to be, as `--set` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `nodes=3`
    Nodes(u8),
    /// `guesses=3`
    Guesses(u8),
    /// `clients=2`
    Clients(u16),
    /// `operations=10`
    Operations(u32),
    /// `vaults=2`
    Vaults(u32),
    /// `chaos=300`, in ticks.
    Chaos(u64),
    /// `calm=9000`, in ticks at most.
    Calm(u64),
    /// `mischief=5`: acts of mischief at most.
    Mischief(u32),
    /// `pace=60`: ticks between two checkpoints.
    Pace(u64),
    /// `real=1`: nothing is stood in for.
    Real(bool),
    /// `breaks-majority=1`
    BreaksMajority(bool),
    /// `kill=0`: a class of faults, by its word, and its rate or weight.
    Rate(Fault, u32),
}

/// A change that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no change of a plan; it is one of nodes, guesses, clients, operations, vaults, chaos, calm, mischief, pace, real, breaks-majority or a class of faults, then `=` and a number"
)]
pub struct ChangeError(String);

impl FromStr for Change {
    type Err = ChangeError;

    fn from_str(text: &str) -> Result<Self, ChangeError> {
        let refuse = || ChangeError(text.into());
        let (name, value) = text.split_once('=').ok_or_else(refuse)?;
        let number: u64 = value.parse().map_err(|_| refuse())?;
        let small = u32::try_from(number).map_err(|_| refuse())?;
        let tiny = u8::try_from(number.min(255)).unwrap_or(u8::MAX);
        Ok(match name {
            "nodes" if matches!(tiny, 3 | 5 | 7 | 9) => Self::Nodes(tiny),
            "guesses" if (1..=30).contains(&tiny) => Self::Guesses(tiny),
            "clients" if number > 0 => Self::Clients(u16::try_from(number).map_err(|_| refuse())?),
            "operations" => Self::Operations(small),
            "vaults" => Self::Vaults(small),
            "chaos" => Self::Chaos(number),
            "calm" => Self::Calm(number),
            "mischief" => Self::Mischief(small),
            "pace" if number > 0 => Self::Pace(number),
            "real" => Self::Real(number != 0),
            "breaks-majority" => Self::BreaksMajority(number != 0),
            word => Self::Rate(Fault::from_word(word).ok_or_else(refuse)?, small),
        })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nodes(number) => write!(f, "nodes={number}"),
            Self::Guesses(number) => write!(f, "guesses={number}"),
            Self::Clients(number) => write!(f, "clients={number}"),
            Self::Operations(number) => write!(f, "operations={number}"),
            Self::Vaults(number) => write!(f, "vaults={number}"),
            Self::Chaos(ticks) => write!(f, "chaos={ticks}"),
            Self::Calm(ticks) => write!(f, "calm={ticks}"),
            Self::Mischief(number) => write!(f, "mischief={number}"),
            Self::Pace(ticks) => write!(f, "pace={ticks}"),
            Self::Real(is) => write!(f, "real={}", u8::from(*is)),
            Self::BreaksMajority(is) => write!(f, "breaks-majority={}", u8::from(*is)),
            Self::Rate(fault, rate) => write!(f, "{fault}={rate}"),
        }
    }
}

impl Plan {
    /// The plan with some parts changed.
    #[must_use]
    pub fn changed(mut self, changes: &[Change]) -> Self {
        for change in changes {
            match change {
                Change::Nodes(number) => self.nodes = *number,
                Change::Guesses(number) => self.guesses = *number,
                Change::Clients(number) => self.clients = *number,
                Change::Operations(number) => self.operations = *number,
                Change::Vaults(number) => self.vaults_max = *number,
                Change::Chaos(ticks) => self.chaos_ticks = *ticks,
                Change::Calm(ticks) => self.calm_ticks_max = *ticks,
                Change::Mischief(number) => self.mischief_max = *number,
                Change::Pace(ticks) => self.pace = pace_of(*ticks),
                Change::Real(is) => self.stand_ins = !is,
                Change::BreaksMajority(is) => self.breaks_majority = *is,
                Change::Rate(fault, rate) => {
                    if let Some(old) = self.rates.get_mut(fault.place()) {
                        *old = *rate;
                    }
                }
            }
        }
        self
    }
}

fn pace_of(ticks: u64) -> Pace {
    Pace { ticks_min: ticks, ticks_to_forget: ticks, ticks_max: ticks.saturating_mul(2), ..Pace::STANDARD }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_as_it_is_shown() {
        for text in
            ["nodes=3", "clients=2", "operations=7", "pace=60", "real=1", "power-loss=0", "mischief=4"]
        {
            assert_eq!(text.parse::<Change>().unwrap().to_string(), text);
        }
        for text in ["nodes=4", "nodes", "nodes=x", "clients=0", "foo=1", "guesses=0", "kill=-1"] {
            assert!(text.parse::<Change>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_seed_draws_one_plan_and_changes_touch_only_their_part() {
        let plan = Plan::of_seed(7);
        assert_eq!(plan, Plan::of_seed(7));
        assert_ne!(plan, Plan::of_seed(8));
        let changed = plan.clone().changed(&[Change::Nodes(3), Change::Rate(Fault::Kill, 0)]);
        assert_eq!((changed.nodes, changed.rate(Fault::Kill)), (3, 0));
        assert_eq!(changed.operations, plan.operations);
    }
}
