//! Texts of `key value` lines, read strictly and in order.
//!
//! The form that the pin and a device's own state share: UTF-8, one key and one
//! value a line with one space between, every line ended by a line feed. Numbers have no
//! leading zero and no sign, hex is lower case, so that one value has one text.
//!
//! Absent on purpose: comments, blank lines, quoting, lines in any other order.

use crate::limits::QUOTED_CHARACTERS_MAX;
use std::str::FromStr;
use strongroom_protocol::ids::{Digest, unhex};

/// A text breaks the form at one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {cause}")]
pub struct LineError {
    /// The line's number, from one.
    pub line: usize,
    /// What is wrong with it.
    pub cause: String,
}

/// The lines of a text that are still to be read.
pub struct Lines<'a> {
    rest: &'a str,
    next: usize,
}

impl<'a> Lines<'a> {
    /// Takes a text of at most `bytes_max` bytes.
    ///
    /// # Errors
    /// The text is longer, is no UTF-8, or does not end with a line feed.
    pub fn of(text: &'a [u8], bytes_max: usize) -> Result<Self, LineError> {
        if text.len() > bytes_max {
            return Err(at(1, format!("the text has {} bytes, at most {bytes_max} may stand", text.len())));
        }
        let rest = std::str::from_utf8(text).map_err(|error| {
            let line = 1 + text.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
            at(line, "bytes that are not UTF-8".into())
        })?;
        if !rest.ends_with('\n') {
            return Err(at(rest.split('\n').count(), "the text ends without a line feed".into()));
        }
        Ok(Self { rest, next: 1 })
    }

    /// Reads the next line, which must be this one.
    ///
    /// # Errors
    /// There is no next line, or it is another one.
    pub fn exactly(&mut self, expected: &str) -> Result<(), LineError> {
        let line = self.next;
        let Some((_, rest)) = self.rest.split_once('\n').filter(|(text, _)| *text == expected) else {
            let met = quoted(self.rest.split('\n').next().unwrap_or_default());
            return Err(at(line, format!("\"{met}\" where \"{expected}\" should stand")));
        };
        self.rest = rest;
        self.next = line.saturating_add(1);
        Ok(())
    }

    /// Reads the next line, which must have this key.
    ///
    /// # Errors
    /// There is no next line, or it has another key or another form.
    pub fn expect(&mut self, key: &str) -> Result<Value<'a>, LineError> {
        let line = self.next;
        let Some((text, rest)) = self.rest.split_once('\n') else {
            return Err(at(line, format!("the text ends where \"{key}\" should stand")));
        };
        let Some(value) = text.strip_prefix(key).and_then(|text| text.strip_prefix(' ')) else {
            return Err(at(line, format!("\"{}\" where \"{key} …\" should stand", quoted(text))));
        };
        if value.is_empty()
            || value.starts_with(' ')
            || value.ends_with(' ')
            || value.contains(char::is_control)
        {
            return Err(at(line, format!("\"{key}\" wants one space and a value without spaces around it")));
        }
        self.rest = rest;
        self.next = line.saturating_add(1);
        Ok(Value { line, key: key.into(), text: value })
    }

    /// Reads the next line if it has this key.
    ///
    /// # Errors
    /// It has the key, and another form.
    pub fn optional(&mut self, key: &str) -> Result<Option<Value<'a>>, LineError> {
        let is_next = self.rest.strip_prefix(key).is_some_and(|rest| rest.starts_with(' '));
        if is_next { self.expect(key).map(Some) } else { Ok(None) }
    }

    /// Checks that no line is left.
    ///
    /// # Errors
    /// One is.
    pub fn end(self) -> Result<(), LineError> {
        match self.rest.split_once('\n') {
            None => Ok(()),
            Some((text, _)) => Err(at(self.next, format!("\"{}\" where the text should end", quoted(text)))),
        }
    }
}

/// One line's value.
pub struct Value<'a> {
    line: usize,
    key: String,
    text: &'a str,
}

impl<'a> Value<'a> {
    /// The text as it stands.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Reads exactly `2 × N` lower-case hex digits.
    ///
    /// # Errors
    /// The value is something else; the error does not repeat it.
    pub fn hex<const N: usize>(&self) -> Result<[u8; N], LineError> {
        unhex(self.text)
            .ok_or_else(|| self.error(format!("wants {} lower-case hex digits", N.saturating_mul(2))))
    }

    /// Reads a decimal number without sign or leading zeros.
    ///
    /// # Errors
    /// The value is something else, or too large for `T`.
    pub fn number<T: FromStr + ToString>(&self) -> Result<T, LineError> {
        self.text
            .parse()
            .ok()
            .filter(|number: &T| number.to_string() == self.text)
            .ok_or_else(|| self.error(format!("\"{}\" is no number that may stand here", quoted(self.text))))
    }

    /// Reads the text as something that says itself what it wants.
    ///
    /// # Errors
    /// It is something else.
    pub fn parse<T: FromStr<Err: std::fmt::Display>>(&self) -> Result<T, LineError> {
        self.text.parse().map_err(|cause| self.error(cause))
    }

    /// Reads `sha256:` and 64 lower-case hex digits.
    ///
    /// # Errors
    /// The value is something else, or is of another algorithm.
    pub fn digest(&self) -> Result<Digest, LineError> {
        let hex = self.text.strip_prefix("sha256:").and_then(unhex);
        hex.map(Digest::new).ok_or_else(|| self.error("wants sha256: and 64 lower-case hex digits"))
    }

    /// Splits off the first word, which must be this one, and gives what follows it.
    ///
    /// # Errors
    /// Another word stands there, or nothing follows.
    pub fn after(&self, word: &str) -> Result<Self, LineError> {
        let (first, rest) = self.split()?;
        if first.text == word { Ok(rest) } else { Err(self.error(format_args!("wants \"{word}\" here"))) }
    }

    /// Splits off the first word.
    ///
    /// # Errors
    /// There is one word only.
    pub fn split(&self) -> Result<(Self, Self), LineError> {
        let (first, rest) = self.text.split_once(' ').ok_or_else(|| self.error("wants more words"))?;
        let piece = |text| Self { line: self.line, key: self.key.clone(), text };
        Ok((piece(first), piece(rest)))
    }

    /// Builds an error about this line.
    pub fn error(&self, cause: impl std::fmt::Display) -> LineError {
        at(self.line, format!("\"{}\": {cause}", self.key))
    }
}

fn at(line: usize, cause: String) -> LineError {
    LineError { line, cause }
}

/// The beginning of a foreign text, with nothing in it that a terminal would obey.
fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARACTERS_MAX).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(text: &[u8], read: impl FnOnce(&mut Lines<'_>) -> Result<(), LineError>) -> String {
        Lines::of(text, 100).and_then(|mut lines| read(&mut lines)).unwrap_err().to_string()
    }

    #[test]
    fn a_missing_line_feed_another_key_and_a_second_space_are_named_with_their_line() {
        let read = |lines: &mut Lines<'_>| {
            lines.expect("a")?;
            lines.expect("b").map(|_| ())
        };
        assert_eq!(cause(b"a 1\nb 2", read), "line 2: the text ends without a line feed");
        assert_eq!(cause(b"a 1\nc 2\n", read), "line 2: \"c 2\" where \"b …\" should stand");
        assert_eq!(cause(b"a 1\n", read), "line 2: the text ends where \"b\" should stand");
        assert_eq!(
            cause(b"a  1\n", read),
            "line 1: \"a\" wants one space and a value without spaces around it"
        );
        assert_eq!(cause(b"a 1\n\xff\n", read), "line 2: bytes that are not UTF-8");
        assert_eq!(cause(&[b'a'; 101], read), "line 1: the text has 101 bytes, at most 100 may stand");
    }

    #[test]
    fn a_number_has_one_text() {
        for text in ["+1", "01", "1 ", "-0", "256", "", "0x1"] {
            let whole = format!("a {text}\n");
            let number = Lines::of(whole.as_bytes(), 100)
                .and_then(|mut lines| lines.expect("a"))
                .and_then(|value| value.number::<u8>());
            assert!(number.is_err(), "{text}");
        }
    }

    #[test]
    fn control_characters_are_not_repeated() {
        let text = cause(b"\x1b[31m 1\n", |lines| lines.expect("a").map(|_| ()));
        assert_eq!(text, "line 1: \"\u{fffd}[31m 1\" where \"a …\" should stand");
    }
}
