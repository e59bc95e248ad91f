//! Labels: each is used in one place, or at the two ends of one thing.
//!
//! A seal is sealed and opened, a signature made and verified, a secret exported by both
//! sides; a digest that two parties compute has a function on either side. So a label has one
//! use or two, and where there are two in one crate they stand in one module.

use super::{
    Finding, TidyError,
    tree::{TextFile, text_files, text_of},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

const LIST: &str = "crates/strongroom-crypto/src/label.rs";
const PAGE: &str = "docs/spec/crypto.md";
const PREFIX: &str = "labels::";
const USES_MAX: usize = 2;

/// Checks every label of the list.
///
/// # Errors
/// A file could not be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let list = text_of(root, LIST)?;
    let page = text_of(root, PAGE)?;
    let uses = uses(&text_files(root)?);
    let mut findings = Vec::new();
    for (number, name, text) in labels(&list) {
        let mut find = |what: String| findings.push(Finding::new(&list.path, number, what));
        let places = uses.get(name).map(Vec::as_slice).unwrap_or_default();
        let told = places.iter().map(|(path, line)| format!("{}:{line}", path.display())).collect::<Vec<_>>();
        if places.is_empty() {
            find(format!("{name} is used nowhere"));
        }
        if places.len() > USES_MAX {
            find(format!("{name} is used in more than one place: {}", told.join(", ")));
        }
        if let [(one, _), (other, _)] = places
            && crate_of(one) == crate_of(other)
            && one.parent() != other.parent()
        {
            find(format!("{name} is used by two modules of one crate: {}", told.join(", ")));
        }
        if !page.text.contains(&format!("`{text}`")) {
            find(format!("`{text}` is missing from the table of labels in {PAGE}"));
        }
    }
    Ok(findings)
}

/// The labels with their lines, names and texts.
fn labels(list: &TextFile) -> Vec<(usize, &str, &str)> {
    let lines = list.lines().filter_map(|(number, line)| {
        let (name, rest) = line.trim().split_once(" = \"")?;
        let text = rest.strip_suffix("\";")?;
        is_name(name).then_some((number, name, text))
    });
    lines.collect()
}

/// Where each label is used outside of tests.
fn uses(files: &[TextFile]) -> BTreeMap<String, Vec<(PathBuf, usize)>> {
    let mut uses: BTreeMap<String, Vec<(PathBuf, usize)>> = BTreeMap::new();
    let sources = files.iter().filter(|file| file.is("rs") && file.path != Path::new(LIST));
    for file in sources {
        for (number, line) in file.shipped_lines() {
            for (at, _) in line.match_indices(PREFIX) {
                let rest = line.get(at.saturating_add(PREFIX.len())..).unwrap_or_default();
                let end = rest.find(|character: char| !is_name_character(character)).unwrap_or(rest.len());
                let name = rest.get(..end).unwrap_or_default();
                if is_name(name) {
                    uses.entry(name.into()).or_default().push((file.path.clone(), number));
                }
            }
        }
    }
    uses
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_name_character)
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_'
}

/// `crates/NAME` of a path.
fn crate_of(path: &Path) -> PathBuf {
    path.components().take(2).collect()
}
