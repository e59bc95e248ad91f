//! Bundles of entries: each led by its length in two bytes, most significant first.

use crate::limits::LEAF_BYTES_MAX;

/// An entry is too long, or a bundle is no bundle of so many entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// An entry has more bytes than two bytes can count.
    #[error("an entry of a log has at most {LEAF_BYTES_MAX} bytes")]
    TooLong,
    /// A bundle ends within an entry.
    #[error("the bundle of entries is cut")]
    Cut,
    /// A bundle holds another number of entries.
    #[error("the bundle holds another number of entries than it should")]
    Count,
}

/// Writes a bundle of entries.
///
/// # Errors
/// [`EntriesError::TooLong`].
pub fn write_entries<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, EntriesError> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| EntriesError::TooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle that holds exactly so many entries.
///
/// # Errors
/// [`EntriesError::Cut`] or [`EntriesError::Count`].
pub fn read_entries(bytes: &[u8], count: u16) -> Result<Vec<&[u8]>, EntriesError> {
    let mut entries = Vec::with_capacity(usize::from(count));
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk() {
        if entries.len() == usize::from(count) {
            return Err(EntriesError::Count);
        }
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(EntriesError::Cut)?;
        entries.push(entry);
        rest = after;
    }
    match (rest.is_empty(), entries.len() == usize::from(count)) {
        (false, _) => Err(EntriesError::Cut),
        (true, false) => Err(EntriesError::Count),
        (true, true) => Ok(entries),
    }
}
