//! Searches a smaller plan that still fails: fewer nodes, clients, operations, faults, less time.
//!
//! It goes through the parts of a plan, the coarse ones first, and keeps what is changed wherever the same
//! checker still objects.

use crate::{
    fault::Fault,
    plan::{Change, Plan},
    run::Report,
};

/// Times that all parts are gone through at most.
const ROUNDS_MAX: u32 = 6;

/// Shrinks the plan of a seed; `play` plays one, `tell` hears of each step forward.
pub fn shrink(
    plan: &Plan,
    first: &Report,
    play: impl Fn(Plan) -> Report,
    mut tell: impl FnMut(&Change),
) -> Vec<Change> {
    let Some(checker) = first.violation.as_ref().map(|violation| violation.checker) else {
        return Vec::new();
    };
    let mut kept: Vec<Change> = Vec::new();
    let mut rounds = 0;
    loop {
        let before = kept.clone();
        for change in candidates(&plan.clone().changed(&kept)) {
            if !makes_smaller(&plan.clone().changed(&kept), &change) {
                continue;
            }
            let mut tried = kept.clone();
            tried.push(change.clone());
            let report = play(plan.clone().changed(&tried));
            if report.violation.is_some_and(|violation| violation.checker == checker) {
                tell(&change);
                kept = simplified(tried);
            }
        }
        rounds += 1;
        if kept == before || rounds >= ROUNDS_MAX {
            return kept;
        }
    }
}

/// What could be smaller.
fn candidates(plan: &Plan) -> Vec<Change> {
    let mut candidates = Vec::new();
    if plan.nodes > 3 {
        candidates.push(Change::Nodes(plan.nodes - 2));
    }
    for fault in Fault::ALL {
        if plan.rate(*fault) > 0 {
            candidates.push(Change::Rate(*fault, 0));
        }
    }
    for share in [4u16, 2] {
        candidates.push(Change::Clients((plan.clients / share).max(1)));
        candidates.push(Change::Operations(plan.operations / u32::from(share)));
        candidates.push(Change::Vaults((plan.vaults_max / u32::from(share)).max(1)));
        candidates.push(Change::Chaos(plan.chaos_ticks / u64::from(share)));
    }
    for mischief in [1, 2, 3, 5, 8, 13, 21] {
        if mischief < plan.mischief_max {
            candidates.push(Change::Mischief(mischief));
        }
    }
    candidates
}

/// Whether a change leaves less of a plan.
fn makes_smaller(plan: &Plan, change: &Change) -> bool {
    match change {
        Change::Nodes(number) => *number < plan.nodes,
        Change::Clients(number) => *number < plan.clients,
        Change::Operations(number) => *number < plan.operations,
        Change::Vaults(number) => *number < plan.vaults_max,
        Change::Chaos(ticks) => *ticks < plan.chaos_ticks,
        Change::Mischief(number) => *number < plan.mischief_max,
        Change::Rate(fault, rate) => *rate < plan.rate(*fault),
        _ => false,
    }
}

/// Of several changes of one part only the last counts.
fn simplified(changes: Vec<Change>) -> Vec<Change> {
    let part = |change: &Change| change.to_string().split('=').next().unwrap_or_default().to_owned();
    let mut simple: Vec<Change> = Vec::new();
    for change in changes {
        simple.retain(|earlier| part(earlier) != part(&change));
        simple.push(change);
    }
    simple
}
