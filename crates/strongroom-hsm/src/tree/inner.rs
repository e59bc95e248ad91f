//! The plaintext of an inner node. Page: `docs/spec/tree.md`, "Inner node".

use crate::tree::{NodeReference, sealing::Plaintext};
use strongroom_crypto::Secret;
use strongroom_protocol::{
    ids::{LogIndex, RecordId},
    pipe::{NodeName, NodeVersion, Prefix},
};

/// Half-bytes of a record id.
const NIBBLES: u8 = 64;

/// What an inner node holds of one of its sixteen children.
#[derive(Default)]
pub(super) enum Child {
    /// No record begins so.
    #[default]
    Empty,
    /// More than one record begins so.
    Inner(NodeReference),
    /// Exactly one record begins so.
    Leaf(RecordId, NodeReference),
}

/// The children of an inner node, by the half-byte that follows its prefix.
pub(super) type Children = [Child; 16];

/// A node opens, but holds what no member seals; only a broken peer, or a broken
/// member of old, makes one. Another copy of it cannot be any better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tree node {node:?} opens, but {rule}")]
pub struct Malformed {
    /// Which node.
    pub node: NodeVersion,
    /// What is wrong with it.
    pub rule: &'static str,
}

/// Gives the half-byte of a record id at a place; zero beyond its end.
pub(super) fn nibble(record: &RecordId, at: u8) -> u8 {
    let byte = record.as_bytes().get(usize::from(at / 2)).copied().unwrap_or(0);
    if at.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
}

/// Gives the prefix that is one half-byte longer; the same where it is whole already.
pub(super) fn child_prefix(parent: &Prefix, nibble: u8) -> Prefix {
    let length = parent.nibbles();
    let mut bytes = *parent.as_bytes();
    if let Some(byte) = bytes.get_mut(usize::from(length / 2)) {
        *byte |= if length.is_multiple_of(2) { nibble << 4 } else { nibble & 0x0f };
    }
    Prefix::of(&RecordId::new(bytes), length.saturating_add(1))
}

/// Encodes the children of a node that was last touched at `version`.
///
/// No child is newer than its parent; the age of each is what is written.
pub(super) fn encode(children: &Children, version: LogIndex) -> Plaintext {
    let mut kinds: u32 = 0;
    let mut age_max: u64 = 0;
    let mut length: usize = 5;
    let width_of = |age: u64| 8_u32.saturating_sub(age.leading_zeros() / 8);
    for child in children {
        let (kind, bytes) = match child {
            Child::Empty => (0, 0),
            Child::Inner(_) => (1, 40),
            Child::Leaf(..) => (2, 72),
        };
        kinds = kinds << 2 | kind;
        length = length.saturating_add(bytes);
        age_max = age_max.max(child.reference().map_or(0, |reference| age(version, reference)));
    }
    let width = width_of(age_max);

    // The buffer never grows, so that no copy of a key is left behind.
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(&kinds.to_be_bytes());
    out.extend(width.to_be_bytes().last());
    for child in children {
        if let Child::Leaf(record, _) = child {
            out.extend_from_slice(record.as_bytes());
        }
        if let Some(reference) = child.reference() {
            let age = age(version, reference).to_be_bytes();
            out.extend(age.iter().skip(8_usize.saturating_sub(width as usize)));
            out.extend_from_slice(reference.key.expose());
        }
    }
    Plaintext::of_inner(out)
}

fn age(version: LogIndex, reference: &NodeReference) -> u64 {
    version.0.saturating_sub(reference.version.0)
}

impl Child {
    pub(super) fn reference(&self) -> Option<&NodeReference> {
        match self {
            Self::Empty => None,
            Self::Inner(reference) | Self::Leaf(_, reference) => Some(reference),
        }
    }
}

/// Decodes all of `plaintext` as the node at a prefix and version.
pub(super) fn decode(prefix: &Prefix, version: LogIndex, plaintext: &[u8]) -> Result<Children, Malformed> {
    let node = NodeVersion { name: NodeName::Inner(*prefix), version };
    decode_children(prefix, version, plaintext).map_err(|rule| Malformed { node, rule })
}

fn decode_children(prefix: &Prefix, version: LogIndex, plaintext: &[u8]) -> Result<Children, &'static str> {
    let (kinds, rest) = plaintext.split_first_chunk().ok_or(TRUNCATED)?;
    let kinds = u32::from_be_bytes(*kinds);
    let (width, rest) = rest.split_first().ok_or(TRUNCATED)?;
    if *width > 8 {
        return Err("an age is wider than eight bytes");
    }
    let mut reader = Reader { rest, width: usize::from(*width), version, widest: 0 };
    let mut children = Children::default();
    for (at, child) in (0_u8..).zip(&mut children) {
        let kind = kinds >> (30_u32.saturating_sub(u32::from(at) << 1)) & 3;
        let place = child_prefix(prefix, at);
        *child = match kind {
            0 => Child::Empty,
            1 if place.nibbles() >= NIBBLES => return Err("an inner child stands where a record id ends"),
            1 => Child::Inner(reader.reference()?),
            2 => Child::Leaf(reader.record(&place)?, reader.reference()?),
            _ => return Err("a child is of no known kind"),
        };
    }
    reader.end()?;
    check_shape(prefix, &children, version)?;
    Ok(children)
}

/// Checks that the node may stand where it stands and was touched when it says.
fn check_shape(prefix: &Prefix, children: &Children, version: LogIndex) -> Result<(), &'static str> {
    let present = children.iter().filter(|child| child.reference().is_some()).count();
    let alone = matches!(children.iter().find(|child| child.reference().is_some()), Some(Child::Leaf(..)));
    if present == 0 || (present == 1 && alone && prefix.nibbles() > 0) {
        return Err("fewer than two records begin with its prefix");
    }
    let touched = |child: &&Child| child.reference().is_some_and(|reference| reference.version == version);
    if children.iter().filter(touched).count() != 1 {
        return Err("not exactly one child was touched with it");
    }
    Ok(())
}

const TRUNCATED: &str = "it is truncated";

/// Reads children from what is left of a plaintext.
struct Reader<'a> {
    rest: &'a [u8],
    width: usize,
    version: LogIndex,
    widest: u64,
}

impl Reader<'_> {
    fn record(&mut self, place: &Prefix) -> Result<RecordId, &'static str> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(TRUNCATED)?;
        self.rest = rest;
        let record = RecordId::new(*bytes);
        if Prefix::of(&record, place.nibbles()) != *place {
            return Err("a leaf stands where its record id does not lead");
        }
        Ok(record)
    }

    fn reference(&mut self) -> Result<NodeReference, &'static str> {
        let (bytes, rest) = self.rest.split_at_checked(self.width).ok_or(TRUNCATED)?;
        let age = bytes.iter().fold(0, |age: u64, byte| age << 8 | u64::from(*byte));
        let (key, rest) = rest.split_at_checked(32).ok_or(TRUNCATED)?;
        self.rest = rest;
        self.widest = self.widest.max(age);
        let version = self.version.0.checked_sub(age).filter(|version| *version > 0);
        Ok(NodeReference {
            version: LogIndex(version.ok_or("a child is older than the log")?),
            key: Secret::from_slice(key).ok_or(TRUNCATED)?,
        })
    }

    fn end(&self) -> Result<(), &'static str> {
        if !self.rest.is_empty() {
            return Err("bytes follow its end");
        }
        let narrower = self.width.checked_sub(1).and_then(|bytes| u32::try_from(bytes << 3).ok());
        match narrower {
            Some(bits) if self.widest >> bits == 0 => Err("its ages are written wider than they are"),
            _ => Ok(()),
        }
    }
}
