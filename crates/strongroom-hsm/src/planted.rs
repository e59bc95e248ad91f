//! Mistakes that the simulator plants to see whether it would notice them.
//!
//! This module exists under `--cfg strongroom_sim` only. There a thread plants one mistake with [`plant`],
//! and [`planted!`](crate) is true at its place; in every other build that macro is the constant `false`,
//! and what stands behind it is not compiled in. The program cannot be built with the cfg at all.
//!
//! Each mistake is one that a careful person could make, and breaks a guarantee of `THREATS.md`.

use std::cell::Cell;

macro_rules! bugs {
    ($($name:ident, $word:literal, $guarantee:literal, $seeds:literal, $what:literal;)+) => {
        /// A mistake that can be planted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Bug {
            $(#[doc = $what] $name,)+
        }

        impl Bug {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word for it on the command line and in tables.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The guarantee that it breaks.
            pub const fn guarantee(self) -> &'static str {
                match self { $(Self::$name => $guarantee,)+ }
            }

            /// Within how many seeds the simulator must catch it.
            pub const fn seeds_max(self) -> u64 {
                match self { $(Self::$name => $seeds,)+ }
            }

            /// What goes wrong.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => $what,)+ }
            }
        }
    };
}

bugs! {
    AnswersBeforeCommit, "answers-before-commit", "G1", 100, "A leader applies an entry as soon as it stands in its own log.";
    AnchorWithoutCompare, "anchor-without-compare", "G2", 400, "The anchor is written whatever stands in it.";
    AcknowledgesBeforeAnchor, "acknowledges-before-anchor", "G1", 100, "A member acknowledges entries before its anchor names them.";
    CountsItselfEarly, "counts-itself-early", "G1", 100, "A leader counts its own copy of an entry before its anchor names it.";
    VotesBeforeAnchor, "votes-before-anchor", "G1", 400, "A member's vote leaves before its anchor names it.";
    AnchorBeforeDisk, "anchor-before-disk", "G5", 100, "The anchor is swapped while the host still writes.";
    SkipsFsync, "skips-fsync", "G5", 100, "A host reports batches that are not on its disk.";
    ForgetsVote, "forgets-vote", "G2", 400, "The head table does not keep the vote.";
    AcceptsOlderDisk, "accepts-older-disk", "G2", 400, "A member goes on from a head table that its anchor does not name.";
    KeepsOneHeadTable, "keeps-one-head-table", "G5", 100, "The head table before the newest is not honoured at a start.";
    SkipsHashChain, "skips-hash-chain", "G2", 400, "The digest of an entry does not cover the one before.";
    MissesTruncatedLog, "misses-truncated-log", "G2", 400, "A log that ends before the anchor's head is taken for whole.";
    TakesTornAnchor, "takes-torn-anchor", "G2", 400, "The anchor's checksum is compared over no bytes.";
    OverwritesNewestCopy, "overwrites-newest-copy", "G5", 400, "An anchor is written over the newest copy, not the older one.";
    RefusedMemberVotesAgain, "refused-member-votes-again", "G2", 1000, "A member that was refused comes back with its vote free.";
    ForgetsPendingKeys, "forgets-pending-keys", "G5", 400, "The head table does not keep the keys of unrecorded checkpoints.";
    KeepsCutKeys, "keeps-cut-keys", "G5", 1000, "The keys of a checkpoint entry stay when the entry is overwritten.";
    RefillsOnChange, "refills-on-change", "G2", 100, "A change of the password brings every guess back.";
    LeavesGuessOnChange, "leaves-guess-on-change", "G2", 200, "A change of the password leaves a guess where none was left.";
    RefillsOnCreate, "refills-on-create", "G2", 100, "Registering again takes the place of the vault that stands.";
    ReusesRegistrationSeed, "reuses-registration-seed", "G2", 100, "A vault's registrations are all evaluated under one seed.";
    TicketServesTwice, "ticket-serves-twice", "G2", 200, "A ticket is not bound to the vault's generation.";
    RefillsOnKe3Alone, "refills-on-ke3-alone", "G2", 200, "A success needs no signature of the owner.";
    RefillsOnSignatureAlone, "refills-on-signature-alone", "G2", 200, "A success needs no proof of the password.";
    ForgivesLaterAttempts, "forgives-later-attempts", "G2", 200, "A success forgives the attempts after it too.";
    CountsSuccessTwice, "counts-success-twice", "G2", 200, "A success that is sent again counts again.";
    OneGuessTooMany, "one-guess-too-many", "G2", 100, "A new vault begins with a guess more than the budget.";
    RetryTakesGuess, "retry-takes-guess", "G2", 100, "An attempt that is sent again takes another guess.";
    AnswersOtherKe1, "answers-other-ke1", "G2", 200, "A known attempt is answered for another KE1.";
    EvictsClosedEarly, "evicts-closed-early", "G2", 400, "A closed attempt is forgotten at the next checkpoint.";
    IgnoresEntryEra, "ignores-entry-era", "G9", 2000, "An entry of a request that is eras old takes effect.";
    AnswersPasswordUncounted, "answers-password-uncounted", "G1", 100, "A password is answered as a recovery code is.";
    OwnerNotChecked, "owner-not-checked", "G9", 200, "A change needs no signature of the owner.";
    GenerationNotCompared, "generation-not-compared", "G2", 200, "A change for an older generation takes effect.";
    TombstoneForgets, "tombstone-forgets", "G3", 200, "A vault can be made where one was erased.";
    ErasesOnOneNodeOnly, "erases-on-one-node-only", "G3", 100, "Only one member stores that a slot is erased.";
    ErasedNotStored, "erased-not-stored", "G3", 200, "A slot is called erased and stays as it was.";
    KeepsOldRoot, "keeps-old-root", "G3", 200, "The recorded root is never replaced in memory.";
    KeepsStateKey, "keeps-state-key", "G3", 200, "A new sealed state is sealed under the old state key.";
    LeavesSecondCopy, "leaves-second-copy", "G3", 200, "A new state key leaves the old one in the anchor's other copy.";
    LogsEraKey, "logs-era-key", "G3", 200, "A checkpoint entry holds the next log key where its hash belongs.";
    KeepsSessionKeys, "keeps-session-keys", "G3", 400, "Sessions with peers outlive their eras.";
    KeepsOfferedKeys, "keeps-offered-keys", "G3", 400, "Keys that come once more beside a checkpoint entry are kept for ever.";
    KeepsTicketKey, "keeps-ticket-key", "G3", 400, "The first era's ticket key is held for ever.";
    KeepsChannelKey, "keeps-channel-key", "G3", 400, "An old channel key is held for ever.";
    RepeatsFrameNumber, "repeats-frame-number", "G4", 100, "A session seals two frames under one number.";
    RecordIdNotKeyed, "record-id-not-keyed", "G4", 100, "The name of a record is its vault id.";
    HandsOverWithoutTree, "hands-over-without-tree", "G5", 400, "A member acknowledges a hand-over before its tree is there.";
    ReadsWithoutConfirmation, "reads-without-confirmation", "G6", 200, "A status is answered from the member's own tree.";
    DeniesWithoutConfirmation, "denies-without-confirmation", "G6", 200, "A vault is called absent by a member that may lag.";
    DropsLogEarly, "drops-log-early", "G5", 400, "A host may drop the log up to what is applied, not to what is recorded.";
    RecordsBeforeTree, "records-before-tree", "G5", 400, "A checkpoint is recorded before the host has the tree on disk.";
    ComesBackBelowAnchor, "comes-back-below-anchor", "G2", 1000, "A refused member takes any checkpoint, also one below its anchor.";
    ChangeLeavesAttemptsOpen, "change-leaves-attempts-open", "G2", 400, "Attempts at the old password stay open when it is changed.";
    SkipsAnchorCheck, "skips-anchor-check", "G6", 400, "Reads are confirmed by a program that does not ask whether it was superseded.";
}

thread_local! {
    static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    static TIMES: Cell<u64> = const { Cell::new(0) };
}

/// Plants a mistake in this thread, or takes the one there is out.
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
    if bug.is_some() {
        TIMES.set(0);
    }
}

/// How often the last planted mistake's place was reached while it was planted.
pub fn times_reached() -> u64 {
    TIMES.get()
}

/// Whether this mistake is the one that is planted.
pub fn is_planted(bug: Bug) -> bool {
    let is = PLANTED.get() == Some(bug);
    if is {
        TIMES.set(TIMES.get().saturating_add(1));
    }
    is
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_plants_for_itself_alone() {
        plant(Some(Bug::ForgetsVote));
        assert!(is_planted(Bug::ForgetsVote) && !is_planted(Bug::SkipsFsync));
        assert_eq!(times_reached(), 1);
        assert!(!std::thread::spawn(|| is_planted(Bug::ForgetsVote)).join().unwrap_or(true));
        plant(None);
        assert!(!is_planted(Bug::ForgetsVote));
    }

    #[test]
    fn every_word_is_one_bugs() {
        let mut words: Vec<_> = Bug::ALL.iter().map(|bug| bug.name()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Bug::ALL.len());
    }
}
