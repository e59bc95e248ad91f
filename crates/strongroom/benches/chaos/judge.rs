//! Whether what several clients were told, at the same time or one after the other, can have happened in any order.

use super::model::{State, Step, closure};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

/// States that are looked at for one vault; with more of them, too much is uncertain to say anything.
pub const STATES_MAX: usize = 2_000;

/// What a client did and was told, in steps; where the same answer can come about in several ways, each of them.
#[derive(Debug, Clone)]
pub struct Account {
    pub begun: Instant,
    pub ended: Instant,
    pub ways: Vec<Vec<Step>>,
}

/// The states that agree with all accounts in some order; none where no order explains them.
pub fn judge(states: &BTreeSet<State>, accounts: &[Account]) -> BTreeSet<State> {
    let mut all = BTreeSet::new();
    for ways in combinations(accounts) {
        all.extend(interleave(states, accounts, &ways));
    }
    all.into_iter().map(State::settled).collect()
}

/// One way of each account, in every combination.
fn combinations<'a>(accounts: &'a [Account]) -> Vec<Vec<&'a [Step]>> {
    accounts.iter().fold(vec![Vec::new()], |made, account| {
        let with = |before: &Vec<&'a [Step]>, way: &'a [Step]| [before.as_slice(), &[way]].concat();
        made.iter().flat_map(|before| account.ways.iter().map(move |way| with(before, way))).collect()
    })
}

/// Goes through all orders of the steps at once: for each set of steps done, the states that it may have led to.
fn interleave(states: &BTreeSet<State>, accounts: &[Account], ways: &[&[Step]]) -> BTreeSet<State> {
    let total: usize = ways.iter().map(|way| way.len()).sum();
    let mut reached = BTreeMap::from([(vec![0_usize; ways.len()], states.clone())]);
    for _ in 0..total {
        let mut further: BTreeMap<Vec<usize>, BTreeSet<State>> = BTreeMap::new();
        for (done, states) in &reached {
            let states = closure(states);
            for (at, way) in ways.iter().enumerate() {
                let Some(step) = way.get(done[at]).filter(|_| may_begin(accounts, ways, done, at)) else {
                    continue;
                };
                let mut next = done.clone();
                next[at] += 1;
                let after = states.iter().filter_map(|state| state.after(step));
                further.entry(next).or_default().extend(after);
            }
        }
        further.retain(|_, states| !states.is_empty());
        reached = further;
    }
    reached.into_values().flatten().collect()
}

/// Nothing begins before what had ended by then is done.
fn may_begin(accounts: &[Account], ways: &[&[Step]], done: &[usize], at: usize) -> bool {
    let is_done = |other: usize| done[other] == ways[other].len();
    done[at] > 0 || (0..ways.len()).all(|other| accounts[other].ended >= accounts[at].begun || is_done(other))
}
