//! The words and numbers that stand in notes.

use crate::limits::WORD_BYTES_MAX;
use std::fmt;
use std::str::FromStr;

/// A text is no word that may stand in a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "wants 1 to {WORD_BYTES_MAX} lower-case letters, digits, dots and hyphens, a letter or digit first and last"
)]
pub struct WordError;

macro_rules! word {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The word as it stands.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                check(text).map(|()| Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

word! {
    /// Names one line of bundles: one app of one operator, such as `example.messenger.v1`.
    Namespace
}
word! {
    /// Names a fleet within a bundle, for people; the fleet id is its genesis hash.
    FleetLabel
}
word! {
    /// Says what a fleet stands on: `simulation`, or what its evidence explains.
    PlatformWord
}
word! {
    /// Says why a fleet was revoked, such as `key-compromise`.
    Reason
}

impl PlatformWord {
    /// Whether a member is an ordinary process, whose machine's owner reads its secrets.
    pub fn is_simulation(&self) -> bool {
        self.0 == "simulation"
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl $name {
            /// The number after this one, if there is one.
            pub fn next(self) -> Option<Self> {
                self.0.checked_add(1).map(Self)
            }
        }

        impl FromStr for $name {
            type Err = NumberError;

            fn from_str(text: &str) -> Result<Self, NumberError> {
                let number = text.parse::<u64>().ok().filter(|number| *number > 0 && number.to_string() == text);
                number.map(Self).ok_or(NumberError)
            }
        }
    };
}

/// A text is no number from one on, without sign and leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("wants a number from 1 on, without sign and leading zeros")]
pub struct NumberError;

number! {
    /// Counts the bundles of a namespace, from one.
    Epoch
}
number! {
    /// Counts the trust roots of a namespace, from one.
    RootVersion
}
number! {
    /// Counts the status notes of a namespace, from one.
    StatusNumber
}

fn check(text: &str) -> Result<(), WordError> {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let is_allowed = !text.is_empty()
        && text.len() <= WORD_BYTES_MAX
        && text.chars().all(is_inner)
        && !text.starts_with(['.', '-'])
        && !text.ends_with(['.', '-']);
    if is_allowed { Ok(()) } else { Err(WordError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_and_others_refused() {
        for text in ["a", "example.messenger.v1", "f2026a", "key-compromise", &"a".repeat(64)] {
            assert_eq!(text.parse::<Namespace>().unwrap().as_str(), text);
        }
        for text in ["", " ", "A", "a b", "a_b", "-a", "a.", "\u{e9}", "a\n", &"a".repeat(65)] {
            assert_eq!(text.parse::<Namespace>(), Err(WordError), "{text}");
        }
    }

    #[test]
    fn numbers_begin_at_one_and_have_one_text() {
        assert_eq!("18446744073709551615".parse(), Ok(Epoch(u64::MAX)));
        for text in ["0", "01", "+1", "-1", "", "1 ", "18446744073709551616"] {
            assert_eq!(text.parse::<Epoch>(), Err(NumberError), "{text}");
        }
        assert_eq!(Epoch(u64::MAX).next(), None);
    }
}
