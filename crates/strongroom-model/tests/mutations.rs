//! Each rule of the protocol is taken away once, and the checker finds what that breaks.
//!
//! A model in which nothing can go wrong proves nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use stateright::{Checker, HasDiscoveries, Model};
use strongroom_model::{
    Bounds, Fleet, Mutation,
    properties::{BUDGET, COMPLETENESS, DURABILITY, HONESTY, LEADERS, RETRY},
};

/// One election, one guess.
const SMALL: Bounds = Bounds {
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
/// Room for a second leader that has not heard of the first one's guess.
const TWO_LEADERS: Bounds = Bounds { terms: 2, attempts: 2, ..SMALL };
const PUT_BACK: Bounds = Bounds { put_back_at_once: 1, ..SMALL };
const TWO_LEADERS_PUT_BACK: Bounds = Bounds { put_back_at_once: 1, ..TWO_LEADERS };

/// The checker finds a counterexample; gives its steps.
fn finds(mutation: Mutation, bounds: Bounds, property: &'static str) -> Vec<String> {
    let until = HasDiscoveries::AnyOf([property].into());
    let fleet = Fleet::<3>::new(bounds).reduced().with(mutation);
    let checker = fleet.checker().threads(2).finish_when(until).spawn_bfs().join();
    let path = checker.discovery(property);
    let states = checker.unique_state_count();
    let path = path.unwrap_or_else(|| panic!("{mutation:?} goes unnoticed in {states} states"));
    let steps: Vec<String> = path.into_actions().iter().map(|action| format!("{action:?}")).collect();
    println!("{mutation:?}: not \"{property}\", in {} steps, after {states} states", steps.len());
    steps
}

#[test]
fn a_disk_that_is_believed_without_the_anchor_loses_an_answered_guess_and_makes_two_leaders() {
    finds(Mutation::StartWithoutAnchor, TWO_LEADERS_PUT_BACK, COMPLETENESS);
    finds(Mutation::StartWithoutAnchor, PUT_BACK, LEADERS);
}

#[test]
fn a_vote_that_the_anchor_does_not_name_is_given_twice() {
    finds(Mutation::VoteNotInAnchor, PUT_BACK, LEADERS);
}

#[test]
fn an_acknowledgement_before_the_anchor_loses_an_answered_guess() {
    finds(Mutation::AcknowledgeBeforeAnchor, TWO_LEADERS, COMPLETENESS);
    finds(Mutation::AcknowledgeBeforeAnchor, TWO_LEADERS, BUDGET);
}

#[test]
fn a_vote_before_the_anchor_is_given_twice() {
    finds(Mutation::VoteBeforeAnchor, SMALL, LEADERS);
}

#[test]
fn a_leader_that_counts_itself_before_its_anchor_loses_an_answered_guess() {
    finds(Mutation::LeaderCountsItselfEarly, TWO_LEADERS, BUDGET);
}

#[test]
fn an_anchor_that_is_swapped_without_a_compare_lets_two_boots_vote() {
    finds(Mutation::SwapWithoutCompare, Bounds { second_boots: true, entries: 1, ..SMALL }, LEADERS);
}

#[test]
fn a_refused_member_that_votes_makes_a_second_leader() {
    finds(Mutation::RefusedVotes, PUT_BACK, LEADERS);
}

#[test]
fn a_refused_member_that_acknowledges_loses_an_answered_guess() {
    finds(Mutation::RefusedAcknowledges, TWO_LEADERS_PUT_BACK, COMPLETENESS);
}

#[test]
fn a_healed_member_that_may_vote_again_makes_a_second_leader() {
    finds(Mutation::HealedVotesAgain, PUT_BACK, LEADERS);
}

#[test]
fn a_checkpoint_below_what_was_acknowledged_loses_an_answered_guess() {
    finds(Mutation::HealedBelowFloor, TWO_LEADERS_PUT_BACK, COMPLETENESS);
}

#[test]
fn without_the_head_table_before_a_power_loss_everywhere_ends_the_fleet() {
    finds(Mutation::NoHeadTableBefore, SMALL, HONESTY);
    finds(Mutation::NoHeadTableBefore, SMALL, DURABILITY);
}

#[test]
fn a_head_table_before_that_is_not_written_again_does_not_outlast_a_second_power_loss() {
    finds(Mutation::HeadTableBeforeNotWrittenAgain, SMALL, HONESTY);
    finds(Mutation::HeadTableBeforeNotWrittenAgain, SMALL, DURABILITY);
}

#[test]
fn what_is_cut_off_before_the_anchor_refuses_an_honest_member() {
    finds(Mutation::CutIsLostAtOnce, TWO_LEADERS, HONESTY);
}

#[test]
fn an_anchor_before_the_disk_ends_the_fleet() {
    finds(Mutation::AnchorBeforeDisk, SMALL, HONESTY);
    finds(Mutation::AnchorBeforeDisk, SMALL, DURABILITY);
}

#[test]
fn a_hand_over_that_cuts_what_was_acknowledged_loses_an_answered_guess() {
    finds(Mutation::HandOverCutsLog, TWO_LEADERS, COMPLETENESS);
}

#[test]
fn an_answer_before_the_commit_gives_a_guess_too_many() {
    finds(Mutation::AnswerBeforeCommit, TWO_LEADERS, BUDGET);
}

#[test]
fn an_opener_that_answers_before_a_majority_gives_a_guess_too_many() {
    finds(Mutation::AnswerBeforeMajority, Bounds { followers_open: true, ..TWO_LEADERS }, BUDGET);
}

#[test]
fn a_retry_that_is_not_known_again_costs_a_guess() {
    finds(Mutation::NoAttemptIds, Bounds { entries: 3, budget: 2, ..SMALL }, RETRY);
}
