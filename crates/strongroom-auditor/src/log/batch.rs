//! Leaves that were begun to be appended, in a file of their own.
//!
//! A header line, `start` and the index of the first leaf, `leaves` and their number, an empty line, and the
//! leaves, each led by its length in two bytes.

use crate::limits::{BATCH_BYTES_MAX, BATCH_LEAVES_MAX};
use strongroom_trust::{
    limits::LEAF_BYTES_MAX,
    lines::Lines,
    tile::{read_entries, write_entries},
};

const HEADER: &str = "strongroom.example/log-batch/v1";

/// Leaves with the place where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    start: u64,
    leaves: Vec<Vec<u8>>,
}

/// Leaves that cannot be appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// There are none, or too many.
    #[error("1 to {BATCH_LEAVES_MAX} leaves are appended at once")]
    Count,
    /// A leaf is too long.
    #[error("a leaf of a log has 1 to {LEAF_BYTES_MAX} bytes")]
    Leaf,
}

impl Batch {
    /// Takes leaves for the place where the log ends.
    ///
    /// # Errors
    /// See [`BatchError`].
    pub fn new(start: u64, leaves: Vec<Vec<u8>>) -> Result<Self, BatchError> {
        if leaves.is_empty() || leaves.len() > BATCH_LEAVES_MAX {
            return Err(BatchError::Count);
        }
        if leaves.iter().any(|leaf| leaf.is_empty() || leaf.len() > LEAF_BYTES_MAX) {
            return Err(BatchError::Leaf);
        }
        Ok(Self { start, leaves })
    }

    /// The index of the first leaf.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The log's size once all are in it.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.leaves.len() as u64)
    }

    /// The leaves, in their order.
    pub fn leaves(&self) -> &[Vec<u8>] {
        &self.leaves
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, BatchError> {
        let head = format!("{HEADER}\nstart {}\nleaves {}\n\n", self.start, self.leaves.len());
        let entries = write_entries(&self.leaves).map_err(|_| BatchError::Leaf)?;
        Ok([head.into_bytes(), entries].concat())
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(2).take(128).position(|pair| pair == b"\n\n")?;
        let (head, entries) = bytes.split_at_checked(end.checked_add(1)?)?;
        let mut lines = Lines::of(head, BATCH_BYTES_MAX).ok()?;
        lines.exactly(HEADER).ok()?;
        let start = lines.expect("start").ok()?.number().ok()?;
        let count = lines.expect("leaves").ok()?.number().ok()?;
        lines.end().ok()?;
        let leaves = read_entries(entries.get(1..)?, count).ok()?;
        Self::new(start, leaves.into_iter().map(Into::into).collect()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_read_as_it_was_written_and_no_cut_one_is() {
        let batch = Batch::new(7, vec![b"one\n\ntwo".to_vec(), vec![0; 300]]).unwrap();
        let bytes = batch.to_bytes().unwrap();
        assert!(
            bytes.starts_with(
                b"strongroom.example/log-batch/v1\nstart 7\nleaves 2\n\n\0\x08one\n\ntwo\x01\x2c"
            )
        );
        assert_eq!(Batch::parse(&bytes), Some(batch));
        for cut in 0..bytes.len() {
            assert_eq!(Batch::parse(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(Batch::parse(&[bytes, vec![0]].concat()), None);
    }

    #[test]
    fn leaves_have_their_bounds() {
        assert_eq!(Batch::new(0, vec![]), Err(BatchError::Count));
        assert_eq!(Batch::new(0, vec![vec![1]; 21]), Err(BatchError::Count));
        assert_eq!(Batch::new(0, vec![vec![]]), Err(BatchError::Leaf));
        assert_eq!(Batch::new(0, vec![vec![0; 65_536]]), Err(BatchError::Leaf));
        assert!(Batch::new(0, vec![vec![0; 65_535]]).is_ok());
    }
}
