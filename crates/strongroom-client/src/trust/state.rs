//! What a device keeps of what it came to believe. Page: `docs/spec/delivery.md`, "What a device keeps".
//!
//! One text holds all of it, so that it is written as a whole: the trust roots that follow from the one the app
//! ships, the newest unit that was believed, and the oldest checkpoint of which nobody has proved yet that the log
//! grew out of it. The roots are verified anew whenever it is read.

use strongroom_trust::{
    CheckpointBody, CheckpointError, ClaimedNote, Memory, MemoryError, Namespace, RootBody, RootChain,
    RootError, RootVersion, SectionsError, TrustRoot, VerifiedDelivery,
    body::Body,
    limits::{NOTE_BYTES_MAX, ROOTS_BYTES_MAX, ROOTS_MAX},
    lines::LineError,
    read_checkpoint_note,
    sections::{Sections, Taker, compose},
};

use crate::limits::TRUST_STATE_BYTES_MAX;

const HEADER: &str = "strongroom.example/device-trust/v1";
const ROOTS_HEADER: &str = "strongroom.example/trust-roots/v1";
const SECTIONS_MAX: usize = 3;

/// The trust roots that a device follows, and the newest unit that it believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustState {
    chain: RootChain,
    memory: Option<Memory>,
    unproved: Option<Checkpoint>,
}

/// A checkpoint with its signatures, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) note: ClaimedNote,
    pub(super) body: CheckpointBody,
}

/// Of which remembered checkpoints it was proved that the log grew out of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Proved {
    pub(super) memory: bool,
    pub(super) unproved: bool,
}

/// A text is not what a device keeps under this trust root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustStateError {
    /// It is no file of its sections.
    #[error(transparent)]
    Sections(#[from] SectionsError),
    /// The kept trust roots do not follow from the one at hand.
    #[error("the kept trust roots do not follow from the one at hand: {0}")]
    Roots(#[from] RootError),
    /// What is remembered has another form.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The kept checkpoint has another form.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl TrustState {
    /// What a device knows that knows nothing but its trust root.
    pub fn new(told: TrustRoot) -> Self {
        Self { chain: RootChain::new(told), memory: None, unproved: None }
    }

    /// Reads what [`Self::to_text`] wrote, under the trust root that the app ships now.
    ///
    /// # Errors
    /// See [`TrustStateError`].
    pub fn read(text: &[u8], told: TrustRoot) -> Result<Self, TrustStateError> {
        let sections = Sections::parse(text, HEADER, TRUST_STATE_BYTES_MAX, SECTIONS_MAX)?;
        let mut sections = Taker::new(&sections);
        let later = roots_after(sections.take("roots")?, told.version())?;
        let mut chain = RootChain::new(told);
        chain.follow(later.as_bytes())?;
        let memory = sections.optional("memory").map(Memory::parse).transpose()?;
        let unproved = sections.optional("unproved").map(Checkpoint::read).transpose()?;
        sections.end()?;
        Ok(Self { chain, memory, unproved })
    }

    /// Writes it down.
    pub fn to_text(&self) -> String {
        let first = self.chain.roots().next().map_or(RootVersion(0), TrustRoot::version);
        let roots = self.chain.file_after(first);
        let memory = self.memory.as_ref().map(ToString::to_string);
        let mut sections = vec![("roots", roots.as_str())];
        sections.extend(memory.as_deref().map(|memory| ("memory", memory)));
        sections.extend(self.unproved.as_ref().map(|checkpoint| ("unproved", checkpoint.note.as_str())));
        compose(HEADER, &sections)
    }

    /// The trust roots, from the one that the app ships to the newest.
    pub fn chain(&self) -> &RootChain {
        &self.chain
    }

    /// The newest unit that was believed.
    pub fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
    }

    /// What it is about.
    pub(crate) fn namespace(&self) -> &Namespace {
        &self.chain.newest().contents().namespace
    }

    /// Follows a file of newer trust roots.
    pub(super) fn follow(&mut self, file: &[u8]) -> Result<(), RootError> {
        self.chain.follow(file)
    }

    pub(super) fn unproved(&self) -> Option<&Checkpoint> {
        self.unproved.as_ref()
    }

    /// Takes in a unit that was believed. An older view of the log changes nothing; and a checkpoint out of which
    /// nobody proved that the log grew stays, so that whoever withholds a proof once does not get rid of it.
    pub(super) fn absorb(&mut self, delivery: &VerifiedDelivery, proved: Proved) -> Result<(), MemoryError> {
        let new = delivery.memory()?;
        let met = delivery.checkpoint().body();
        let Some(old) = self.memory.take() else {
            self.memory = Some(new);
            return Ok(());
        };
        if old.log().origin != met.origin {
            self.unproved = None;
        } else if old.log().size > met.size {
            self.memory = Some(old);
            return Ok(());
        } else {
            let is_linked = proved.memory || old.log().size == met.size;
            if proved.unproved {
                self.unproved = None;
            }
            if !is_linked && self.unproved.is_none() {
                self.unproved = Some(Checkpoint { note: old.checkpoint().clone(), body: old.log().clone() });
            }
        }
        self.memory = Some(new);
        Ok(())
    }
}

impl Checkpoint {
    fn read(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = read_checkpoint_note(bytes)?;
        let body = CheckpointBody::parse(note.text())?;
        Ok(Self { note, body })
    }
}

/// The kept roots that are newer than the one that the app ships now.
fn roots_after(file: &[u8], version: RootVersion) -> Result<String, RootError> {
    let sections = Sections::parse(file, ROOTS_HEADER, ROOTS_BYTES_MAX, ROOTS_MAX)?;
    let mut later = Vec::new();
    for (name, bytes) in sections.iter() {
        let note = ClaimedNote::parse(bytes, NOTE_BYTES_MAX)?;
        if version_of(&note)? > version {
            later.push((name, note.as_str().to_owned()));
        }
    }
    let sections: Vec<(&str, &str)> = later.iter().map(|(name, text)| (*name, text.as_str())).collect();
    Ok(compose(ROOTS_HEADER, &sections))
}

fn version_of(note: &ClaimedNote) -> Result<RootVersion, LineError> {
    Ok(RootBody::parse(note.text())?.contents().version)
}
