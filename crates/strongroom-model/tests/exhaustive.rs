//! Every state within the bounds is visited, and none breaks a property.
//!
//! Run with `--nocapture` for the counts that stand in `docs/design/model.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use stateright::{Checker, Model};
use std::time::Instant;
use strongroom_model::{Bounds, Fleet};

const BASE: Bounds = Bounds {
    terms: 1,
    entries: 2,
    attempts: 1,
    budget: 1,
    successes: false,
    followers_open: false,
    put_back_at_once: 0,
    copies: false,
    second_boots: false,
};

/// Visits everything. What must be possible is possible, or this fails as well.
fn visit<const N: usize>(what: &str, bounds: Bounds) {
    let begun = Instant::now();
    let checker = Fleet::<N>::new(bounds).reduced().checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    let (states, steps) = (checker.unique_state_count(), checker.state_count());
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{N} nodes, {what}: {states} states, {steps} steps, depth {}, {seconds:.1} s",
        checker.max_depth()
    );
}

#[test]
fn three_nodes_with_two_elections_and_a_disk_put_back() {
    visit::<3>("put back", Bounds { terms: 2, attempts: 2, put_back_at_once: 1, ..BASE });
}

#[test]
fn three_nodes_with_three_entries_and_an_erasure() {
    visit::<3>("erasure", Bounds { entries: 3, attempts: 2, put_back_at_once: 1, ..BASE });
}

#[test]
fn three_nodes_with_two_guesses_and_a_success() {
    visit::<3>("success", Bounds { entries: 3, attempts: 2, successes: true, ..BASE });
}

#[test]
fn three_nodes_that_all_open_requests() {
    visit::<3>("openers", Bounds { attempts: 2, followers_open: true, put_back_at_once: 1, ..BASE });
}

#[test]
fn three_nodes_with_any_copy_of_a_disk() {
    visit::<3>("copies", Bounds { copies: true, put_back_at_once: 1, ..BASE });
}

#[test]
fn three_nodes_with_a_second_boot() {
    visit::<3>("second boot", Bounds { followers_open: true, second_boots: true, ..BASE });
}

#[test]
fn three_nodes_with_a_second_boot_in_two_elections() {
    visit::<3>("second boot, elections", Bounds { terms: 2, entries: 1, second_boots: true, ..BASE });
}

#[test]
fn five_nodes_with_a_guess() {
    visit::<5>("guess", BASE);
}

#[test]
fn five_nodes_with_a_disk_put_back() {
    visit::<5>("put back", Bounds { entries: 1, put_back_at_once: 1, ..BASE });
}
