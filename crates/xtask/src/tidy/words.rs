//! Words that tell of the place where a text was written instead of what it is about.
//!
//! Nothing that is needed to understand the project lives outside its repository, so a text that
//! points outside is a text that its reader cannot follow.

use super::{Finding, TidyError, tree::text_files};
use std::path::Path;

/// Pieces of text; written in halves, so that this file does not find itself.
const PIECES: [&str; 11] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("issue", " #"),
    concat!("issues", " #"),
    concat!("this sess", "ion of work"),
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("deb.debian", ".org"),
    concat!("files.pythonhosted", ".org"),
];

/// Whole words, in any case.
const WORDS: [&str; 2] = [concat!("age", "nt"), concat!("age", "nts")];

/// Checks every text file but the lock file, which cargo writes.
///
/// # Errors
/// A file could not be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let mut findings = Vec::new();
    for file in text_files(root)?.iter().filter(|file| file.path != Path::new("Cargo.lock")) {
        for (number, line) in file.lines() {
            let lower = line.to_lowercase();
            let pieces = PIECES.iter().filter(|piece| lower.contains(**piece));
            let words = WORDS.iter().filter(|word| has_word(&lower, word));
            findings.extend(pieces.chain(words).map(|found| {
                let what = format!("`{found}` tells of a place outside the project");
                Finding::new(&file.path, number, what)
            }));
        }
    }
    Ok(findings)
}

/// Whether a line holds the word by itself; a field of HTTP bears it behind `user-`.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let after = rest.get(word.len()..).unwrap_or_default();
        let joined = |character: char| character.is_alphanumeric() || character == '_';
        let is_field = before.ends_with("user-") || before.ends_with("user_");
        !is_field && !before.ends_with(joined) && !after.starts_with(joined)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_by_itself_only() {
        let word = WORDS[0];
        assert!(has_word(&format!("an {word}, say"), word));
        assert!(!has_word(&format!("re{word}s"), word));
        assert!(!has_word(&format!("the user-{word} field"), word));
    }
}
