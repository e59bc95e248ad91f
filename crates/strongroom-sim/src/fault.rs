//! The kinds of faults. Each is drawn, counted and switched off by itself.

use std::fmt;

/// How a class of faults is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// At each frame, write or effect of its kind, by chance.
    EachTime,
    /// Now and then, by whoever plans the mischief, with a weight among the others.
    NowAndThen,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident, $word:literal, $manner:ident;)+) => {
        /// A class of faults.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Fault {
            $($(#[$doc])* $name,)+
        }

        impl Fault {
            /// All classes, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word for it on the command line and in tables.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// How it is drawn.
            pub fn manner(self) -> Manner {
                match self { $(Self::$name => Manner::$manner,)+ }
            }
        }
    };
}

faults! {
    /// An HSM's process dies between two effects of a step.
    CrashInStep, "crash-in-step", EachTime;
    /// The power goes while the platform writes a sealed state or a copy of the anchor.
    CrashInPlatform, "crash-in-platform", EachTime;
    /// A process is killed.
    Kill, "kill", NowAndThen;
    /// Some nodes lose their power.
    PowerLoss, "power-loss", NowAndThen;
    /// All nodes lose their power at once.
    PowerLossOfAll, "power-loss-of-all", NowAndThen;
    /// A node is gone for long, over several eras.
    Away, "away", NowAndThen;
    /// A node is gone for good, with disk and platform.
    NodeLost, "node-lost", NowAndThen;

    /// A frame between nodes is lost.
    PeerLost, "peer-lost", EachTime;
    /// A frame between nodes comes late, and all behind it too.
    PeerDelayed, "peer-delayed", EachTime;
    /// A frame between nodes comes twice.
    PeerDuplicated, "peer-duplicated", EachTime;
    /// A frame between nodes overtakes others.
    PeerReordered, "peer-reordered", EachTime;
    /// A frame between nodes is cut short.
    PeerTruncated, "peer-truncated", EachTime;
    /// A frame between nodes ends in a part of another.
    PeerSpliced, "peer-spliced", EachTime;
    /// A bit of a frame between nodes is another.
    PeerFlipped, "peer-flipped", EachTime;
    /// A frame of an earlier session between two nodes comes again.
    PeerOldSession, "peer-old-session", EachTime;

    /// A request or an answer is lost.
    ClientLost, "client-lost", EachTime;
    /// A request or an answer comes late.
    ClientDelayed, "client-delayed", EachTime;
    /// A request comes twice.
    ClientDuplicated, "client-duplicated", EachTime;
    /// A request or an answer is cut short.
    ClientTruncated, "client-truncated", EachTime;
    /// A request or an answer ends in a part of another.
    ClientSpliced, "client-spliced", EachTime;
    /// A bit of a request or an answer is another.
    ClientFlipped, "client-flipped", EachTime;

    /// Nodes are parted, in both directions.
    Partition, "partition", NowAndThen;
    /// Some nodes do not hear some others, who hear them.
    OneWayPartition, "one-way-partition", NowAndThen;
    /// A node's clock, disk and network are slow.
    Slow, "slow", NowAndThen;
    /// A node stands still for a while and then goes on.
    Frozen, "frozen", NowAndThen;
    /// A platform is slow to write its anchor.
    SlowPlatform, "slow-platform", EachTime;
    /// A clock ticks many times at once.
    ClockJump, "clock-jump", NowAndThen;
    /// A clock stops for a while.
    ClockStop, "clock-stop", NowAndThen;
    /// A leader is not heard by the others for as long as it takes to vote for another.
    LeaderPushed, "leader-pushed", NowAndThen;

    /// A write fails: the host gives up its HSM and starts it again.
    WriteFailed, "write-failed", EachTime;
    /// The last write before a power loss is on disk in part.
    WriteTorn, "write-torn", EachTime;
    /// A write goes to another's place.
    WriteMisdirected, "write-misdirected", EachTime;
    /// A host says that a batch is on disk, and it is not.
    WriteLost, "write-lost", EachTime;
    /// A host takes long to write.
    WriteDelayed, "write-delayed", EachTime;
    /// A read fails: the host gives up its HSM and starts it again.
    ReadFailed, "read-failed", EachTime;
    /// A bit on a disk is another.
    BitRot, "bit-rot", NowAndThen;
    /// A host's store is put back to an earlier state.
    TimeMachine, "time-machine", NowAndThen;
    /// A host's log loses its last entries.
    LogCutShort, "log-cut-short", NowAndThen;
    /// An entry that was cut off once stands in a host's log again, at its old place.
    LogSpliced, "log-spliced", NowAndThen;
    /// A host's store is swapped for another node's.
    DiskSwapped, "disk-swapped", NowAndThen;
    /// A host's store is emptied.
    DiskEmptied, "disk-emptied", NowAndThen;

    /// An HSM is started a second time on the same platform, on another machine with a copy of the disk.
    StartedTwice, "started-twice", NowAndThen;
    /// An HSM is started from a copy of its platform's files without the anchor.
    ClonedWithoutAnchor, "cloned-without-anchor", NowAndThen;

    /// A host tells its HSM what is not so.
    HostInvents, "host-invents", EachTime;
    /// A host withholds an answer from its HSM.
    HostWithholds, "host-withholds", EachTime;
    /// A host answers for its own store with nodes that other hosts brought.
    HostClaims, "host-claims", EachTime;
    /// A host answers its HSM out of order.
    HostReorders, "host-reorders", EachTime;

    /// A device is switched off in the middle of something and goes on later.
    ClientCrash, "client-crash", EachTime;
    /// A client loses patience and asks another node while the first still works.
    ClientImpatient, "client-impatient", EachTime;
    /// Two devices of one person do the same thing at once.
    ClientRace, "client-race", EachTime;
    /// An enemy guesses passwords, at several nodes at once.
    EnemyGuesses, "enemy-guesses", NowAndThen;
    /// An enemy sends recorded frames again, to any node.
    EnemyReplays, "enemy-replays", NowAndThen;
    /// An enemy sends requests that are not what they say.
    EnemyLies, "enemy-lies", NowAndThen;
    /// An enemy registers and uploads again while answers are withheld.
    EnemyInitialises, "enemy-initialises", NowAndThen;
    /// An enemy who holds half of what an owner holds makes something of it.
    EnemyForges, "enemy-forges", NowAndThen;
}

impl Fault {
    /// How many classes there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The place in [`Self::ALL`].
    pub fn place(self) -> usize {
        usize::from(self as u8)
    }

    /// The class of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.word() == word)
    }

    /// Whether the class spoils a host's disk for good, so that its member has to be healed.
    pub fn spoils_disk(self) -> bool {
        matches!(
            self,
            Self::WriteTorn
                | Self::WriteMisdirected
                | Self::WriteLost
                | Self::BitRot
                | Self::TimeMachine
                | Self::LogCutShort
                | Self::LogSpliced
                | Self::DiskSwapped
                | Self::DiskEmptied
                | Self::StartedTwice
                | Self::HostClaims
                | Self::NodeLost
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_stands_at_its_place_and_is_found_by_its_word() {
        for (place, fault) in Fault::ALL.iter().enumerate() {
            assert_eq!(fault.place(), place);
            assert_eq!(Fault::from_word(fault.word()), Some(*fault));
        }
    }
}
