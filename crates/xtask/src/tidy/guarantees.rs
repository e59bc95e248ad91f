//! Guarantees: each names a test that would fail if it broke, and that test exists.

use super::{
    Finding, TidyError,
    tree::{TextFile, text_files, text_of},
};
use std::{collections::BTreeSet, path::Path};

const PAGE: &str = "THREATS.md";
const GUARANTEES: u8 = 10;

/// Checks the table of guarantees: a row begins with `| G1 |` and names tests as `` `name_of_the_test` ``.
///
/// # Errors
/// A file could not be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let page = text_of(root, PAGE)?;
    let files = text_files(root)?;
    let tests = tests(&files);
    let mut findings = Vec::new();
    for guarantee in 1..=GUARANTEES {
        let begin = format!("| G{guarantee} |");
        let mut named = false;
        for (number, row) in page.lines().filter(|(_, line)| line.starts_with(&begin)) {
            for name in names(row) {
                named |= tests.contains(name);
                if !tests.contains(name) {
                    findings.push(Finding::new(&page.path, number, format!("`{name}` is no test")));
                }
            }
        }
        if !named {
            findings.push(Finding::new(&page.path, 0, format!("G{guarantee} names no test that exists")));
        }
    }
    Ok(findings)
}

/// The names in backticks that look like a test's: several words, no path, no call.
fn names(row: &str) -> impl Iterator<Item = &str> {
    let quoted = row.split('`').skip(1).step_by(2);
    quoted.filter(|name| {
        let is_word = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_'
        };
        name.contains('_') && name.chars().all(is_word)
    })
}

/// The name of every test function of the workspace.
fn tests(files: &[TextFile]) -> BTreeSet<&str> {
    let mut tests = BTreeSet::new();
    for file in files.iter().filter(|file| file.is("rs")) {
        let mut is_test = false;
        for (_, line) in file.lines() {
            let line = line.trim();
            if line == "#[test]" || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if is_test && !line.starts_with("#[") && !line.starts_with("//") {
                let name = line.split_once("fn ").and_then(|(_, rest)| rest.split_once('('));
                tests.extend(name.map(|(name, _)| name));
                is_test = false;
            }
        }
    }
    tests
}
