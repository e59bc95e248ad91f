//! What can happen in a modelled fleet.

use crate::{log::Content, state::Who};

/// One step. Steps of one kind differ in who takes them and in what arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// A boot asks for votes in a term.
    Campaign(Who, u8),
    /// A boot gives its vote in a term to a candidate whose request has arrived.
    Vote(Who, u8, u8),
    /// A candidate has the votes that it needs, and begins its term.
    Lead(Who),
    /// A leader takes a proposal that a member, itself or another, has opened.
    Propose(Who, Asked),
    /// An append of a term arrives: the entries up to here.
    Append(Who, u8, u8),
    /// Acknowledgements arrive: a leader commits up to here, and applies.
    Commit(Who, u8),
    /// A commit index of its term arrives, and a member applies up to it.
    Apply(Who),
    /// The batch on its way is on disk, and the anchor is swapped or refuses to be.
    Keep(Who),
    /// A checkpoint arrives: everything that a peer applied, up to here.
    HandOver {
        /// Who takes it.
        to: u8,
        /// Who gives it.
        from: u8,
        /// Up to which entry.
        upto: u8,
    },
    /// A boot ends, and a newer one finds this disk.
    Restart(u8, FoundDisk),
    /// A newer boot takes the anchor over while the one before goes on.
    SecondBoot(u8),
    /// The old boot ends.
    OldBootEnds,
    /// A host keeps a copy of its disk.
    Copy(u8),
}

/// What is proposed, and who opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asked {
    /// An attempt.
    Attempt {
        /// Which.
        attempt: u8,
        /// Where.
        opener: u8,
    },
    /// Message 2 of the first attempt.
    Success {
        /// Where.
        opener: u8,
    },
}

/// What a boot finds on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundDisk {
    /// What was last reported as durable.
    Durable,
    /// The batch on its way too, which the anchor does not name yet.
    Ahead,
    /// What stood there when the fleet was founded.
    Founding,
    /// The copy that the host keeps.
    Copy,
}

impl Asked {
    /// The entry's content.
    #[must_use]
    pub fn content(self) -> Content {
        match self {
            Self::Attempt { attempt, opener } => Content::Spend { attempt, opener },
            Self::Success { opener } => Content::Success { opener },
        }
    }

    /// The member that holds the request.
    #[must_use]
    pub fn opener(self) -> u8 {
        match self {
            Self::Attempt { opener, .. } | Self::Success { opener } => opener,
        }
    }
}
