//! The layout of keys. Page: `docs/design/store.md`.
//!
//! Numbers are big-endian, so that the order of keys is the order of numbers.

use strongroom_protocol::{
    ids::{LogIndex, RecordId},
    pipe::{NodeName, NodeVersion, Prefix},
};

/// Where the format version stands.
pub(super) const FORMAT: &[u8] = b"format";
/// Where the head table stands.
pub(super) const HEAD_TABLE: &[u8] = b"head";
/// The head table before it.
pub(super) const HEAD_TABLE_BEFORE: &[u8] = b"head-before";

/// Leads the name of a leaf; an inner node's begins with its half-bytes, 64 at most.
const LEAF: u8 = 0xff;

/// The key of a log entry.
pub(super) fn entry(index: LogIndex) -> [u8; 8] {
    index.0.to_be_bytes()
}

/// Reads the key of a log entry.
pub(super) fn entry_index(key: &[u8]) -> Option<LogIndex> {
    Some(LogIndex(u64::from_be_bytes(key.try_into().ok()?)))
}

/// The name of a node: its half-bytes and as many bytes as they need, or 0xff and the record id.
pub(super) fn name(name: &NodeName) -> Vec<u8> {
    let (lead, bytes) = match name {
        NodeName::Inner(prefix) => {
            let whole = usize::from(prefix.nibbles().div_ceil(2));
            (prefix.nibbles(), prefix.as_bytes().get(..whole).unwrap_or_default())
        }
        NodeName::Leaf(record) => (LEAF, record.as_bytes().as_slice()),
    };
    let mut key = Vec::with_capacity(bytes.len() + 9);
    key.push(lead);
    key.extend_from_slice(bytes);
    key
}

/// The key of one version of a node.
pub(super) fn version(node: &NodeVersion) -> Vec<u8> {
    let mut key = name(&node.name);
    key.extend_from_slice(&node.version.0.to_be_bytes());
    key
}

/// The key that says: `old` has a newer version, `newer`.
pub(super) fn superseded(newer: LogIndex, old: &NodeVersion) -> Vec<u8> {
    let mut key = newer.0.to_be_bytes().to_vec();
    key.extend_from_slice(&version(old));
    key
}

/// Takes the newer version and the key of the old one apart.
pub(super) fn superseded_parts(key: &[u8]) -> Option<(LogIndex, &[u8])> {
    let (newer, old) = key.split_first_chunk::<8>()?;
    Some((LogIndex(u64::from_be_bytes(*newer)), old))
}

/// The version at the end of a node's key.
pub(super) fn version_of(key: &[u8]) -> Option<LogIndex> {
    let (_, version) = key.split_last_chunk::<8>()?;
    Some(LogIndex(u64::from_be_bytes(*version)))
}

/// The names on the path of a record, from the root down; the leaf is not among them.
pub(super) fn inner_names(record: &RecordId) -> impl Iterator<Item = NodeName> + '_ {
    (0..=64).map(|nibbles| NodeName::Inner(Prefix::of(record, nibbles)))
}
