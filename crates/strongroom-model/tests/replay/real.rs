//! The world of real HSM cores, driven step by step.

use super::{
    step::{Group, NODES, Step, has, newest_leader, nodes},
    world::{
        Disk, World,
        client::{Sent, Try},
    },
};
use strongroom_hsm::replica::Pace;
use strongroom_model::state::{Role as ModelRole, State};
use strongroom_protocol::{
    client::{AnswerBody, AttemptAnswer, RequestBody},
    ids::NodeNumber,
    pipe::{HostMessage, Role},
};

/// Ticks after which every session stands again and every commit index is known, and no proposal is repeated.
const MEETING_TICKS: usize = 45;
/// Ticks after which nobody believes in a leader any more that it does not hear.
const FORGETTING_TICKS: usize = 130;

pub struct Real {
    world: World,
    attempts: Vec<Try>,
    founding: Vec<Disk>,
    answered: u8,
    /// What every node had applied when the model began, less what checkpoints added.
    base: u64,
}

impl Real {
    pub fn founded(seed: u8, attempts: u8) -> Self {
        // A checkpoint is made when a refused member asks for one, and at no other time.
        let never = u64::MAX;
        let pace = Pace { ticks_min: 1, ticks_to_forget: never, ticks_max: never, ..Pace::STANDARD };
        let mut world = World::unborn(NODES, seed, pace);
        world.guesses = 1;
        world.found();
        (1..=NODES).for_each(|number| world.restart(number));
        world.until("a leader", 3000, |world| world.leader().is_some());
        let owner = world.register(1, b"right");
        world.ticks(FORGETTING_TICKS);
        world.until("rest", 3000, |world| {
            let applied: Vec<_> = (1..=NODES).map(|number| world.status(number).applied).collect();
            world.leader().is_some() && applied.iter().all(|one| *one == applied[0])
        });
        let base = world.status(1).applied.0;
        let attempts = (0..attempts).map(|_| world.attempt(owner.vault, b"wrong")).collect();
        (1..=NODES).for_each(|number| world.restart(number));
        let founding = (1..=NODES).map(|number| world.node(number).disk.clone()).collect();
        Self { world, attempts, founding, answered: 0, base }
    }

    pub fn take(&mut self, step: Step, after: &State<3>) {
        match step {
            Step::Elect { node, group } => self.elect(node, group),
            Step::Spend { opener, attempt, group, held } => self.spend(opener, attempt, group, held),
            Step::Restart { node } => self.restart(node),
            Step::PutBack { node } => {
                self.world.kill(node + 1);
                self.world.node_mut(node + 1).disk = self.founding[usize::from(node)].clone();
                self.restart(node);
            }
            Step::Heal { node } => self.heal(node, after),
        }
    }

    /// Holds everything that can be seen against the model.
    pub fn compare(&self, step: Step, state: &State<3>) {
        self.world.assert_sound();
        assert_eq!(self.answered, state.answered, "attempts answered, after {step:?}");
        for (node, of) in (0..NODES).zip(&state.nodes) {
            let status = self.world.status(node + 1);
            let is_refused = of.process.role == ModelRole::Refused;
            assert_eq!(
                status.role == Role::Refused,
                is_refused,
                "node {node} refused, after {step:?}: {}",
                status.reason.as_str()
            );
            if !is_refused {
                let last = self.base + u64::from(of.anchor.log.len());
                assert_eq!(status.last.0, last, "the log of node {node}, after {step:?}");
            }
        }
        let leaders = (1..=NODES).filter(|number| self.world.status(*number).role == Role::Leader);
        let leader = leaders.max_by_key(|number| self.world.status(*number).term).map(|number| number - 1);
        assert_eq!(leader, newest_leader(state), "who leads, after {step:?}");
        for node in settled(step, state) {
            let applied = self.base + u64::from(state.nodes[usize::from(node)].process.applied);
            assert_eq!(
                self.world.status(node + 1).applied.0,
                applied,
                "what node {node} applied, after {step:?}"
            );
        }
    }

    /// Lines are open within a group, and time passes for some of it.
    fn meet(&mut self, group: Group, ticking: Group, ticks: usize) {
        self.world.cut = (0..NODES)
            .flat_map(|from| (0..NODES).map(move |to| (from, to)))
            .filter(|(from, to)| !(has(group, *from) && has(group, *to)))
            .map(|(from, to)| (from + 1, to + 1))
            .collect();
        for _ in 0..ticks {
            nodes(ticking).for_each(|node| self.world.tell(node + 1, HostMessage::Tick));
            self.world.settle();
        }
    }

    /// The hosts say that lines were cut, so that HSMs call each other anew.
    fn call_again(&mut self, group: Group) {
        for from in nodes(group) {
            for to in nodes(group).filter(|to| *to != from) {
                self.world.tell(from + 1, HostMessage::PeerLost(NodeNumber(to + 1)));
            }
        }
    }

    fn elect(&mut self, node: u8, group: Group) {
        self.meet(0, group, FORGETTING_TICKS);
        self.call_again(group);
        for _ in 0..2000 {
            if self.world.status(node + 1).role == Role::Leader {
                break;
            }
            self.meet(group, 1 << node, 1);
        }
        self.meet(group, group, MEETING_TICKS);
    }

    fn spend(&mut self, opener: u8, attempt: u8, group: Group, held: Group) {
        self.call_again(group);
        self.meet(group, group, MEETING_TICKS);
        nodes(held).for_each(|node| self.world.node_mut(node + 1).hold_platform = true);
        let body = RequestBody::Attempt(self.attempts[usize::from(attempt)].attempt.clone());
        let sent = self.world.seal(opener + 1, body);
        let id = self.world.ask(opener + 1, sent.frame.clone());
        self.world.settle();
        self.meet(group, group, MEETING_TICKS);
        let is_answered = self.hear(&sent, id, attempt);
        for node in nodes(held) {
            self.world.node_mut(node + 1).hold_platform = false;
            self.restart(node);
        }
        if is_answered.is_none() && !has(held, opener) {
            self.restart(opener);
        }
    }

    /// What the opener said, if anything.
    fn hear(&mut self, sent: &Sent, id: u64, attempt: u8) -> Option<()> {
        let frame = self.world.answers.remove(&id)?;
        match sent.open(&frame).expect("a readable request").body {
            AnswerBody::Attempt(AttemptAnswer::Answered(_)) => self.answered |= 1 << attempt,
            AnswerBody::Attempt(AttemptAnswer::Erased) => {}
            AnswerBody::Attempt(_) => panic!("attempt {attempt} is refused"),
            _ => panic!("an answer to something else"),
        }
        Some(())
    }

    fn heal(&mut self, node: u8, after: &State<3>) {
        self.call_again(0b111);
        for _ in 0..6000 {
            if self.world.status(node + 1).role != Role::Refused {
                break;
            }
            self.meet(0b111, 0b111, 1);
        }
        self.meet(0b111, 0b111, FORGETTING_TICKS);
        // The checkpoint entry is the model's nothing.
        let of = &after.nodes[usize::from(node)];
        self.base = self.world.status(node + 1).applied.0 - u64::from(of.process.applied);
        // Who was asked for a newer checkpoint in vain would propose one when it leads.
        let leader = newest_leader(after).expect("a leader");
        for third in (0..NODES).filter(|third| *third != leader && *third != node) {
            self.restart(third);
        }
    }

    fn restart(&mut self, node: u8) {
        self.world.cut = all_lines();
        self.world.restart(node + 1);
    }
}

fn all_lines() -> std::collections::BTreeSet<(u8, u8)> {
    (1..=NODES).flat_map(|from| (1..=NODES).map(move |to| (from, to))).collect()
}

/// Members whose applied index the step has brought up to what they know.
fn settled(step: Step, state: &State<3>) -> Vec<u8> {
    let running = |node: &u8| state.nodes[usize::from(*node)].process.role != ModelRole::Refused;
    let group = match step {
        Step::Elect { group, .. } => group,
        Step::Heal { node } => 1 << node | newest_leader(state).map_or(0, |leader| 1 << leader),
        Step::Spend { .. } | Step::Restart { .. } | Step::PutBack { .. } => 0,
    };
    nodes(group).filter(running).collect()
}
