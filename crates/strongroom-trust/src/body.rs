//! What the texts of our own notes share.

use crate::{lines::LineError, text_digest};
use std::fmt;
use strongroom_protocol::ids::Digest;

/// The text of a note of ours: a bundle, a status, a revocation or a trust root.
///
/// A value follows the form of its page; nobody has signed it. `to_string` gives its text.
pub trait Body: Sized + fmt::Display {
    /// What it is composed of.
    type Contents: fmt::Display;

    /// The first line, which names format and version.
    const HEADER: &'static str;

    /// Reads a text strictly: it would be written again as the same bytes, or it is refused.
    ///
    /// # Errors
    /// The text has another form; the error names the line and the cause.
    fn parse(text: &str) -> Result<Self, LineError>;

    /// What it is composed of.
    fn contents(&self) -> &Self::Contents;

    /// Composes a body, by writing it down and reading it.
    ///
    /// # Errors
    /// What was written breaks a rule of the form.
    fn compose(contents: &Self::Contents) -> Result<Self, LineError> {
        Self::parse(&contents.to_string())
    }

    /// The digest by which everything else names it.
    fn digest(&self) -> Digest {
        text_digest(&self.to_string())
    }
}

/// Checks that what was read would be written as the same bytes.
pub(crate) fn check_same(text: &str, contents: &impl fmt::Display) -> Result<(), LineError> {
    let written = contents.to_string();
    let mut lines = text.split('\n').zip(written.split('\n')).zip(1usize..);
    match lines.find(|((read, written), _)| read != written) {
        None if text == written => Ok(()),
        found => {
            let line = found.map_or(1, |(_, number)| number);
            Err(LineError { line, cause: "would be written in another way".into() })
        }
    }
}
