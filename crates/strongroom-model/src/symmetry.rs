//! States that differ in the members' numbers only are one.
//!
//! The members are put into an order that does not depend on their numbers. Members that this
//! order takes for equal and that are not leave two states where one would do; that costs time,
//! and nothing is overlooked.

use crate::state::{Disk, Head, Members, Node, OldBoot, Process, State, TERMS_MAX, Term, bit};
use std::hash::{DefaultHasher, Hash, Hasher};

/// One state for all that differ in the numbers of the members.
pub(crate) fn representative<const N: usize>(state: &State<N>) -> State<N> {
    let mut order: [(u64, u8); N] = [(0, 0); N];
    for (node, place) in (0_u8..).zip(&mut order) {
        *place = (aspect(state, node), node);
    }
    order.sort_unstable();
    if (0_u8..).zip(&order).all(|(number, place)| place.1 == number) {
        return *state;
    }
    let mut numbers = [0_u8; N];
    for (number, (_, node)) in (0_u8..).zip(order) {
        if let Some(place) = numbers.get_mut(usize::from(node)) {
            *place = number;
        }
    }
    renumbered(state, &numbers)
}

/// What there is to a member, whatever its number.
fn aspect<const N: usize>(state: &State<N>, node: u8) -> u64 {
    let mut hasher = DefaultHasher::new();
    let seen = |other: u8| u8::from(other != node);
    if let Some(of) = state.nodes.get(usize::from(node)) {
        of.seen_by(node, seen).hash(&mut hasher);
    }
    for term in &state.terms {
        let at = usize::from(node);
        (term.asked.get(at), term.votes.get(at).map(|votes| votes.count_ones())).hash(&mut hasher);
        (term.acknowledged.get(at), term.led & bit(node) != 0).hash(&mut hasher);
        term.votes.iter().filter(|votes| **votes & bit(node) != 0).count().hash(&mut hasher);
        term.said.log.renumbered(seen).hash(&mut hasher);
    }
    state.old_boot.is_some_and(|old| old.node == node).hash(&mut hasher);
    state.copy.is_some_and(|(of, _)| of == node).hash(&mut hasher);
    (state.put_back & bit(node) != 0).hash(&mut hasher);
    hasher.finish()
}

fn renumbered<const N: usize>(state: &State<N>, numbers: &[u8; N]) -> State<N> {
    let number = |node: u8| numbers.get(usize::from(node)).copied().unwrap_or(node);
    let mut next = *state;
    for (node, of) in (0_u8..).zip(&state.nodes) {
        if let Some(place) = next.nodes.get_mut(usize::from(number(node))) {
            *place = of.renumbered(number);
        }
    }
    for at in 0..TERMS_MAX {
        if let (Some(place), Some(term)) = (next.terms.get_mut(at), state.terms.get(at)) {
            *place = term.renumbered(number);
        }
    }
    next.old_boot =
        state.old_boot.map(|old| OldBoot { node: number(old.node), process: old.process.renumbered(number) });
    next.copy = state.copy.map(|(node, disk)| (number(node), disk.renumbered(number)));
    next.put_back = members(state.put_back, number);
    next.decided = state.decided.renumbered(number);
    next
}

fn members(of: Members, number: impl Fn(u8) -> u8) -> Members {
    (0..8).filter(|node| of & bit(*node) != 0).fold(0, |all, node| all | bit(number(node)))
}

impl Head {
    fn renumbered(&self, number: impl Fn(u8) -> u8) -> Self {
        let vote = self.vote.checked_sub(1).map_or(0, |node| number(node) + 1);
        Self { vote, log: self.log.renumbered(number), ..*self }
    }
}

impl Disk {
    fn renumbered(&self, number: impl Fn(u8) -> u8 + Copy) -> Self {
        Self {
            head: self.head.renumbered(number),
            before: self.before.renumbered(number),
            log: self.log.renumbered(number),
        }
    }
}

impl Process {
    fn renumbered(&self, number: impl Fn(u8) -> u8 + Copy) -> Self {
        Self { kept: self.kept.renumbered(number), memory: self.memory.renumbered(number), ..*self }
    }
}

impl Node {
    fn renumbered(&self, number: impl Fn(u8) -> u8 + Copy) -> Self {
        Self {
            disk: self.disk.renumbered(number),
            anchor: self.anchor.renumbered(number),
            process: self.process.renumbered(number),
        }
    }

    fn seen_by(&self, _node: u8, seen: impl Fn(u8) -> u8 + Copy) -> Self {
        self.renumbered(seen)
    }
}

impl<const N: usize> Term<N> {
    fn renumbered(&self, number: impl Fn(u8) -> u8 + Copy) -> Self {
        let mut next = *self;
        for node in (0_u8..).take(N) {
            let (from, to) = (usize::from(node), usize::from(number(node)));
            if let (Some(place), Some(asked)) = (next.asked.get_mut(to), self.asked.get(from)) {
                *place = *asked;
            }
            if let (Some(place), Some(votes)) = (next.votes.get_mut(to), self.votes.get(from)) {
                *place = members(*votes, number);
            }
            if let (Some(place), Some(index)) = (next.acknowledged.get_mut(to), self.acknowledged.get(from)) {
                *place = *index;
            }
        }
        next.led = members(self.led, number);
        next.said.log = self.said.log.renumbered(number);
        next
    }
}
