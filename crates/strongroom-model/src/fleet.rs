//! The model: which steps are open in a state, and what each comes to.

use crate::{
    action::{Action, Asked, FoundDisk},
    bounds::Bounds,
    forget::forget,
    log::{Content, Entry},
    mutation::Mutation,
    properties,
    state::{Role, State, Who, bit, count, is_majority},
    symmetry,
};
use stateright::{Model, Property};

/// A fleet of `N` within bounds.
#[derive(Debug, Clone, Copy)]
pub struct Fleet<const N: usize> {
    /// How much of it is looked at.
    pub bounds: Bounds,
    /// A mistake to be found.
    pub mutation: Option<Mutation>,
    /// Whether states that differ in the members' numbers only are taken for one.
    pub is_reduced: bool,
}

impl<const N: usize> Fleet<N> {
    /// A fleet without a mistake, its members taken as they are.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, mutation: None, is_reduced: false }
    }

    /// The same with the members' numbers taken for nothing.
    #[must_use]
    pub fn reduced(self) -> Self {
        Self { is_reduced: true, ..self }
    }

    /// The same with a mistake.
    #[must_use]
    pub fn with(self, mutation: Mutation) -> Self {
        Self { mutation: Some(mutation), ..self }
    }

    pub(crate) fn has(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    fn nodes() -> impl Iterator<Item = u8> {
        (0_u8..).take(N)
    }

    fn boot_actions(&self, state: &State<N>, who: Who, actions: &mut Vec<Action>) {
        let Some(process) = state.process(who) else { return };
        if process.is_idle() {
            let may_vote = process.role != Role::Refused || self.has(Mutation::RefusedVotes);
            let may_append = process.role != Role::Refused || self.has(Mutation::RefusedAcknowledges);
            if may_vote && process.role != Role::Leader {
                let next = process.memory.term + 1;
                actions.extend((next <= self.bounds.terms).then_some(Action::Campaign(who, next)));
            }
            for term in process.memory.term.max(1)..=self.bounds.terms {
                if may_vote {
                    self.vote_actions(state, who, term, actions);
                }
                if may_append {
                    append_actions(state, who, term, actions);
                }
            }
        } else {
            actions.push(Action::Keep(who));
        }
        match process.role {
            Role::Candidate if process.is_idle() => self.lead_action(state, who, actions),
            Role::Leader => self.leader_actions(state, who, actions),
            Role::Follower => actions.push(Action::Apply(who)),
            Role::Candidate | Role::Refused => {}
        }
    }

    fn vote_actions(&self, state: &State<N>, who: Who, term: u8, actions: &mut Vec<Action>) {
        let Some(said) = state.term(term) else { return };
        let asked = Self::nodes().zip(said.asked).filter(|(node, asked)| *node != who.node && asked.1 != 0);
        actions.extend(asked.map(|(candidate, _)| Action::Vote(who, term, candidate)));
    }

    fn lead_action(&self, state: &State<N>, who: Who, actions: &mut Vec<Action>) {
        let Some(process) = state.process(who) else { return };
        let votes = state.term(process.memory.term).and_then(|term| term.votes.get(usize::from(who.node)));
        let has_room = process.memory.log.len() < self.bounds.entries;
        if has_room && votes.is_some_and(|votes| is_majority::<N>(count(*votes))) {
            actions.push(Action::Lead(who));
        }
    }

    fn leader_actions(&self, state: &State<N>, who: Who, actions: &mut Vec<Action>) {
        let Some(process) = state.process(who) else { return };
        let len = process.memory.log.len();
        actions.extend((process.applied + 1..=len).map(|upto| Action::Commit(who, upto)));
        if len >= self.bounds.entries {
            return;
        }
        for opener in Self::nodes().filter(|opener| self.bounds.followers_open || *opener == who.node) {
            let attempts = (0..self.bounds.attempts).filter(|attempt| self.is_next(state, *attempt));
            let attempts = attempts.map(|attempt| Asked::Attempt { attempt, opener });
            actions.extend(attempts.map(|asked| Action::Propose(who, asked)));
            if self.bounds.successes && state.answered & 1 != 0 {
                actions.push(Action::Propose(who, Asked::Success { opener }));
            }
        }
    }

    /// Attempts differ in their numbers only, so a new one bears the lowest that is free.
    fn is_next(&self, state: &State<N>, attempt: u8) -> bool {
        let known = |attempt: u8| {
            let logs = state.boots().map(|(_, process)| &process.memory.log);
            let kept = state.nodes.iter().map(|node| &node.anchor.log);
            let said = state.terms.iter().map(|term| &term.said.log);
            let names =
                |entry: Entry| matches!(entry.content(), Content::Spend { attempt: of, .. } if of == attempt);
            let in_logs =
                logs.chain(kept).chain(said).chain([&state.decided]).any(|log| log.iter().any(names));
            in_logs || state.answered & 1 << attempt != 0
        };
        !self.is_reduced || self.bounds.successes || attempt == 0 || known(attempt - 1)
    }

    fn node_actions(&self, state: &State<N>, node: u8, actions: &mut Vec<Action>) {
        let process = state.process(Who { node, old: false });
        actions.push(Action::Restart(node, FoundDisk::Durable));
        if process.is_some_and(|process| !process.is_idle()) {
            actions.push(Action::Restart(node, FoundDisk::Ahead));
        }
        let is_refused = process.is_some_and(|process| process.role == Role::Refused);
        if count(state.put_back | bit(node)) <= usize::from(self.bounds.put_back_at_once) && !is_refused {
            actions.push(Action::Restart(node, FoundDisk::Founding));
            if state.copy.is_some_and(|(of, _)| of == node) {
                actions.push(Action::Restart(node, FoundDisk::Copy));
            }
        }
        if self.bounds.copies && state.copy.is_none() {
            actions.push(Action::Copy(node));
        }
        if self.bounds.second_boots && state.old_boot.is_none() {
            actions.push(Action::SecondBoot(node));
        }
        for from in Self::nodes().filter(|from| *from != node) {
            for upto in 0..=self.bounds.entries {
                actions.push(Action::HandOver { to: node, from, upto });
            }
        }
    }
}

fn append_actions<const N: usize>(state: &State<N>, who: Who, term: u8, actions: &mut Vec<Action>) {
    let Some(said) = state.term(term) else { return };
    if said.led & !bit(who.node) != 0 {
        actions.extend((1..=said.said.log.len()).map(|upto| Action::Append(who, term, upto)));
    }
}

impl<const N: usize> Model for Fleet<N> {
    type State = State<N>;
    type Action = Action;

    fn init_states(&self) -> Vec<State<N>> {
        vec![State::founded()]
    }

    fn actions(&self, state: &State<N>, actions: &mut Vec<Action>) {
        for node in Self::nodes() {
            self.boot_actions(state, Who { node, old: false }, actions);
            self.node_actions(state, node, actions);
        }
        if let Some(old) = state.old_boot {
            self.boot_actions(state, Who { node: old.node, old: true }, actions);
            actions.push(Action::OldBootEnds);
        }
    }

    fn next_state(&self, state: &State<N>, action: Action) -> Option<State<N>> {
        let mut next = *state;
        let happened = match action {
            Action::Campaign(who, term) => self.campaign(&mut next, who, term),
            Action::Vote(who, term, candidate) => self.vote(&mut next, who, term, candidate),
            Action::Lead(who) => self.lead(&mut next, who),
            Action::Propose(who, asked) => self.propose(&mut next, who, asked),
            Action::Append(who, term, upto) => self.append(&mut next, who, term, upto),
            Action::Commit(who, upto) => self.commit(&mut next, who, upto),
            Action::Apply(who) => self.follow(&mut next, who),
            Action::Keep(who) => self.keep(&mut next, who),
            Action::HandOver { to, from, upto } => self.hand_over(&mut next, to, from, upto),
            Action::Restart(node, disk) => self.restart(&mut next, node, disk),
            Action::SecondBoot(node) => self.second_boot(&mut next, node),
            Action::OldBootEnds => next.old_boot.take().map(|_| ()),
            Action::Copy(node) => self.copy(&mut next, node),
        };
        happened?;
        forget(&mut next);
        if next == *state {
            return None;
        }
        Some(if self.is_reduced { symmetry::representative(&next) } else { next })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.bounds)
    }
}
