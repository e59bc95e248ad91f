//! Reads that a majority confirms (read index), without an entry in the log.
//!
//! A context names the node that asks and its own count; contexts are unique while
//! they are on their way, because raft-rs ignores one that it has seen. A read that raft-rs
//! drops (a new leader has not committed yet) is asked again by its author.

use super::Replica;
use strongroom_protocol::{ids::NodeNumber, limits::READS_PENDING_MAX};

/// Writes a read context: the node, then its count.
pub(super) fn write_context(node: NodeNumber, context: u64) -> Vec<u8> {
    let mut bytes = vec![node.0];
    bytes.extend_from_slice(&context.to_be_bytes());
    bytes
}

/// Reads what [`write_context`] wrote.
pub(super) fn read_context(bytes: &[u8]) -> Option<(NodeNumber, u64)> {
    let (node, context) = bytes.split_first()?;
    Some((NodeNumber(*node), u64::from_be_bytes(context.try_into().ok()?)))
}

impl Replica {
    /// Asks a majority to confirm that this member still leads; what comes of it is in the
    /// outbox. Does nothing where it does not lead, or too many reads are on their way.
    pub fn read_index(&mut self, node: NodeNumber, context: u64) {
        if self.leads() && self.raw.raft.pending_read_count() < READS_PENDING_MAX {
            self.raw.read_index(write_context(node, context));
        }
    }
}
