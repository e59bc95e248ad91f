//! Recoveries that begin at a steady beat, however long those before them take.
//!
//! The client threads wait for what they have begun; while all of them wait, nobody would notice that the fleet
//! answers again. These notice.

use super::{
    act::{Order, Wish},
    dice::Dice,
    journal::Journal,
    load::Load,
};
use std::{
    sync::Arc,
    thread::{self, JoinHandle, sleep},
    time::Duration,
};

/// From one beat to the next.
const BEAT: Duration = Duration::from_millis(250);
/// Beats that may wait for their answer at a time; each ends by itself when the client's patience does.
const BEATS_MAX: usize = 64;

/// Beats until the load is stopped.
pub fn start(load: &Arc<Load>, seed: u64) -> JoinHandle<()> {
    let load = load.clone();
    thread::spawn(move || {
        let mut dice = Dice::of(seed, 2);
        let mut beats: Vec<JoinHandle<()>> = Vec::new();
        while !load.is_stopped() {
            sleep(BEAT);
            let (over, waiting) = beats.into_iter().partition(JoinHandle::is_finished);
            join(over, &load.journal);
            beats = waiting;
            if beats.len() < BEATS_MAX {
                let (load, salt) = (load.clone(), dice.number());
                beats.push(thread::spawn(move || beat(&load, salt)));
            }
        }
        join(beats, &load.journal);
    })
}

/// One recovery by a new client, as on a new device.
fn beat(load: &Arc<Load>, salt: u64) {
    let mut dice = Dice::of(salt, 0);
    let Some(mut case) = load.lease(&mut dice) else { return };
    let wish = if case.is_to_be_erased { Wish::Erase } else { Wish::Recover };
    let order = Order::of(&mut case, wish, salt);
    let client = load.dialler.client_of_all(&format!("pulse {}", salt % 100));
    // What goes wrong is in the journal.
    let _ = load.at_once(&mut case, vec![(order, Arc::new(client))]);
    load.put_back(case);
}

fn join(beats: Vec<JoinHandle<()>>, journal: &Journal) {
    for beat in beats {
        if beat.join().is_err() {
            journal.violation("a client thread panicked");
        }
    }
}
