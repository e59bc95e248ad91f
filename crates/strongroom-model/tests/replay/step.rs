//! Steps of a trace: each is several steps of the model, and can be taken in the world.

use stateright::{Model, Property};
use strongroom_model::{
    Action, Asked, Bounds, Fleet, FoundDisk,
    log::Content,
    rules::Vault,
    state::{Role, State, Who},
};

pub const NODES: u8 = 3;
pub const BOUNDS: Bounds = Bounds {
    terms: 3,
    entries: 4,
    attempts: 3,
    budget: 1,
    successes: false,
    followers_open: true,
    put_back_at_once: 1,
    copies: false,
    second_boots: false,
};

/// Members as bits.
pub type Group = u8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A member wins an election among those that it reaches, and everything settles among them.
    Elect { node: u8, group: Group },
    /// A request is opened among those that reach each other; some of them lose power between disk and anchor.
    Spend { opener: u8, attempt: u8, group: Group, held: Group },
    /// A process ends and starts again.
    Restart { node: u8 },
    /// The disk of the beginning is put back, and the process starts on it.
    PutBack { node: u8 },
    /// Everybody reaches everybody, and a refused member is handed a checkpoint.
    Heal { node: u8 },
}

/// The model at the grain of the steps.
#[derive(Clone)]
pub struct Coarse {
    pub fleet: Fleet<3>,
}

pub fn has(group: Group, node: u8) -> bool {
    group >> node & 1 == 1
}

pub fn nodes(group: Group) -> impl Iterator<Item = u8> {
    (0..NODES).filter(move |node| has(group, *node))
}

pub fn newest_leader(state: &State<3>) -> Option<u8> {
    let leaders = state.boots().filter(|(_, process)| process.role == Role::Leader);
    leaders.max_by_key(|(_, process)| process.memory.term).map(|(who, _)| who.node)
}

fn newest(node: u8) -> Who {
    Who { node, old: false }
}

fn term_of(state: &State<3>, node: u8) -> u8 {
    state.process(newest(node)).expect("a process").memory.term
}

fn role(state: &State<3>, node: u8) -> Role {
    state.process(newest(node)).expect("a process").role
}

/// A state under way, and every step of the model that led to it.
struct Walk<'a> {
    fleet: &'a Fleet<3>,
    state: State<3>,
}

impl Walk<'_> {
    /// Takes a step that the model offers; gives whether it does.
    fn take(&mut self, action: Action) -> bool {
        let mut offered = Vec::new();
        self.fleet.actions(&self.state, &mut offered);
        if !offered.contains(&action) {
            return false;
        }
        match self.fleet.next_state(&self.state, action) {
            Some(next) => {
                self.state = next;
                true
            }
            None => false,
        }
    }

    fn keep(&mut self, node: u8) {
        self.take(Action::Keep(newest(node)));
    }

    fn elect(&mut self, node: u8, group: Group) -> bool {
        let highest = nodes(group).map(|node| term_of(&self.state, node)).max().unwrap_or(0);
        while term_of(&self.state, node) <= highest {
            if !self.take(Action::Campaign(newest(node), term_of(&self.state, node) + 1)) {
                return false;
            }
            self.keep(node);
        }
        let term = term_of(&self.state, node);
        for voter in nodes(group).filter(|voter| *voter != node) {
            if self.take(Action::Vote(newest(voter), term, node)) {
                self.keep(voter);
            }
        }
        self.take(Action::Lead(newest(node))) && {
            self.keep(node);
            self.settle(node, group, 0);
            true
        }
    }

    /// Everything that a leader has to say reaches the others and comes back, but what would need a held anchor.
    fn settle(&mut self, leader: u8, group: Group, held: Group) {
        let process = *self.state.process(newest(leader)).expect("a process");
        let (term, len) = (process.memory.term, process.memory.log.len());
        if !has(held, leader) {
            self.keep(leader);
        }
        for node in nodes(group).filter(|node| *node != leader) {
            // What contradicts is cut off first, then comes the rest.
            while self.take(Action::Append(newest(node), term, len)) && !has(held, node) {
                self.keep(node);
            }
        }
        for upto in (1..=len).rev() {
            self.take(Action::Commit(newest(leader), upto));
        }
        for node in nodes(group) {
            self.take(Action::Apply(newest(node)));
        }
    }

    fn spend(&mut self, opener: u8, attempt: u8, group: Group, held: Group) -> bool {
        let Some(leader) = newest_leader(&self.state).filter(|leader| has(group, *leader)) else {
            return false;
        };
        // A leader that hears of a newer term steps down.
        if nodes(group).any(|node| term_of(&self.state, node) > term_of(&self.state, leader)) {
            return false;
        }
        self.settle(leader, group, 0);
        // What a read of the opener's own tree denies leaves no entry.
        let applied =
            self.state.decided.prefix(self.state.process(newest(opener)).expect("a process").applied);
        if Vault::after(&applied, BOUNDS.budget, true).0.is_erased() {
            return false;
        }
        if !self.take(Action::Propose(newest(leader), Asked::Attempt { attempt, opener })) {
            return false;
        }
        self.settle(leader, group, held);
        for node in nodes(held) {
            self.take(Action::Restart(node, FoundDisk::Ahead));
            self.take(Action::Restart(node, FoundDisk::Durable));
        }
        // Who got no answer asks no more, and its node forgets.
        let waits = self.state.process(newest(opener)).is_some_and(|process| process.open != 0);
        if waits {
            self.take(Action::Restart(opener, FoundDisk::Durable));
        }
        true
    }

    fn heal(&mut self, node: u8) -> bool {
        let Some(leader) = newest_leader(&self.state) else { return false };
        if role(&self.state, node) != Role::Refused {
            return false;
        }
        self.settle(leader, 0b111, 0);
        let upto = self.state.process(newest(leader)).expect("a process").applied;
        let healed = self.take(Action::HandOver { to: node, from: leader, upto });
        self.keep(node);
        self.settle(leader, 0b111, 0);
        for third in (0..NODES).filter(|third| *third != leader && *third != node) {
            self.take(Action::Restart(third, FoundDisk::Durable));
        }
        healed && role(&self.state, node) == Role::Follower
    }
}

impl Coarse {
    pub fn taken(&self, state: &State<3>, step: Step) -> Option<State<3>> {
        let mut walk = Walk { fleet: &self.fleet, state: *state };
        let happened = match step {
            Step::Elect { node, group } => walk.elect(node, group),
            Step::Spend { opener, attempt, group, held } => walk.spend(opener, attempt, group, held),
            Step::Restart { node } => walk.take(Action::Restart(node, FoundDisk::Durable)),
            Step::PutBack { node } => walk.take(Action::Restart(node, FoundDisk::Founding)),
            Step::Heal { node } => walk.heal(node),
        };
        happened.then_some(walk.state)
    }

    /// Steps that make sense for whoever is refused, leads, or neither.
    pub fn steps(&self, state: &State<3>) -> Vec<Step> {
        let mut steps = Vec::new();
        // A refused member that reaches a leader is healed at once; that is a step of its own.
        let refused = |group: Group| nodes(group).any(|node| role(state, node) == Role::Refused);
        let groups = [0b011, 0b101, 0b110, 0b111].into_iter().filter(|group| !refused(*group));
        let groups: Vec<Group> = groups.collect();
        for node in 0..NODES {
            let role = role(state, node);
            if role == Role::Refused {
                steps.push(Step::Heal { node });
                continue;
            }
            steps.extend([Step::Restart { node }, Step::PutBack { node }]);
            for group in groups.iter().copied().filter(|group| has(*group, node)) {
                if role != Role::Leader {
                    steps.push(Step::Elect { node, group });
                }
                // A new attempt bears the lowest number that is free.
                for attempt in 0..BOUNDS.attempts.min(asked(state) + 1) {
                    let held = (0..8).filter(|held| held & !group == 0);
                    steps.extend(held.map(|held| Step::Spend { opener: node, attempt, group, held }));
                }
            }
        }
        steps
    }
}

impl Model for Coarse {
    type State = State<3>;
    type Action = Step;

    fn init_states(&self) -> Vec<State<3>> {
        self.fleet.init_states()
    }

    fn actions(&self, state: &State<3>, actions: &mut Vec<Step>) {
        actions.extend(self.steps(state));
    }

    fn next_state(&self, state: &State<3>, step: Step) -> Option<State<3>> {
        self.taken(state, step).filter(|next| next != state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::sometimes(ANSWERED_AND_PUT_BACK, |_, state: &State<3>| {
                state.answered != 0 && state.put_back != 0
            }),
            Property::sometimes(SPENT_UNANSWERED, |_, state: &State<3>| {
                state.answered == 0 && spends(state) > 0
            }),
            Property::sometimes(DECIDED_OTHERWISE, |_, state: &State<3>| is_decided_otherwise(state)),
            Property::sometimes(ERASED, |_, state: &State<3>| {
                Vault::after(&state.decided, BOUNDS.budget, true).0.is_erased()
            }),
        ]
    }
}

/// What the checker looks for a way to.
pub const WAYS: [&str; 4] = [ANSWERED_AND_PUT_BACK, SPENT_UNANSWERED, DECIDED_OTHERWISE, ERASED];
const ANSWERED_AND_PUT_BACK: &str = "a guess was answered, and a disk put back";
const SPENT_UNANSWERED: &str = "a guess is spent, and nobody was answered";
const DECIDED_OTHERWISE: &str = "a member holds an entry in whose place another was decided";
const ERASED: &str = "a slot is erased";

/// One more than the highest attempt that stands in any log.
fn asked(state: &State<3>) -> u8 {
    let logs = state.nodes.iter().map(|node| &node.anchor.log).chain([&state.decided]);
    let attempts = logs.flat_map(|log| log.iter()).filter_map(|entry| match entry.content() {
        Content::Spend { attempt, .. } => Some(attempt + 1),
        _ => None,
    });
    attempts.max().unwrap_or(0)
}

fn spends(state: &State<3>) -> usize {
    state.decided.iter().filter(|entry| matches!(entry.content(), Content::Spend { .. })).count()
}

fn is_decided_otherwise(state: &State<3>) -> bool {
    let decided = &state.decided;
    state.nodes.iter().any(|node| {
        let log = &node.anchor.log;
        log.common(decided) < log.len().min(decided.len())
    })
}
