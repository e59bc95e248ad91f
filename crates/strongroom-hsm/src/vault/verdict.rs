//! What became of an entry.

use strongroom_protocol::{
    client::Refusal,
    ids::{AttemptId, Digest, Generation, RegistrationId, SlotNumber},
    limits::KE1_BYTES,
};

use super::ke1_hash;

/// Permits one attempt to be answered under a password, for one KE1.
///
/// Only [`super::apply`] makes it. Holding it proves that the rules counted the attempt, or that it confirms its own
/// upload; that a majority holds the entry is for whoever applies it to prove.
#[derive(Debug, PartialEq, Eq)]
pub struct Answerable {
    slot: SlotNumber,
    registration: RegistrationId,
    attempt: AttemptId,
    ke1: Digest,
}

impl Answerable {
    pub(super) fn new(
        slot: SlotNumber,
        registration: RegistrationId,
        attempt: AttemptId,
        ke1: Digest,
    ) -> Self {
        Self { slot, registration, attempt, ke1 }
    }

    /// The password's slot.
    pub fn slot(&self) -> SlotNumber {
        self.slot
    }

    /// The password's registration.
    pub fn registration(&self) -> RegistrationId {
        self.registration
    }

    /// Names the attempt.
    pub fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// Whether this is the KE1 that may be answered.
    pub fn covers(&self, ke1: &[u8; KE1_BYTES]) -> bool {
        self.ke1 == ke1_hash(ke1)
    }
}

/// What became of an upload or a change.
#[derive(Debug, PartialEq, Eq)]
pub enum UploadVerdict {
    /// It took effect.
    Done {
        /// The vault's generation now.
        generation: Generation,
        /// Guesses left.
        left: u8,
        /// For a password, the attempt that confirms it.
        confirming: Option<Answerable>,
    },
    /// It took effect before; nothing was changed.
    Repeated {
        /// The vault's generation now.
        generation: Generation,
        /// Guesses left; none on a tombstone.
        left: u8,
        /// The attempt that confirms it, if it is still open.
        confirming: Option<Answerable>,
    },
    /// Nothing was changed.
    Refused(Refusal),
}

/// What became of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub enum SpendVerdict {
    /// It took a guess.
    Spent {
        /// Guesses left after it.
        left: u8,
        /// Attempts that failed since the last success, this one not counted.
        failed: u32,
        /// The vault's generation.
        generation: Generation,
        /// Permits the answer.
        answerable: Answerable,
    },
    /// It is open, with the same KE1: it is answered again and took nothing.
    Again {
        /// Guesses left.
        left: u8,
        /// Attempts that failed since the last success, this one not counted.
        failed: u32,
        /// The vault's generation.
        generation: Generation,
        /// Permits the answer.
        answerable: Answerable,
    },
    /// The slot is erased, by this attempt or an earlier one.
    Erased,
    /// Too many attempts are remembered; nothing was spent.
    Later,
    /// There is no such vault.
    Absent,
    /// Nothing was spent.
    Refused(Refusal),
}

/// What became of a success.
#[derive(Debug, PartialEq, Eq)]
pub enum SuccessVerdict {
    /// The attempt and those before it are forgiven.
    Succeeded {
        /// Guesses left.
        left: u8,
    },
    /// It had succeeded before; nothing was changed.
    SucceededBefore {
        /// Guesses left.
        left: u8,
    },
    /// Nothing was changed.
    Refused(Refusal),
}

/// What became of an entry.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Of [`super::proposal::Create`].
    Create(UploadVerdict),
    /// Of [`super::proposal::Change`].
    Change(UploadVerdict),
    /// Of [`super::proposal::Spend`].
    Spend(SpendVerdict),
    /// Of [`super::proposal::Success`].
    Success(SuccessVerdict),
}

/// What an entry did to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touched {
    /// Nothing: the record is the same, and the key tree is not to be touched.
    Nothing,
    /// The record is another now.
    Written,
    /// The record is another now, and a registration that stood in it is gone: a checkpoint is wanted soon.
    Erased,
}
