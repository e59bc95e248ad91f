//! The faults that befall one node, how they are done and undone.

use super::{dice::Dice, fleet::Fleet, lines::Flow, site::Process};
use rustix::process::Signal;
use std::time::Duration;

/// What befalls a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    KillHost,
    KillHsm,
    KillBoth,
    StopHost,
    StopHsm,
    StopBoth,
    /// The HSM process is stopped, its host killed and started anew, and the old process goes on beside the new one.
    LeaveHsmBehind,
    BlockLines,
    BlockOneWay,
    SwallowLines,
    DelayLines,
    /// Clients reach the node, and its answers get lost.
    LoseAnswers,
    /// The leader's lines are blocked, and it is asked all the while.
    CutLeaderOff,
}

/// How often each is drawn.
pub const KINDS: [(Kind, u64); 13] = [
    (Kind::KillHost, 10),
    (Kind::KillHsm, 10),
    (Kind::KillBoth, 10),
    (Kind::StopHost, 10),
    (Kind::StopHsm, 10),
    (Kind::StopBoth, 6),
    (Kind::LeaveHsmBehind, 5),
    (Kind::BlockLines, 8),
    (Kind::BlockOneWay, 8),
    (Kind::SwallowLines, 8),
    (Kind::DelayLines, 8),
    (Kind::LoseAnswers, 8),
    (Kind::CutLeaderOff, 8),
];

/// What of a fault has to be undone.
pub struct Harm {
    kind: Kind,
    stopped: Vec<Process>,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::KillHost => "host killed",
            Self::KillHsm => "HSM process killed",
            Self::KillBoth => "host and HSM process killed",
            Self::StopHost => "host stopped",
            Self::StopHsm => "HSM process stopped",
            Self::StopBoth => "host and HSM process stopped",
            Self::LeaveHsmBehind => "HSM process left behind by its host",
            Self::BlockLines => "lines blocked",
            Self::BlockOneWay => "lines blocked one way",
            Self::SwallowLines => "lines swallow",
            Self::DelayLines => "lines delay",
            Self::LoseAnswers => "answers to clients lost",
            Self::CutLeaderOff => "leader cut off",
        }
    }

    /// How long it lasts.
    pub fn draw_length(self, dice: &mut Dice) -> Duration {
        let millis = match self {
            Self::KillHsm => 0,
            Self::KillHost | Self::KillBoth => dice.between(0, 8_000),
            Self::CutLeaderOff => dice.between(2_000, 10_000),
            // Short ones are as telling as long ones, and more of them fit into a run.
            _ if dice.below(2) == 0 => dice.between(100, 2_000),
            _ => dice.between(2_000, 20_000),
        };
        Duration::from_millis(millis)
    }

    /// Does it to a node.
    pub fn inflict(self, fleet: &mut Fleet, node: usize, dice: &mut Dice) -> Harm {
        let mut stopped = Vec::new();
        let site = &mut fleet.sites[node];
        match self {
            Self::KillHost => site.kill_host(),
            Self::KillHsm => site.kill_hsm(),
            Self::KillBoth => site.kill_both(),
            Self::StopHost => stopped.extend(site.host()),
            Self::StopHsm => stopped.extend(site.hsm()),
            Self::StopBoth => stopped.extend(site.host().into_iter().chain(site.hsm())),
            Self::LeaveHsmBehind => {
                stopped.extend(site.hsm());
                stopped.iter().for_each(|process| process.signal(Signal::STOP));
                site.kill_host();
                site.start();
            }
            Self::BlockLines | Self::CutLeaderOff => fleet.set_lines(node, Flow::Cut, Flow::Cut),
            Self::BlockOneWay if dice.below(2) == 0 => fleet.set_lines(node, Flow::Cut, Flow::Open),
            Self::BlockOneWay => fleet.set_lines(node, Flow::Open, Flow::Cut),
            Self::SwallowLines => {
                let drawn = dice.below(3);
                let flow = Flow::Swallow { there: drawn != 0, back: drawn != 1 };
                fleet.set_lines(node, flow, flow);
            }
            Self::DelayLines => {
                let flow = Flow::Slow(Duration::from_millis(dice.between(5, 500)));
                fleet.set_lines(node, flow, flow);
            }
            Self::LoseAnswers => fleet.set_door(node, Flow::Swallow { there: false, back: true }),
        }
        stopped.iter().for_each(|process| process.signal(Signal::STOP));
        Harm { kind: self, stopped }
    }
}

impl Harm {
    /// Undoes what was done; what was swallowed stays lost.
    pub fn undo(&self, fleet: &mut Fleet, node: usize) {
        self.stopped.iter().for_each(|process| process.signal(Signal::CONT));
        match self.kind {
            Kind::KillHost | Kind::KillBoth => fleet.sites[node].start(),
            Kind::LoseAnswers => fleet.set_door(node, Flow::Open),
            Kind::BlockLines
            | Kind::BlockOneWay
            | Kind::SwallowLines
            | Kind::DelayLines
            | Kind::CutLeaderOff => {
                fleet.set_lines(node, Flow::Open, Flow::Open);
            }
            Kind::KillHsm | Kind::StopHost | Kind::StopHsm | Kind::StopBoth | Kind::LeaveHsmBehind => {}
        }
    }

    /// Lets go on whatever was stopped, and nothing else.
    pub fn release(&self) {
        self.stopped.iter().for_each(|process| process.signal(Signal::CONT));
    }
}
