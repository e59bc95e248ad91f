//! The end: every vault is opened, by clients that have nothing to do with how it was made.

use super::{
    act::{Order, Wish},
    case::Case,
    fleet::NODES,
    load::Load,
    model::Standing,
};
use std::{
    sync::{Arc, Mutex},
    thread,
};
use strongroom_client::Client;

/// Threads that open vaults.
const THREADS: usize = 6;
/// How often a vault is tried before it counts as lost.
const TRIES: usize = 3;

/// What became of the vaults.
#[derive(Default, Clone, Copy)]
pub struct Vaults {
    pub open: usize,
    pub guesses_used_up: usize,
    pub erased_by_owner: usize,
    /// Those that do not open, and those of which something was told before that cannot be.
    pub broken: usize,
}

/// Opens every vault.
pub fn audit(load: &Arc<Load>) -> Vaults {
    let mut cases = std::mem::take(&mut *load.cases.lock().unwrap());
    cases.append(&mut load.resting.lock().unwrap());
    let (cases, vaults) = (Arc::new(Mutex::new(cases)), Arc::new(Mutex::new(Vaults::default())));
    let open = |number: usize| {
        let (load, cases, vaults) = (load.clone(), cases.clone(), vaults.clone());
        thread::spawn(move || {
            let client =
                Arc::new(load.dialler.client(&format!("auditor {number}"), &nodes_from(number), None));
            loop {
                let Some(mut case) = cases.lock().unwrap().pop() else { break };
                let found = look(&load, &mut case, &client);
                vaults.lock().unwrap().count(found);
            }
        })
    };
    for thread in (0..THREADS).map(open).collect::<Vec<_>>() {
        if thread.join().is_err() {
            load.journal.violation("an auditing thread panicked");
        }
    }
    let vaults = *vaults.lock().unwrap();
    vaults
}

impl Vaults {
    fn count(&mut self, found: Option<Standing>) {
        match found {
            Some(Standing::Live) => self.open += 1,
            Some(Standing::SlotErased) => self.guesses_used_up += 1,
            Some(Standing::Gone) => self.erased_by_owner += 1,
            None => self.broken += 1,
        }
    }
}

fn nodes_from(number: usize) -> Vec<usize> {
    (0..NODES).map(|node| (node + number) % NODES).collect()
}

/// Looks how one vault stands; what it says must agree with all that was told of it before. None where
/// that cannot be.
fn look(load: &Load, case: &mut Case, client: &Arc<Client>) -> Option<Standing> {
    if case.is_broken {
        return None;
    }
    if case.is_to_be_erased {
        settle(load, case, client, Wish::Erase)?;
    }
    settle(load, case, client, Wish::Status)?;
    for password in case.possible_passwords() {
        let order = Order::with_password(case, Wish::Recover, password, 0);
        let done = load.carry_out(order, client);
        let outcome = done.outcome;
        load.take_in(case, vec![done]).ok()?;
        match outcome {
            "opened" => return Some(Standing::Live),
            "erased" => break,
            _ => {}
        }
    }
    let found = [Standing::SlotErased, Standing::Gone].into_iter().find(|standing| case.surely(*standing));
    if found.is_none() {
        load.journal.violation_at(format!("vault {} does not open any more", case.number), &case.lines);
    }
    found
}

/// Does something until it is acknowledged; none where it is not, or where the answer cannot be.
fn settle(load: &Load, case: &mut Case, client: &Arc<Client>, wish: Wish) -> Option<()> {
    for _ in 0..TRIES {
        let order = Order::of(case, wish, 0);
        let done = load.carry_out(order, client);
        let is_answered = done.is_answered;
        load.take_in(case, vec![done]).ok()?;
        if is_answered {
            return Some(());
        }
    }
    let what = format!("vault {}: {} is not answered, with all nodes there", case.number, wish.name());
    load.journal.violation_at(what, &case.lines);
    None
}
