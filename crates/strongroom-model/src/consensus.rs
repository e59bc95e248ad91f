//! Elections, appends, commits: what raft-rs does between two batches.

use crate::{
    action::Asked,
    fleet::Fleet,
    log::{ATTEMPTS_MAX, Content, Entry, Log},
    mutation::Mutation,
    rules::{Vault, Verdict},
    state::{Process, Role, State, Who, bit, is_majority},
};

impl<const N: usize> Fleet<N> {
    /// `raft::RawNode::tick`, when no leader was heard of for long; the pre-vote round is left out.
    pub(crate) fn campaign(&self, state: &mut State<N>, who: Who, term: u8) -> Option<()> {
        let process = state.process_mut(who)?;
        process.role = Role::Candidate;
        process.memory.term = term;
        process.memory.vote = who.node + 1;
        self.changed(state, who)
    }

    /// `raft::RawNode::step` of a vote request: one vote a term, and for no log that is behind.
    pub(crate) fn vote(&self, state: &mut State<N>, who: Who, term: u8, candidate: u8) -> Option<()> {
        let asked = *state.term(term)?.asked.get(usize::from(candidate))?;
        let process = state.process_mut(who)?;
        let (last_term, last) = process.memory.log.last();
        if asked < (last_term + 1, last + 1) {
            return None;
        }
        if term > process.memory.term {
            process.memory.term = term;
            process.memory.vote = 0;
            step_down(process);
        }
        if process.memory.vote != 0 && process.memory.vote != candidate + 1 {
            return None;
        }
        process.memory.vote = candidate + 1;
        self.changed(state, who)
    }

    /// `raft` becomes leader: its term begins with an empty entry, which goes to the others at once.
    pub(crate) fn lead(&self, state: &mut State<N>, who: Who) -> Option<()> {
        let process = state.process_mut(who)?;
        process.role = Role::Leader;
        let term = process.memory.term;
        process.memory.log.push(Entry::new(term, Content::Empty));
        state.term_mut(term)?.led |= bit(who.node);
        self.say(state, who)?;
        self.changed(state, who)
    }

    /// `Member::on_propose` and `Replica::propose`; the opener's `Requests` remember it.
    pub(crate) fn propose(&self, state: &mut State<N>, who: Who, asked: Asked) -> Option<()> {
        let opener = Who { node: asked.opener(), old: who.old && asked.opener() == who.node };
        let waiting = state.process_mut(opener)?;
        if waiting.role == Role::Refused {
            return None;
        }
        waiting.open |= request_bit(asked);
        let leader = state.process_mut(who)?;
        let entry = Entry::new(leader.memory.term, asked.content());
        leader.memory.log.push(entry);
        let log = leader.memory.log;
        self.say(state, who)?;
        if self.has(Mutation::AnswerBeforeCommit) {
            self.answer(state, opener, &log)?;
        }
        self.changed(state, who)
    }

    /// `Replica::receive` of an append: entries that contradict it are cut off, in a batch of their own.
    pub(crate) fn append(&self, state: &mut State<N>, who: Who, term: u8, upto: u8) -> Option<()> {
        let appended = state.term(term)?.said.log.prefix(upto);
        let process = state.process_mut(who)?;
        if process.role == Role::Leader && process.memory.term == term {
            return None;
        }
        if term > process.memory.term {
            process.memory.term = term;
            process.memory.vote = 0;
        }
        step_down(process);
        let memory = &mut process.memory;
        if !memory.log.holds(&appended) {
            let common = memory.log.common(&appended);
            let is_cut = common < memory.log.len() && !self.has(Mutation::CutIsLostAtOnce);
            memory.log = if is_cut { memory.log.prefix(common) } else { appended };
        }
        self.changed(state, who)
    }

    /// `raft` counts acknowledgements, its own copy by the same rule, and `Replica::apply_round` applies.
    pub(crate) fn commit(&self, state: &mut State<N>, who: Who, upto: u8) -> Option<()> {
        let process = *state.process(who)?;
        let term = process.memory.term;
        let own = if self.has(Mutation::LeaderCountsItselfEarly) { process.memory } else { process.kept };
        let said = state.term(term)?;
        let others = said.acknowledged.iter().enumerate();
        let others = others.filter(|(node, index)| *node != usize::from(who.node) && **index >= upto).count();
        let counted = others + usize::from(own.log.len() >= upto);
        if process.memory.log.term_at(upto) != term || !is_majority::<N>(counted) {
            return None;
        }
        let said = &mut state.term_mut(term)?.said;
        said.committed = said.committed.max(upto);
        self.apply_upto(state, who, upto.min(own.log.len()))
    }

    /// A member learns what is committed and applies what it holds durably itself.
    pub(crate) fn follow(&self, state: &mut State<N>, who: Who) -> Option<()> {
        let process = *state.process(who)?;
        let said = &state.term(process.memory.term)?.said;
        let held = process.kept.log.common(&said.log);
        let upto = if self.has(Mutation::AnswerBeforeMajority) { held } else { held.min(said.committed) };
        self.apply_upto(state, who, upto)
    }

    fn apply_upto(&self, state: &mut State<N>, who: Who, upto: u8) -> Option<()> {
        let process = *state.process(who)?;
        let log = process.kept.log;
        let log = if log.len() < upto { process.memory.log } else { log };
        for applied in process.applied + 1..=upto {
            let log = log.prefix(applied);
            state.process_mut(who)?.applied = applied;
            if log.len() > state.decided.len() {
                state.decided = log;
            }
            self.answer(state, who, &log)?;
        }
        Some(())
    }

    /// `Member::answer_applied`: whoever opened a request answers it, from the entry just applied and nothing else.
    fn answer(&self, state: &mut State<N>, who: Who, log: &Log) -> Option<()> {
        let asked = match log.iter().last()?.content() {
            Content::Spend { attempt, opener } => Asked::Attempt { attempt, opener },
            Content::Success { opener } => Asked::Success { opener },
            Content::Empty => return Some(()),
        };
        let process = state.process_mut(who)?;
        if asked.opener() != who.node || process.open & request_bit(asked) == 0 {
            return Some(());
        }
        process.open &= !request_bit(asked);
        let (_, verdict) = Vault::after(log, self.bounds.budget, !self.has(Mutation::NoAttemptIds));
        match (asked, verdict) {
            (Asked::Attempt { attempt, .. }, Verdict::Answerable) => state.answered |= 1 << attempt,
            (Asked::Success { .. }, Verdict::Succeeded) => state.succeeded = true,
            _ => {}
        }
        Some(())
    }

    /// A leader's messages do not wait for its disk.
    fn say(&self, state: &mut State<N>, who: Who) -> Option<()> {
        let process = *state.process(who)?;
        let said = &mut state.term_mut(process.memory.term)?.said;
        if !said.log.holds(&process.memory.log) {
            said.log = process.memory.log;
        }
        Some(())
    }
}

fn step_down(process: &mut Process) {
    if process.role != Role::Refused {
        process.role = Role::Follower;
    }
}

fn request_bit(asked: Asked) -> u8 {
    match asked {
        Asked::Attempt { attempt, .. } => 1 << attempt,
        Asked::Success { .. } => 1 << ATTEMPTS_MAX,
    }
}
