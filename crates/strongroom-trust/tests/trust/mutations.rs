//! A unit with one byte changed, cut or repeated is refused, with an error and without a panic.

use crate::world::*;
use strongroom_trust::*;

/// A small log, so that the whole unit is walked through in a moment.
fn unit() -> (Vec<u8>, TrustRoot, VerifiedDelivery) {
    let actors = Actors::honest();
    let mut draft = Draft::new();
    draft.size = 5;
    draft.revocations = vec![revocation("f2023a", &[&actors.auditor.revocation])];
    let bytes = draft.sign(&actors).bytes();
    let root = actors.root(2);
    let verified = verify(&bytes, &root, &device()).unwrap();
    (bytes, root, verified)
}

#[test]
fn every_changed_byte_is_refused() {
    let (bytes, root, _) = unit();
    let mut names = std::collections::BTreeSet::new();
    for place in 0..bytes.len() {
        for flip in [1, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[place] ^= flip;
            let error = verify(&changed, &root, &device()).expect_err(&format!("byte {place} by {flip}"));
            names.insert(error.name());
        }
    }
    // No auditor's: the operator's signature, which is looked at first, covers the auditor's line.
    let expected =
        ["checkpoints-differ", "inclusion", "note", "operator-signature", "proof", "revocation", "unit"];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn every_cut_is_refused() {
    let (bytes, root, _) = unit();
    // Where a whole revocation is cut off what is left is a unit: only a status can say that it is missing.
    let revocation = bytes.windows(11).position(|window| window == b"revocation ").unwrap();
    for length in 0..bytes.len() {
        let result = verify(&bytes[..length], &root, &device());
        assert_eq!(result.is_ok(), length == revocation, "{length}");
    }
    for place in 0..bytes.len() {
        let cut = [&bytes[..place], &bytes[place + 1..]].concat();
        assert!(verify(&cut, &root, &device()).is_err(), "byte {place} left out");
    }
}

#[test]
fn every_repeated_byte_line_and_half_is_refused() {
    let (bytes, root, _) = unit();
    for place in 0..bytes.len() {
        let repeated = [&bytes[..=place], &bytes[place..]].concat();
        assert!(verify(&repeated, &root, &device()).is_err(), "byte {place} twice");
    }
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for place in 0..lines.len() {
        let repeated = [&lines[..=place], &lines[place..]].concat().concat();
        assert!(verify(&repeated, &root, &device()).is_err(), "line {place} twice");
        let swapped = [&lines[..place], &lines[place + 1..], &lines[place..=place]].concat().concat();
        assert!(swapped == bytes || verify(&swapped, &root, &device()).is_err(), "line {place} at the end");
    }
    assert!(verify(&[bytes.clone(), bytes].concat(), &root, &device()).is_err());
}

#[test]
fn where_a_witness_is_spare_a_change_to_its_line_changes_nothing_else() {
    let (bytes, _, _) = unit();
    let root = Actors::honest().root(1);
    let verified = verify(&bytes, &root, &device()).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    // Both proofs lose the second witness's name in the same way: its line is then a stranger's.
    let stranger = text.replace("\u{2014} witness-2.example ", "\u{2014} witness-3.example ");
    let met = verify(stranger.as_bytes(), &root, &device()).unwrap();
    assert_eq!(met.bundle(), verified.bundle());
    assert_eq!(met.checkpoint().times().len(), 1);
}

#[test]
fn what_is_no_unit_at_all_is_refused() {
    let root = Actors::honest().root(2);
    let huge = vec![b'a'; 256 * 1024 + 1];
    for bytes in [&b""[..], b"\n", b"{}", b"strongroom.example/delivery/v1\n", b"\xff\xfe", &huge] {
        assert_eq!(verify(bytes, &root, &device()).unwrap_err().name(), "unit");
    }
    let lengths =
        ["bundle 0\n", "bundle 18446744073709551615\n", "bundle -1\n", "bundle 01\na", "bundle 1\n"];
    for line in lengths {
        let unit = format!("strongroom.example/delivery/v1\n{line}");
        let error = verify(unit.as_bytes(), &root, &device()).unwrap_err();
        assert!(matches!(error.step(), Step::Limits), "{line}");
    }
}
