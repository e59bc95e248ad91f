//! A note as it lies in a file, whatever stage it has reached: a body alone, or with one or two parties' lines.
//!
//! Nothing is verified here: who signed is what the lines say of themselves.

use strongroom_trust::{ClaimedNote, NoteError, limits::NOTE_BYTES_MAX};

/// Signatures that one after the other cover those before: the auditor's, then the operator's.
const LAYERS_MAX: usize = 2;

/// A body and the names of those whose lines stand under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteText {
    /// What is signed first.
    pub body: String,
    /// Who signed, by their lines' own account, in their order.
    pub signers: Vec<String>,
}

impl NoteText {
    /// Takes a file apart.
    ///
    /// # Errors
    /// It is longer than a note, or no text.
    pub fn read(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong { max: NOTE_BYTES_MAX, met: bytes.len() });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NoteError::NoText)?;
        let (mut body, mut signers) = (text.to_owned(), Vec::new());
        for _ in 0..LAYERS_MAX {
            let Ok(note) = ClaimedNote::parse(body.as_bytes(), NOTE_BYTES_MAX) else { break };
            let names = note.signatures().iter().map(|line| line.name().to_string());
            signers = names.chain(signers).collect();
            body = note.text().to_owned();
        }
        Ok(Self { body, signers })
    }

    /// The first line, which names format and version.
    #[must_use]
    pub fn header(&self) -> &str {
        self.body.split('\n').next().unwrap_or_default()
    }

    /// Who signed, for people.
    #[must_use]
    pub fn signers_in_words(&self) -> String {
        if self.signers.is_empty() { "nobody yet".into() } else { self.signers.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    fn vector(name: &str) -> Vec<u8> {
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust").join(name)).unwrap()
    }

    #[test]
    fn lines_are_told_in_the_order_in_which_they_were_put() {
        let unit = vector("units/golden.txt");
        let unit = strongroom_trust::ClaimedDelivery::parse(&unit).unwrap();
        let read = NoteText::read(unit.bundle().as_str().as_bytes()).unwrap();
        assert_eq!(read.signers, ["auditor.example/bundle", "operator.example/bundle"]);
        assert_eq!(read.body, unit.bundle().body());
        assert_eq!(read.header(), "strongroom.example/fleet-bundle/v1");
        let leaf = NoteText::read(unit.bundle().leaf().as_bytes()).unwrap();
        assert_eq!(leaf.signers, ["auditor.example/bundle"]);
        assert_eq!(leaf.body, read.body);
    }

    #[test]
    fn a_body_alone_was_signed_by_nobody_yet() {
        let read = NoteText::read(&vector("texts/bundle-golden.txt")).unwrap();
        assert_eq!(read.signers_in_words(), "nobody yet");
        assert!(NoteText::read(&[0xff]).is_err());
        assert!(NoteText::read(&vec![b'a'; NOTE_BYTES_MAX + 1]).is_err());
    }
}
