//! The seeds that ever failed, each with a line of what it was. They stay, and are played first.
//!
//! A line of `corpus.txt` is a seed, perhaps changes of its plan, then `#` and what it was.

use crate::plan::{Change, ChangeError};

const TEXT: &str = include_str!("../corpus.txt");

/// One seed of the corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The seed.
    pub seed: u64,
    /// What is changed of its plan.
    pub changes: Vec<Change>,
    /// What it was.
    pub what: String,
}

/// A line of the corpus is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorpusError {
    /// It has no seed.
    #[error("corpus.txt, line {0}: no seed stands at its beginning")]
    NoSeed(usize),
    /// A change is none.
    #[error("corpus.txt, line {0}: {1}")]
    Change(usize, ChangeError),
    /// It does not say what it was.
    #[error("corpus.txt, line {0}: it does not say what it was")]
    NoWords(usize),
}

/// Reads the corpus.
///
/// # Errors
/// A line is malformed.
pub fn seeds() -> Result<Vec<Known>, CorpusError> {
    read(TEXT)
}

fn read(text: &str) -> Result<Vec<Known>, CorpusError> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(at, line)| known(at, line))
        .collect()
}

fn known(at: usize, line: &str) -> Result<Known, CorpusError> {
    let (plan, what) = line.split_once('#').ok_or(CorpusError::NoWords(at))?;
    let mut words = plan.split_whitespace();
    let seed = words.next().and_then(|word| word.parse().ok()).ok_or(CorpusError::NoSeed(at))?;
    let changes = words.map(|word| word.parse().map_err(|error| CorpusError::Change(at, error)));
    Ok(Known { seed, changes: changes.collect::<Result<_, _>>()?, what: what.trim().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_seed_changes_and_words() {
        let read = read("# head\n\n12 nodes=3 kill=0  # a leader that lied\n").unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].seed, read[0].changes.len(), read[0].what.as_str()),
            (12, 2, "a leader that lied")
        );
    }

    #[test]
    fn a_malformed_line_is_named() {
        assert_eq!(super::read("12").unwrap_err(), CorpusError::NoWords(1));
        assert_eq!(super::read("x # y").unwrap_err(), CorpusError::NoSeed(1));
        assert!(matches!(super::read("\n1 foo=1 # y").unwrap_err(), CorpusError::Change(2, _)));
    }

    #[test]
    fn the_corpus_is_well_formed() {
        seeds().unwrap();
    }
}
