//! The one framing under every hash, MAC, key derivation, seal and signature.
//!
//! Specification: `docs/spec/crypto.md`, "Framing": the label and each part,
//! each led by its length as eight bytes, most significant first. Two
//! different lists of label and parts never frame to the same bytes.

use alloc::vec::Vec;

use crate::label::Label;

/// Frames a label and parts into one string of bytes.
pub(crate) fn frame(label: Label, parts: &[&[u8]]) -> Vec<u8> {
    let parts_length: usize = parts.iter().map(|part| part.len().saturating_add(8)).sum();
    let mut framed = Vec::with_capacity(label.text().len().saturating_add(8).saturating_add(parts_length));
    frame_into(label, parts, |bytes| framed.extend_from_slice(bytes));
    framed
}

/// Hands the framed bytes to `take` piece by piece.
pub(crate) fn frame_into(label: Label, parts: &[&[u8]], mut take: impl FnMut(&[u8])) {
    let label = label.text().as_bytes();
    for part in core::iter::once(&label).chain(parts) {
        take(&(part.len() as u64).to_be_bytes());
        take(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::labels;

    #[test]
    fn a_frame_is_lengths_and_bytes() {
        assert_eq!(
            hex::encode(frame(labels::RECORD_ID, &[b"ab", b""])),
            concat!(
                "0000000000000017",
                "7374726f6e67726f6f6d2f76312f7265636f72642d6964",
                "0000000000000002",
                "6162",
                "0000000000000000"
            )
        );
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(frame(labels::RECORD_ID, &[b"ab", b"c"]), frame(labels::RECORD_ID, &[b"a", b"bc"]));
        assert_ne!(frame(labels::RECORD_ID, &[]), frame(labels::RECORD_ID, &[b""]));
    }
}
