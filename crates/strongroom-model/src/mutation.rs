//! Mistakes that the model can be given, to see that the checker finds them.

/// One mistake. Each takes one rule of the protocol away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A member believes its disk without a look at the anchor.
    StartWithoutAnchor,
    /// The anchor names the log alone: neither term nor vote.
    VoteNotInAnchor,
    /// A member answers appends before its anchor is swapped.
    AcknowledgeBeforeAnchor,
    /// A member sends its vote before its anchor is swapped.
    VoteBeforeAnchor,
    /// A leader counts its own entry before its anchor is swapped.
    LeaderCountsItselfEarly,
    /// The anchor is written without a look at whose boot it is.
    SwapWithoutCompare,
    /// A refused member votes.
    RefusedVotes,
    /// A refused member acknowledges appends.
    RefusedAcknowledges,
    /// A healed member may vote again in the term that its anchor names.
    HealedVotesAgain,
    /// A refused member takes a checkpoint that does not reach its anchor's index.
    HealedBelowFloor,
    /// The host keeps the newest head table only.
    NoHeadTableBefore,
    /// A member goes on from the head table before, and does not write it down again.
    HeadTableBeforeNotWrittenAgain,
    /// What an append cuts off is gone as soon as the batch is on disk.
    CutIsLostAtOnce,
    /// The anchor is swapped before the batch is on disk.
    AnchorBeforeDisk,
    /// A hand-over replaces a log that holds more.
    HandOverCutsLog,
    /// A leader answers as soon as it has proposed.
    AnswerBeforeCommit,
    /// The opener answers when its own copy lasts.
    AnswerBeforeMajority,
    /// Every entry takes a guess: a retry of an attempt is another.
    NoAttemptIds,
}
