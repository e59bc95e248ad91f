//! Finds the first leaf at which two logs differ, by the hashes of their subtrees.

use super::GossipError;
use crate::merkle::Subtrees;
use std::fmt::Display;

/// The first index below `end` at which the leaves of two trees differ, if they do.
pub(super) fn first_difference<A, B>(a: &A, b: &B, end: u64) -> Result<Option<u64>, GossipError>
where
    A: Subtrees<Error: Display>,
    B: Subtrees<Error: Display>,
{
    let mut start = 0u64;
    while start < end {
        // The largest full subtree that begins here and ends in time.
        let level = (0..63u8).rev().find(|level| {
            let width = 1u64 << level;
            start.is_multiple_of(width) && start.checked_add(width).is_some_and(|reach| reach <= end)
        });
        let Some(level) = level else { return Ok(None) };
        if differs(a, b, level, start >> level)? {
            return descend(a, b, level, start >> level).map(Some);
        }
        start = start.saturating_add(1 << level);
    }
    Ok(None)
}

fn descend<A, B>(a: &A, b: &B, level: u8, index: u64) -> Result<u64, GossipError>
where
    A: Subtrees<Error: Display>,
    B: Subtrees<Error: Display>,
{
    let (mut level, mut index) = (level, index);
    while level > 0 {
        level -= 1;
        index = index.saturating_mul(2);
        if !differs(a, b, level, index)? {
            index = index.saturating_add(1);
        }
    }
    Ok(index)
}

fn differs<A, B>(a: &A, b: &B, level: u8, index: u64) -> Result<bool, GossipError>
where
    A: Subtrees<Error: Display>,
    B: Subtrees<Error: Display>,
{
    let first = a.subtree(level, index).map_err(GossipError::missing)?;
    let second = b.subtree(level, index).map_err(GossipError::missing)?;
    Ok(first != second)
}
