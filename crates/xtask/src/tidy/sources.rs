//! Rust files: their length, and what must not be left in them.

use super::{Finding, TidyError, tree::text_files};
use std::path::Path;

/// Lines of a file at most.
const LINES_MAX: usize = 500;

/// Marks of unfinished work; written in halves, so that this file does not find itself.
const UNFINISHED: [(&str, &str); 7] = [
    (concat!("TO", "DO"), "finish it, or say in the module's head what is absent and where it lives"),
    (concat!("FIX", "ME"), "mend it"),
    (concat!("XX", "X"), "say it in a sentence"),
    (concat!("dbg", "!("), "take it out"),
    (concat!("todo", "!("), "finish it"),
    (concat!("unimplemented", "!("), "finish it"),
    (concat!("#[ign", "ore"), "a test that does not run proves nothing"),
];

/// Checks every Rust file.
///
/// # Errors
/// A file could not be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let mut findings = Vec::new();
    for file in text_files(root)?.iter().filter(|file| file.is("rs")) {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            let what = format!("{lines} lines; more than {LINES_MAX} are two files");
            findings.push(Finding::new(&file.path, lines, what));
        }
        for (number, line) in file.lines() {
            let found = UNFINISHED.iter().filter(|(mark, _)| line.contains(mark));
            findings.extend(found.map(|(mark, advice)| {
                Finding::new(&file.path, number, format!("`{mark}` is left: {advice}"))
            }));
        }
    }
    Ok(findings)
}
