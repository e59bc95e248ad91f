//! The checkers. Each is tied to a guarantee of `THREATS.md`, which its file names.

mod acknowledged_survives;
mod anchors_hold_one_key;
mod anchors_never_go_back;
mod answers;
mod budget_adds_up;
mod erased_for_ever;
#[cfg(strongroom_sim)]
mod erased_stays_shut;
mod fresh_registrations;
mod guesses_within_budget;
mod ke2_after_majority;
#[cfg(strongroom_sim)]
mod keys_are_short_lived;
mod leaders_are_elected;
#[cfg(strongroom_sim)]
mod no_canary_at_hosts;
mod old_keys_die;
mod one_leader_per_term;
mod only_owners_change;
mod platforms;
mod reads_are_fresh;
mod refusals_are_explained;
mod same_log_everywhere;
mod silence_without_majority;
mod starts_where_it_stood;
mod stops_are_explained;
mod superseded_is_silent;
mod trees_are_whole;
mod votes_last;

use crate::{checker::Checker, plan::Plan};

/// All of them, fresh, for one run.
#[cfg_attr(
    not(strongroom_sim),
    expect(unused_variables, reason = "only checkers of the judge's builds look at the plan")
)]
pub fn all(plan: &Plan) -> Vec<Box<dyn Checker>> {
    vec![
        Box::<guesses_within_budget::GuessesWithinBudget>::default(),
        Box::<one_leader_per_term::OneLeaderPerTerm>::default(),
        Box::<same_log_everywhere::SameLogEverywhere>::default(),
        Box::<acknowledged_survives::AcknowledgedSurvives>::default(),
        Box::<stops_are_explained::StopsAreExplained>::default(),
        Box::<ke2_after_majority::Ke2AfterMajority>::default(),
        Box::<budget_adds_up::BudgetAddsUp>::default(),
        Box::<only_owners_change::OnlyOwnersChange>::default(),
        Box::<fresh_registrations::FreshRegistrations>::default(),
        Box::<reads_are_fresh::ReadsAreFresh>::default(),
        Box::<silence_without_majority::SilenceWithoutMajority>::default(),
        Box::<erased_for_ever::ErasedForEver>::default(),
        Box::<anchors_hold_one_key::AnchorsHoldOneKey>::default(),
        Box::<old_keys_die::OldKeysDie>::default(),
        Box::<anchors_never_go_back::AnchorsNeverGoBack>::default(),
        Box::<trees_are_whole::TreesAreWhole>::default(),
        Box::<votes_last::VotesLast>::default(),
        Box::<refusals_are_explained::RefusalsAreExplained>::default(),
        Box::<starts_where_it_stood::StartsWhereItStood>::default(),
        Box::new(leaders_are_elected::LeadersAreElected),
        Box::<superseded_is_silent::SupersededIsSilent>::default(),
        #[cfg(strongroom_sim)]
        Box::<keys_are_short_lived::KeysAreShortLived>::default(),
        #[cfg(strongroom_sim)]
        Box::new(no_canary_at_hosts::NoCanaryAtHosts::new(plan)),
        #[cfg(strongroom_sim)]
        Box::new(erased_stays_shut::ErasedStaysShut::new(plan)),
    ]
}
