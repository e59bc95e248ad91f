//! The checks of `cargo xtask tidy`, so that `cargo test` makes them too.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use xtask::tidy::{
    Finding, TidyError, check_dependencies, check_guarantees, check_labels, check_pages, check_sources,
    check_switches, check_words, workspace_root,
};

fn nothing_is_found(check: fn(&Path) -> Result<Vec<Finding>, TidyError>) {
    let findings = check(&workspace_root()).unwrap();
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "\n{}\n", told.join("\n"));
}

#[test]
fn arrows_between_crates_go_down_only() {
    nothing_is_found(check_dependencies);
}

#[test]
fn no_source_is_too_long_or_unfinished() {
    nothing_is_found(check_sources);
}

#[test]
fn only_the_chores_set_the_simulators_switch() {
    nothing_is_found(check_switches);
}

#[test]
fn every_label_is_used_in_one_place() {
    nothing_is_found(check_labels);
}

#[test]
fn nothing_points_outside_the_project() {
    nothing_is_found(check_words);
}

#[test]
fn every_page_of_the_specification_is_in_its_index_and_every_link_leads_somewhere() {
    nothing_is_found(check_pages);
}

#[test]
fn every_guarantee_names_a_test_that_exists() {
    nothing_is_found(check_guarantees);
}
