//! Files of several notes. Page: `docs/spec/delivery.md`, "Sections".
//!
//! A header line, then for each section a line with its name and its length in bytes, and so many
//! bytes. Nothing stands between or after them, so a file has one reading.

use std::fmt::Write as _;

/// The sections of a file, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sections<'a>(Vec<(&'a str, &'a [u8])>);

/// Bytes are no file of sections.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SectionsError {
    /// There are more bytes than may stand.
    #[error("the file has {met} bytes, at most {max} may stand")]
    TooLong {
        /// Bytes that may stand.
        max: usize,
        /// Bytes that stand.
        met: usize,
    },
    /// There are more sections than may stand.
    #[error("the file has more than {0} sections")]
    TooMany(usize),
    /// The first line names another format.
    #[error("the first line is not \"{0}\"")]
    Header(&'static str),
    /// A section's first line is none.
    #[error("section {0} does not begin with its name and its length")]
    Line(usize),
    /// A section ends before its length.
    #[error("section {0} is cut")]
    Cut(usize),
    /// A section is missing.
    #[error("the section \"{0}\" should stand here")]
    Missing(&'static str),
    /// A section that may not stand where it stands.
    #[error("the section \"{0}\" may not stand here")]
    Unknown(String),
}

impl<'a> Sections<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// See [`SectionsError`].
    pub fn parse(
        file: &'a [u8],
        header: &'static str,
        bytes_max: usize,
        sections_max: usize,
    ) -> Result<Self, SectionsError> {
        if file.len() > bytes_max {
            return Err(SectionsError::TooLong { max: bytes_max, met: file.len() });
        }
        let rest = file.strip_prefix(header.as_bytes()).and_then(|rest| rest.strip_prefix(b"\n"));
        let mut rest = rest.ok_or(SectionsError::Header(header))?;
        let mut sections = Vec::new();
        while !rest.is_empty() {
            if sections.len() == sections_max {
                return Err(SectionsError::TooMany(sections_max));
            }
            let number = sections.len().saturating_add(1);
            let (name, length, after) = split_line(rest).ok_or(SectionsError::Line(number))?;
            let (bytes, after) = after.split_at_checked(length).ok_or(SectionsError::Cut(number))?;
            sections.push((name, bytes));
            rest = after;
        }
        Ok(Self(sections))
    }

    /// Name and bytes of each.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.0.iter().copied()
    }
}

/// Takes sections one after the other, by name.
pub struct Taker<'s, 'a> {
    rest: &'s [(&'a str, &'a [u8])],
}

impl<'s, 'a> Taker<'s, 'a> {
    /// Begins with the first.
    pub fn new(sections: &'s Sections<'a>) -> Self {
        Self { rest: &sections.0 }
    }

    /// Takes the next section, which has to have this name.
    ///
    /// # Errors
    /// It has another name, or there is none.
    pub fn take(&mut self, name: &'static str) -> Result<&'a [u8], SectionsError> {
        self.optional(name).ok_or(SectionsError::Missing(name))
    }

    /// Takes the next section if it has this name.
    pub fn optional(&mut self, name: &str) -> Option<&'a [u8]> {
        let ((met, bytes), rest) = self.rest.split_first()?;
        if *met != name {
            return None;
        }
        self.rest = rest;
        Some(bytes)
    }

    /// Sees that nothing is left.
    ///
    /// # Errors
    /// A section is left.
    pub fn end(self) -> Result<(), SectionsError> {
        match self.rest.first() {
            Some((name, _)) => Err(SectionsError::Unknown((*name).into())),
            None => Ok(()),
        }
    }
}

/// Writes a file of sections.
pub fn compose(header: &str, sections: &[(&str, &str)]) -> String {
    let mut file = format!("{header}\n");
    for (name, text) in sections {
        let _ = write!(file, "{name} {}\n{text}", text.len());
    }
    file
}

/// The longest line of a section: a name of 32 bytes and a length.
const LINE_BYTES_MAX: usize = 48;

fn split_line(rest: &[u8]) -> Option<(&str, usize, &[u8])> {
    let end = rest.iter().take(LINE_BYTES_MAX).position(|byte| *byte == b'\n')?;
    let (line, after) = rest.split_at_checked(end)?;
    let (name, length) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let number: usize = length.parse().ok()?;
    let is_canonical = is_name && number.to_string() == length;
    is_canonical.then_some((name, number, after.get(1..)?))
}
