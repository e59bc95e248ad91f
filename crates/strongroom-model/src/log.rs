//! A model's log: a few entries, each with its term and what it says.
//!
//! A log is compared entry by entry. So it stands for itself and for its running digest at once:
//! two logs with one digest are equal.

use std::fmt;

/// Entries that a log has room for.
pub const ENTRIES_MAX: usize = 4;
/// Attempts that an entry can name.
pub const ATTEMPTS_MAX: u8 = 4;
/// Members that an entry can name.
pub const MEMBERS_MAX: u8 = 5;

const TERM_SHIFT: u8 = 5;
const CONTENT_BITS: u8 = 0b1_1111;
const SUCCESS: u8 = 1 + ATTEMPTS_MAX * MEMBERS_MAX;

/// What an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What a new leader begins its term with.
    Empty,
    /// A guess is taken for an attempt; the opener holds the request.
    Spend {
        /// The attempt.
        attempt: u8,
        /// The member that answers it.
        opener: u8,
    },
    /// The first attempt knew the password: it and those before it are forgiven.
    Success {
        /// The member that answers it.
        opener: u8,
    },
}

/// An entry in one byte: three bits of term, five of content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Entry(u8);

impl Entry {
    /// An entry of a term.
    #[must_use]
    pub fn new(term: u8, content: Content) -> Self {
        let content = match content {
            Content::Empty => 0,
            Content::Spend { attempt, opener } => 1 + attempt * MEMBERS_MAX + opener,
            Content::Success { opener } => SUCCESS + opener,
        };
        Self(term << TERM_SHIFT | content)
    }

    /// Its term.
    #[must_use]
    pub fn term(self) -> u8 {
        self.0 >> TERM_SHIFT
    }

    /// What it says.
    #[must_use]
    pub fn content(self) -> Content {
        match self.0 & CONTENT_BITS {
            0 => Content::Empty,
            code if code >= SUCCESS => Content::Success { opener: code - SUCCESS },
            code => Content::Spend { attempt: (code - 1) / MEMBERS_MAX, opener: (code - 1) % MEMBERS_MAX },
        }
    }

    /// The same entry with its member under another number.
    #[must_use]
    pub fn renumbered(self, number: impl Fn(u8) -> u8) -> Self {
        let content = match self.content() {
            Content::Empty => return self,
            Content::Spend { attempt, opener } => Content::Spend { attempt, opener: number(opener) },
            Content::Success { opener } => Content::Success { opener: number(opener) },
        };
        Self::new(self.term(), content)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content() {
            Content::Empty => write!(f, "{}:empty", self.term()),
            Content::Spend { attempt, opener } => write!(f, "{}:spend{attempt}@{opener}", self.term()),
            Content::Success { opener } => write!(f, "{}:success@{opener}", self.term()),
        }
    }
}

/// A log behind the fleet's first checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Log {
    len: u8,
    entries: [Entry; ENTRIES_MAX],
}

impl Log {
    /// Entries in it.
    #[must_use]
    pub fn len(&self) -> u8 {
        self.len
    }

    /// Whether nothing stands behind the first checkpoint.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its entries.
    pub fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        self.entries.iter().take(usize::from(self.len)).copied()
    }

    /// The term of the last of the first `count` entries; zero for the first checkpoint.
    #[must_use]
    pub fn term_at(&self, count: u8) -> u8 {
        count.checked_sub(1).and_then(|at| self.entries.get(usize::from(at))).map_or(0, |entry| entry.term())
    }

    /// What a candidate shows of its log, in an order in which the greater is the more recent.
    #[must_use]
    pub fn last(&self) -> (u8, u8) {
        (self.term_at(self.len), self.len)
    }

    /// Appends an entry; none is appended beyond [`ENTRIES_MAX`].
    pub fn push(&mut self, entry: Entry) {
        if let Some(place) = self.entries.get_mut(usize::from(self.len)) {
            *place = entry;
            self.len += 1;
        }
    }

    /// The first `count` entries.
    #[must_use]
    pub fn prefix(&self, count: u8) -> Self {
        let mut prefix = Self::default();
        self.iter().take(usize::from(count)).for_each(|entry| prefix.push(entry));
        prefix
    }

    /// Whether it begins with all of another log.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        self.len >= other.len && self.prefix(other.len) == *other
    }

    /// How many entries two logs have in common at their beginning.
    #[must_use]
    pub fn common(&self, other: &Self) -> u8 {
        let common = self.iter().zip(other.iter()).take_while(|(one, two)| one == two).count();
        u8::try_from(common).unwrap_or(u8::MAX)
    }

    /// The same log with the members under other numbers.
    #[must_use]
    pub fn renumbered(&self, number: impl Fn(u8) -> u8) -> Self {
        let mut renumbered = Self::default();
        self.iter().for_each(|entry| renumbered.push(entry.renumbered(&number)));
        renumbered
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
