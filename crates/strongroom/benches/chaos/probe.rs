//! Asks nodes that cannot reach a majority, which must not answer.

use super::{
    act::{Order, Wish},
    dice::Dice,
    load::Load,
};
use std::{
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How long an operation of a probe may take.
const DEADLINE: Duration = Duration::from_millis(1500);

/// A thread that asks until it is told that a majority can be reached again.
pub struct Probe {
    lifted: Arc<Mutex<Option<Instant>>>,
    thread: JoinHandle<usize>,
}

impl Probe {
    /// Begins to ask those nodes, in whose reach there is no majority from now on.
    pub fn begin(load: &Arc<Load>, nodes: Vec<usize>, seed: u64) -> Self {
        let lifted: Arc<Mutex<Option<Instant>>> = Arc::default();
        let (load, until) = (load.clone(), lifted.clone());
        let thread = thread::spawn(move || ask(&load, &nodes, seed, &until));
        Self { lifted, thread }
    }

    /// A majority is about to be in reach. Gives how many questions stayed without an answer.
    pub fn end(self, load: &Load) -> usize {
        *self.lifted.lock().unwrap() = Some(Instant::now());
        self.thread.join().unwrap_or_else(|_| {
            load.journal.violation("a probe panicked");
            0
        })
    }
}

fn ask(load: &Load, nodes: &[usize], seed: u64, lifted: &Mutex<Option<Instant>>) -> usize {
    let mut dice = Dice::of(seed, 1);
    let client = Arc::new(load.dialler.client("probe", nodes, Some(DEADLINE)));
    let mut unanswered = 0;
    while lifted.lock().unwrap().is_none() {
        let Some(mut case) = load.lease(&mut dice) else { break };
        if case.is_to_be_erased {
            load.put_back(case);
            continue;
        }
        let wish = dice.weighted(&[(Wish::Status, 2), (Wish::Guess, 2), (Wish::Recover, 2)]);
        let order = Order::of(&mut case, wish, dice.number());
        let done = load.carry_out(order, &client);
        let was_lifted = lifted.lock().unwrap().is_some_and(|lifted| lifted <= done.account.ended);
        if done.is_answered && !was_lifted {
            let what = format!(
                "{} was answered by {:?}, which reach no majority: {}",
                wish.name(),
                nodes.iter().map(|node| format!("node-{}", node + 1)).collect::<Vec<_>>(),
                done.words
            );
            load.journal.violation_at(what, &case.lines);
        }
        unanswered += usize::from(!done.is_answered);
        // What goes wrong is in the journal.
        let _ = load.take_in(&mut case, vec![done]);
        load.put_back(case);
    }
    unanswered
}
