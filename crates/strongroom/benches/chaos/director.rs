//! Draws faults and looks that every node comes back from them.
//!
//! Two nodes are harmed at a time at most, which the fleet promises to survive; a node counts as harmed until it has
//! caught up. Now and then all nodes are killed at once, two are started and asked in vain, and then the others.

use super::{
    dice::Dice,
    fault::{Harm, KINDS, Kind},
    fleet::{Fleet, NODES},
    journal::Journal,
    load::Load,
    probe::Probe,
};
use std::{
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

/// Nodes that may be harmed at a time.
const HARMED_MAX: usize = 2;
/// How long a node may take to come back when its fault is over.
const RETURN_MAX: Duration = Duration::from_secs(60);
/// From the end of a fault to the first question whose answer counts: a node's report may be that old.
const REPORT_AGE: Duration = Duration::from_millis(600);
/// How often the faults are looked at.
const STEP: Duration = Duration::from_millis(20);
/// From one fault to the next, in milliseconds.
const PAUSE_MILLIS: (u64, u64) = (100, 4_000);
/// From one loss of all nodes to the next, in milliseconds.
const LOSS_PAUSE_MILLIS: (u64, u64) = (30_000, 90_000);
/// HSM processes of one host that are killed within the time in which the host counts them.
const HSM_KILLS_MAX: usize = 4;
const HSM_KILLS_WINDOW: Duration = Duration::from_secs(130);

/// What a node said longer ago than that may be an earlier process's word.
const SAID_AGE_MAX: Duration = Duration::from_secs(2);

/// Who draws the faults.
pub struct Director {
    pub fleet: Fleet,
    load: Arc<Load>,
    journal: Arc<Journal>,
    dice: Dice,
    injuries: Vec<Injury>,
    /// The latest term in which a node was seen to lead, and the node.
    leader: Option<(u64, usize)>,
    next_fault: Instant,
    next_loss: Instant,
    /// How many questions to nodes without a majority stayed without an answer.
    pub unanswered: usize,
}

struct Injury {
    node: usize,
    kind: Option<Kind>,
    stage: Stage,
}

enum Stage {
    Harmed { harm: Harm, until: Instant, probe: Option<Probe> },
    Returning { since: Instant, applied: u64 },
}

impl Director {
    pub fn new(fleet: Fleet, load: Arc<Load>, seed: u64) -> Self {
        let (journal, mut dice, now) = (load.journal.clone(), Dice::of(seed, 0), Instant::now());
        let next_loss = now + pause(&mut dice, LOSS_PAUSE_MILLIS);
        let injuries = (0..NODES).map(|node| returning(node, None, 0)).collect();
        Self { fleet, load, journal, dice, injuries, leader: None, next_fault: now, next_loss, unanswered: 0 }
    }

    /// Goes on until every node is at work; `false` where that takes too long.
    pub fn wait_until_whole(&mut self) -> bool {
        let begun = Instant::now();
        while !self.injuries.is_empty() && begun.elapsed() < 2 * RETURN_MAX && !self.journal.is_over() {
            self.step();
        }
        self.injuries.is_empty()
    }

    /// Lets faults happen until that time; `every_step` is called all the while.
    pub fn let_happen(&mut self, until: Instant, mut every_step: impl FnMut()) {
        while Instant::now() < until && !self.journal.is_over() {
            self.step();
            every_step();
            self.journal.watch_silence();
            if Instant::now() >= self.next_loss {
                // The harmed ones come back first, so that the loss begins with a whole fleet.
                if self.injuries.is_empty() {
                    self.lose_all();
                }
            } else if Instant::now() >= self.next_fault && self.injuries.len() < HARMED_MAX {
                self.harm_one();
            }
        }
    }

    /// Undoes what is done to the fleet.
    pub fn end_faults(&mut self) {
        for injury in &mut self.injuries {
            if let Stage::Harmed { until, .. } = &mut injury.stage {
                *until = Instant::now();
            }
        }
    }

    fn step(&mut self) {
        sleep(STEP);
        for (node, site) in self.fleet.sites.iter_mut().enumerate() {
            if let Some(how) = site.ended() {
                let what = format!("{} ended by itself ({how}):\n      {}", site.name, site.last_lines());
                self.journal.violation(what);
                site.start();
                self.injuries.retain(|injury| injury.node != node);
                self.injuries.push(returning(node, None, 0));
            }
        }
        self.look_for_hsms_that_died();
        self.look_who_leads();
        let injuries = std::mem::take(&mut self.injuries);
        self.injuries = injuries.into_iter().filter_map(|injury| self.advance(injury)).collect();
    }

    /// An HSM that a host has started anew more often than it was killed has died by itself.
    fn look_for_hsms_that_died(&mut self) {
        for node in 0..NODES {
            let Some(said) = self.fleet.said_since(node, Instant::now() - SAID_AGE_MAX) else { continue };
            let site = &mut self.fleet.sites[node];
            let killed = site.hsm_kills.len();
            let is_this_host = site.age() > SAID_AGE_MAX;
            if is_this_host && said.hsm.restarts > killed as u64 {
                let what = format!("the HSM of {} died by itself:\n      {}", site.name, site.last_lines());
                self.journal.violation(what);
                site.hsm_kills.push(Instant::now());
            }
            if said.state == "refused" && !site.is_said_refused {
                site.is_said_refused = true;
                let what =
                    format!("{} is refused ({}), though nobody touched its disk", site.name, said.reason);
                self.journal.violation(what);
            }
        }
    }

    fn look_who_leads(&mut self) {
        let leader = self.fleet.leader_and_term();
        if leader != self.leader {
            self.leader = leader;
            if let Some((term, node)) = leader {
                self.journal.happened(format!("{} leads, in term {term}", self.fleet.sites[node].name));
            }
        }
    }

    fn advance(&mut self, injury: Injury) -> Option<Injury> {
        let Injury { node, kind, stage } = injury;
        match stage {
            Stage::Harmed { harm, until, probe } if Instant::now() >= until || self.journal.is_over() => {
                if let Some(probe) = probe {
                    self.unanswered += probe.end(&self.load);
                }
                harm.undo(&mut self.fleet, node);
                let name = &self.fleet.sites[node].name;
                self.journal.happened(format!("{name}: {} no more", kind.map_or("harmed", Kind::name)));
                Some(returning(node, kind, self.fleet.committed()))
            }
            Stage::Returning { since, applied } => {
                let said = self.fleet.said_since(node, since + REPORT_AGE);
                let is_back = |said: &strongroom_host::http::NodeStatus| {
                    matches!(said.state.as_str(), "leader" | "follower")
                        && said.leader != 0
                        && said.applied >= applied
                };
                if said.as_ref().is_some_and(is_back) {
                    self.journal.happened(format!("{}: caught up", self.fleet.sites[node].name));
                    return None;
                }
                if since.elapsed() > RETURN_MAX {
                    let site = &self.fleet.sites[node];
                    let what = format!(
                        "{} does not come back; it says {said:?}\n      {}",
                        site.name,
                        site.last_lines()
                    );
                    self.journal.violation(what);
                    return Some(returning(node, kind, applied));
                }
                Some(Injury { node, kind, stage })
            }
            stage @ Stage::Harmed { .. } => Some(Injury { node, kind, stage }),
        }
    }

    fn harm_one(&mut self) {
        self.next_fault = Instant::now() + pause(&mut self.dice, PAUSE_MILLIS);
        let (mut kind, mut node) = (self.dice.weighted(&KINDS), self.dice.below(NODES));
        if kind == Kind::CutLeaderOff {
            let Some(leader) = self.fleet.leader() else { return };
            node = leader;
        }
        if self.injuries.iter().any(|injury| injury.node == node) {
            return;
        }
        let site = &mut self.fleet.sites[node];
        let counts = |killed: &&Instant| killed.elapsed() < HSM_KILLS_WINDOW;
        if kind == Kind::KillHsm && site.hsm_kills.iter().filter(counts).count() >= HSM_KILLS_MAX {
            kind = Kind::KillBoth;
        }
        let length = kind.draw_length(&mut self.dice);
        let name = site.name.clone();
        let is_leader = if self.fleet.leader() == Some(node) { ", which leads" } else { "" };
        self.journal
            .fault(kind.name(), format!("{name}{is_leader}: {}, for {} ms", kind.name(), length.as_millis()));
        let harm = kind.inflict(&mut self.fleet, node, &mut self.dice);
        let seed = self.dice.number();
        let probe = (kind == Kind::CutLeaderOff).then(|| Probe::begin(&self.load, vec![node], seed));
        let until = Instant::now() + length;
        self.injuries.push(Injury { node, kind: Some(kind), stage: Stage::Harmed { harm, until, probe } });
    }

    /// Kills all nodes at once, and asks the first two that come back, which must not answer.
    fn lose_all(&mut self) {
        self.next_loss = Instant::now() + pause(&mut self.dice, LOSS_PAUSE_MILLIS);
        let committed = self.fleet.committed();
        self.journal.fault("all killed", "all nodes killed at once");
        self.fleet.kill_all();
        self.journal.outage_begins();
        self.rest((0, 3_000));
        let first = self.dice.below(NODES);
        let two = vec![first, (first + 1 + self.dice.below(NODES - 1)) % NODES];
        two.iter().for_each(|node| self.fleet.sites[*node].start());
        self.journal.happened(format!("node-{} and node-{} started, no others", two[0] + 1, two[1] + 1));
        let probe = Probe::begin(&self.load, two, self.dice.number());
        self.rest((2_000, 6_000));
        self.unanswered += probe.end(&self.load);
        self.journal.outage_ends();
        self.fleet.sites.iter_mut().for_each(super::site::Site::start);
        self.journal.happened("the others started");
        self.injuries = (0..NODES).map(|node| returning(node, None, committed)).collect();
    }

    fn rest(&mut self, millis: (u64, u64)) {
        let until = Instant::now() + pause(&mut self.dice, millis);
        while Instant::now() < until && !self.journal.is_over() {
            sleep(STEP);
        }
    }
}

impl Drop for Director {
    /// A stopped process would hold its node's end up.
    fn drop(&mut self) {
        for injury in &self.injuries {
            if let Stage::Harmed { harm, .. } = &injury.stage {
                harm.release();
            }
        }
    }
}

fn returning(node: usize, kind: Option<Kind>, applied: u64) -> Injury {
    Injury { node, kind, stage: Stage::Returning { since: Instant::now(), applied } }
}

fn pause(dice: &mut Dice, (low, high): (u64, u64)) -> Duration {
    Duration::from_millis(dice.between(low, high))
}
