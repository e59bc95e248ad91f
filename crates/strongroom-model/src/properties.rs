//! What must hold in every state, and what must be possible.

use crate::{
    bounds::Bounds,
    fleet::Fleet,
    mutation::Mutation,
    rules::Vault,
    state::{Head, Role, State, bit, count, is_majority},
};
use stateright::Property;

/// Guesses answered since the last success stay within the budget (G1).
pub const BUDGET: &str = "guesses answered stay within the budget";
/// A retry of an attempt takes no second guess.
pub const RETRY: &str = "a retry of an attempt costs nothing";
/// No term has two leaders.
pub const LEADERS: &str = "a term has one leader";
/// What two members have applied agrees.
pub const AGREEMENT: &str = "applied logs agree";
/// Whoever leads the newest term holds everything that was applied, so everything that was acknowledged.
pub const COMPLETENESS: &str = "the newest leader holds what was acknowledged";
/// As long as a majority was not put back, it can elect a leader that holds what was acknowledged.
pub const DURABILITY: &str = "a majority that was not put back can go on";
/// No member is refused unless its disk was put back.
pub const HONESTY: &str = "an honest host's member is not refused";
/// A guess can be answered.
pub const ANSWERED: &str = "a guess is answered";
/// A second leader can follow on the first.
pub const SECOND_TERM: &str = "a second leader commits";
/// A refused member can take a checkpoint.
pub const HEALING: &str = "a refused member takes a checkpoint";
/// A success can be acknowledged.
pub const SUCCEEDED: &str = "a success is acknowledged";
/// A slot can be erased.
pub const ERASED: &str = "a slot is erased";
/// A boot can meet an anchor that a newer one has taken over.
pub const SUPERSEDED: &str = "an old boot has a batch on its way";

/// What must hold, and what must be possible within the bounds.
pub(crate) fn all<const N: usize>(bounds: &Bounds) -> Vec<Property<Fleet<N>>> {
    let mut all = always();
    all.extend(sometimes(bounds));
    all
}

fn sometimes<const N: usize>(bounds: &Bounds) -> Vec<Property<Fleet<N>>> {
    let mut all = Vec::new();
    if bounds.entries > 1 {
        all.push(Property::sometimes(ANSWERED, |_, state: &State<N>| state.answered != 0));
    }
    if bounds.terms > 1 {
        all.push(Property::sometimes(SECOND_TERM, |_, state: &State<N>| second_term(state)));
    }
    if bounds.put_back_at_once > 0 {
        all.push(Property::sometimes(HEALING, |_, state: &State<N>| healing(state)));
    }
    if bounds.successes {
        all.push(Property::sometimes(SUCCEEDED, |_, state: &State<N>| state.succeeded));
    }
    if bounds.attempts > bounds.budget && bounds.entries > bounds.budget + 1 {
        all.push(Property::sometimes(ERASED, |fleet, state: &State<N>| vault(fleet, state).is_erased()));
    }
    if bounds.second_boots {
        all.push(Property::sometimes(SUPERSEDED, |_, state: &State<N>| superseded(state)));
    }
    all
}

fn second_term<const N: usize>(state: &State<N>) -> bool {
    state.terms.get(1).is_some_and(|term| term.said.committed > 0)
}

fn healing<const N: usize>(state: &State<N>) -> bool {
    state.boots().any(|(_, process)| process.role == Role::Refused && !process.is_idle())
}

fn superseded<const N: usize>(state: &State<N>) -> bool {
    state.old_boot.is_some_and(|old| !old.process.is_idle())
}

fn always<const N: usize>() -> Vec<Property<Fleet<N>>> {
    vec![
        Property::always(BUDGET, budget),
        Property::always(RETRY, retry),
        Property::always(LEADERS, |_, state: &State<N>| leaders(state)),
        Property::always(AGREEMENT, |_, state: &State<N>| agreement(state)),
        Property::always(COMPLETENESS, |_, state: &State<N>| completeness(state)),
        Property::always(DURABILITY, |_, state: &State<N>| durability(state)),
        Property::always(HONESTY, |_, state: &State<N>| honesty(state)),
    ]
}

fn vault<const N: usize>(fleet: &Fleet<N>, state: &State<N>) -> Vault {
    Vault::after(&state.decided, fleet.bounds.budget, !fleet.has(Mutation::NoAttemptIds)).0
}

fn budget<const N: usize>(fleet: &Fleet<N>, state: &State<N>) -> bool {
    let answered = state.answered & !vault(fleet, state).forgiven();
    answered.count_ones() <= u32::from(fleet.bounds.budget)
}

fn retry<const N: usize>(fleet: &Fleet<N>, state: &State<N>) -> bool {
    let vault = vault(fleet, state);
    u32::from(vault.taken()) == vault.attempts_open()
}

fn leaders<const N: usize>(state: &State<N>) -> bool {
    state.terms.iter().all(|term| count(term.led) <= 1)
}

fn agreement<const N: usize>(state: &State<N>) -> bool {
    state.boots().all(|(_, process)| {
        let log = &process.memory.log;
        log.len() >= process.applied && state.decided.holds(&log.prefix(process.applied))
    })
}

fn completeness<const N: usize>(state: &State<N>) -> bool {
    let newest = state.terms.iter().rposition(|term| term.led != 0).map_or(0, |at| at + 1);
    state.boots().all(|(_, process)| {
        let leads_newest = process.role == Role::Leader && usize::from(process.memory.term) == newest;
        !leads_newest || process.memory.log.holds(&state.decided)
    })
}

/// What a member's next boot finds, if it takes part.
fn lasts<const N: usize>(state: &State<N>, node: u8) -> Option<&Head> {
    let of = state.nodes.get(usize::from(node))?;
    (of.process.role != Role::Refused).then_some(&of.anchor)
}

fn durability<const N: usize>(state: &State<N>) -> bool {
    let whole = (0_u8..).take(N).filter(|node| state.put_back & bit(*node) == 0).count();
    if !is_majority::<N>(whole) {
        return true;
    }
    let heads: Vec<&Head> = (0_u8..).take(N).filter_map(|node| lasts(state, node)).collect();
    heads.iter().any(|candidate| {
        let voters = heads.iter().filter(|head| candidate.log.last() >= head.log.last()).count();
        candidate.log.holds(&state.decided) && is_majority::<N>(voters)
    })
}

fn honesty<const N: usize>(state: &State<N>) -> bool {
    (0_u8..)
        .zip(&state.nodes)
        .all(|(node, of)| of.process.role != Role::Refused || state.put_back & bit(node) != 0)
}
