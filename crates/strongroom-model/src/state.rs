//! The state of a modelled fleet: what lasts on each node, what runs, what was ever said.

use crate::log::Log;

/// Elections that a state has room for.
pub const TERMS_MAX: usize = 3;

/// Members as bits.
pub type Members = u8;

/// The head table with the log that its digest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Head {
    /// The term.
    pub term: u8,
    /// The member voted for in it, counted from one; zero for none.
    pub vote: u8,
    /// The log up to the last entry.
    pub log: Log,
}

/// What a host keeps on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Disk {
    /// The newest head table.
    pub head: Head,
    /// The head table before it.
    pub before: Head,
    /// The log.
    pub log: Log,
}

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Role {
    /// Its disk was not what the anchor names.
    Refused,
    /// Takes part.
    #[default]
    Follower,
    /// Asks for votes.
    Candidate,
    /// Leads.
    Leader,
}

/// One boot of an HSM: what is gone when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Process {
    /// What it is.
    pub role: Role,
    /// Its last complete batch.
    pub kept: Head,
    /// What raft-rs goes on from; a batch is on its way where this is not what is kept.
    pub memory: Head,
    /// Entries applied.
    pub applied: u8,
    /// Requests that were opened here and are not answered, as bits: attempts, then the success.
    pub open: u8,
}

/// One node: what lasts, and its newest boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Node {
    /// What the host keeps.
    pub disk: Disk,
    /// What the anchor names.
    pub anchor: Head,
    /// The newest boot.
    pub process: Process,
}

/// A boot that goes on while a newer one has taken its anchor over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OldBoot {
    /// Whose platform it stands on.
    pub node: u8,
    /// The boot.
    pub process: Process,
}

/// What a leader has said in its term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Said {
    /// The entries of its appends, from the first on; any part of them can arrive.
    pub log: Log,
    /// Its commit index.
    pub committed: u8,
}

/// Everything that was ever said in one term.
///
/// Nothing is taken back, and everything can arrive at any time, any number of times, or never:
/// that is loss, delay, reordering and repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term<const N: usize> {
    /// Who asked for votes, with the last term and length of its log, one more than they are.
    pub asked: [(u8, u8); N],
    /// Who voted for whom.
    pub votes: [Members; N],
    /// Who has led.
    pub led: Members,
    /// What was said by whoever led.
    pub said: Said,
    /// Up to which entry each acknowledged.
    pub acknowledged: [u8; N],
}

/// A whole fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State<const N: usize> {
    /// The nodes.
    pub nodes: [Node; N],
    /// A boot that does not know yet that it is not the newest.
    pub old_boot: Option<OldBoot>,
    /// What was said, by term, from the first election on.
    pub terms: [Term<N>; TERMS_MAX],
    /// A copy of a disk that a host keeps.
    pub copy: Option<(u8, Disk)>,
    /// Whose disk was put back, and has not healed since.
    pub put_back: Members,
    /// The longest log that anyone applied.
    pub decided: Log,
    /// Attempts that were answered with KE2, as bits.
    pub answered: u8,
    /// Whether the success was acknowledged.
    pub succeeded: bool,
}

impl<const N: usize> State<N> {
    /// A fleet that was founded and started: checkpoint 1 everywhere, nobody leads.
    #[must_use]
    pub fn founded() -> Self {
        let silence =
            Term { asked: [(0, 0); N], votes: [0; N], led: 0, said: Said::default(), acknowledged: [0; N] };
        Self {
            nodes: [Node::default(); N],
            old_boot: None,
            terms: [silence; TERMS_MAX],
            copy: None,
            put_back: 0,
            decided: Log::default(),
            answered: 0,
            succeeded: false,
        }
    }

    /// A boot: the newest of a node, or the one before.
    #[must_use]
    pub fn process(&self, who: Who) -> Option<&Process> {
        match (who.old, &self.old_boot) {
            (false, _) => self.nodes.get(usize::from(who.node)).map(|node| &node.process),
            (true, Some(old)) if old.node == who.node => Some(&old.process),
            (true, _) => None,
        }
    }

    pub(crate) fn process_mut(&mut self, who: Who) -> Option<&mut Process> {
        match (who.old, &mut self.old_boot) {
            (false, _) => self.nodes.get_mut(usize::from(who.node)).map(|node| &mut node.process),
            (true, Some(old)) if old.node == who.node => Some(&mut old.process),
            (true, _) => None,
        }
    }

    /// Every boot that runs.
    pub fn boots(&self) -> impl Iterator<Item = (Who, &Process)> {
        let newest = (0_u8..).zip(&self.nodes).map(|(node, of)| (Who { node, old: false }, &of.process));
        newest.chain(self.old_boot.iter().map(|old| (Who { node: old.node, old: true }, &old.process)))
    }

    /// What was said in a term; the founding's, zero, has nothing.
    #[must_use]
    pub fn term(&self, term: u8) -> Option<&Term<N>> {
        self.terms.get(usize::from(term.checked_sub(1)?))
    }

    pub(crate) fn term_mut(&mut self, term: u8) -> Option<&mut Term<N>> {
        self.terms.get_mut(usize::from(term.checked_sub(1)?))
    }
}

/// Names a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who {
    /// The node.
    pub node: u8,
    /// The boot before the newest.
    pub old: bool,
}

impl Process {
    /// Whether no batch is on its way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.kept == self.memory
    }
}

/// The bit of a member.
#[must_use]
pub fn bit(node: u8) -> Members {
    1 << node
}

/// Whether so many members are more than half.
#[must_use]
pub fn is_majority<const N: usize>(count: usize) -> bool {
    count > N / 2
}

/// How many members a set has.
#[must_use]
pub fn count(members: Members) -> usize {
    usize::try_from(members.count_ones()).unwrap_or(0)
}
