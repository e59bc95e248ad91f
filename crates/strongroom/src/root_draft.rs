//! A trust root on its way: a body that root keys sign one after the other, each where its holder keeps it.
//! Page: `docs/spec/trust-root.md`.

use crate::{
    error::CommandError,
    files::{create, read_at_most, replace},
    note_text::NoteText,
    secret_keys::NoteSigner,
};
use std::path::Path;
use strongroom_trust::{
    ClaimedNote, NoteKey, NoteSignature, RootBody, RootChain, RootContents, RootError, TrustRoot,
    body::Body,
    limits::{NOTE_BYTES_MAX, ROOTS_BYTES_MAX},
};

/// A trust root that some or none of its root keys have signed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootDraft {
    body: RootBody,
    signatures: Vec<NoteSignature>,
}

impl RootDraft {
    /// Begins a trust root that nobody has signed.
    ///
    /// # Errors
    /// The contents break a rule; the error says which and what to do.
    pub fn new(contents: &RootContents) -> Result<Self, CommandError> {
        let body = RootBody::compose(contents).map_err(|error| {
            CommandError::usage(format!(
                "These keys make no trust root: {error}. Neither operator nor auditor alone may reach or block the \
                 threshold, nor may their own witnesses meet the quorum, and no key has two roles \
                 (docs/spec/trust-root.md, \"Rules\")."
            ))
        })?;
        Ok(Self { body, signatures: Vec::new() })
    }

    /// Reads a trust root at whatever stage.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, CommandError> {
        let bytes = read_at_most(path, NOTE_BYTES_MAX)?;
        Self::parse(&bytes).map_err(|cause| {
            let path = path.display();
            CommandError::usage(format!(
                "{path} is no trust root: {cause}. Get it again from whoever made it."
            ))
        })
    }

    /// Takes a trust root's bytes, at whatever stage.
    ///
    /// # Errors
    /// They are none, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = NoteText::read(bytes).map_err(|error| error.to_string())?;
        let body = RootBody::parse(&text.body).map_err(|error| error.to_string())?;
        if text.signers.is_empty() {
            return Ok(Self { body, signatures: Vec::new() });
        }
        let note = ClaimedNote::parse(bytes, NOTE_BYTES_MAX).map_err(|error| error.to_string())?;
        Ok(Self { body, signatures: note.signatures().to_vec() })
    }

    /// What it says.
    #[must_use]
    pub fn contents(&self) -> &RootContents {
        self.body.contents()
    }

    /// Signs it by a root key of its own, or of the one that it follows.
    ///
    /// # Errors
    /// The key is no such root key, or has signed already.
    pub fn sign(&mut self, signer: &NoteSigner, before: Option<&TrustRoot>) -> Result<(), CommandError> {
        let key = signer.key();
        let own = self.contents().root_keys.iter();
        let earlier = before.into_iter().flat_map(|root| &root.contents().root_keys);
        if !own.chain(earlier).any(|root| root.key == *key) {
            return Err(CommandError::usage(format!(
                "{key} is no root key of this trust root, nor of the one that it follows (--trust), so its signature \
                 would mean nothing. Give the right key file."
            )));
        }
        if self.signatures.iter().any(|line| line.is_of(key)) {
            return Err(CommandError::usage(format!("{} has signed it already.", key.name())));
        }
        self.signatures.push(signer.sign(&self.body.to_string())?);
        Ok(())
    }

    /// Of some root's keys, those that have signed.
    pub fn signers<'r>(&self, root: &'r RootContents) -> Result<Vec<&'r NoteKey>, CommandError> {
        let Some(note) = self.note() else { return Ok(Vec::new()) };
        let mut signers = Vec::new();
        for root in &root.root_keys {
            let signed = note.is_signed_by(&root.key);
            if signed
                .map_err(|error| CommandError::untrusted(format!("A line under the trust root: {error}.")))?
            {
                signers.push(&root.key);
            }
        }
        Ok(signers)
    }

    /// The text as it stands, with as many signature lines as there are.
    #[must_use]
    pub fn text(&self) -> String {
        self.note().map_or_else(|| self.body.to_string(), |note| note.to_string())
    }

    /// Writes it to a new file.
    ///
    /// # Errors
    /// Something lies there, or the system refuses.
    pub fn create(&self, path: &Path) -> Result<(), CommandError> {
        create(path, self.text().as_bytes())
    }

    /// Writes it in the place of what it was read from.
    ///
    /// # Errors
    /// The system refuses.
    pub fn replace(&self, path: &Path) -> Result<(), CommandError> {
        replace(path, self.text().as_bytes())
    }

    fn note(&self) -> Option<ClaimedNote> {
        let note = ClaimedNote::compose(&self.body.to_string(), &self.signatures);
        note.ok().filter(|_| !self.signatures.is_empty())
    }
}

/// Appends a trust root to the file of those that follow from a first one, once enough have signed it.
///
/// # Errors
/// The root follows from nothing in the chain, or the system refuses.
pub fn append_to_chain(
    chain: &mut RootChain,
    next: &RootDraft,
    path: &Path,
) -> Result<Result<(), RootError>, CommandError> {
    let followed = match chain.newest().followed_by(next.text().as_bytes()) {
        Ok(root) => root,
        Err(error) => return Ok(Err(error)),
    };
    let section = RootChain::new(followed).file_after(strongroom_trust::RootVersion(0));
    if let Err(error) = chain.follow(section.as_bytes()) {
        return Ok(Err(error));
    }
    let first = chain.roots().map(TrustRoot::version).min().unwrap_or(chain.newest().version());
    let file = chain.file_after(first);
    if file.len() > ROOTS_BYTES_MAX {
        return Err(CommandError::other(
            "The file of trust roots is full. Let apps ship a newer one to begin with.",
        ));
    }
    replace(path, file.as_bytes())?;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn vector(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust").join(name)
    }

    #[test]
    fn a_root_is_read_at_every_stage_and_written_as_it_was() {
        for (name, count) in [("texts/trust-root-golden.txt", 0), ("roots/quorum-2.txt", 2)] {
            let draft = RootDraft::read(&vector(name)).unwrap();
            assert_eq!(draft.signers(draft.contents()).unwrap().len(), count, "{name}");
            assert_eq!(draft.text().into_bytes(), std::fs::read(vector(name)).unwrap(), "{name}");
        }
        let error = RootDraft::read(&vector("texts/trust-root-threshold-one.txt")).unwrap_err();
        assert_eq!(error.exit().code(), 2);
        assert!(error.to_string().contains("alone could reach it"), "{error}");
    }

    #[test]
    fn contents_that_break_a_rule_say_which() {
        let mut contents = RootDraft::read(&vector("roots/quorum-2.txt")).unwrap().contents().clone();
        contents.threshold = 1;
        let error = RootDraft::new(&contents).unwrap_err();
        assert!(error.to_string().contains("operator or auditor alone could reach it"), "{error}");
        contents.threshold = 2;
        contents.policy.quorum = 3;
        assert!(RootDraft::new(&contents).is_err());
    }
}
