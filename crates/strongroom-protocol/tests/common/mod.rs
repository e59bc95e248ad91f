//! What every test of a wire type does.

#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use strongroom_protocol::{
    Wire, decode, encode,
    ids::{Digest, hex},
};

/// Reads bytes as they are written here and in `docs/spec/`: hexadecimal in groups, `bb*64` for 64 bytes of `bb`,
/// `"text"` for ASCII without blanks, and a comment from `#` to the end of the line.
pub(crate) fn bytes_of(text: &str) -> Vec<u8> {
    let words = text.lines().flat_map(|line| line.split('#').next().unwrap().split_whitespace());
    words.flat_map(word_bytes).collect()
}

fn word_bytes(word: &str) -> Vec<u8> {
    if let Some(ascii) = word.strip_prefix('"') {
        return ascii.strip_suffix('"').unwrap().as_bytes().to_vec();
    }
    let (digits, times) = match word.split_once('*') {
        Some((digits, times)) => (digits, times.parse().unwrap()),
        None => (word, 1),
    };
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
    pairs.collect::<Vec<_>>().repeat(times)
}

/// The block of a page that is marked as its sample.
pub(crate) fn sample_of(page: &str) -> Vec<u8> {
    let (_, rest) = page.split_once("```sample\n").unwrap();
    bytes_of(rest.split_once("```").unwrap().0)
}

/// Holds a value against its golden bytes, both ways, and refuses what is near them.
pub(crate) fn check<T: Wire + PartialEq>(value: &T, golden: &str) {
    check_bytes(value, &bytes_of(golden));
}

/// As [`check`], with the golden bytes themselves.
pub(crate) fn check_bytes<T: Wire + PartialEq>(value: &T, golden: &[u8]) {
    assert_eq!(hex(&encode(value)), hex(golden));
    assert!(decode::<T>(golden).is_ok_and(|decoded| decoded == *value), "the bytes give the value back");
    for end in 0..golden.len() {
        let refusal = decode::<T>(&golden[..end]).err().unwrap();
        assert_eq!(refusal.message(), T::NAME);
    }
    let mut trailing = [golden, &[0]].concat();
    for byte in 0..=255 {
        trailing[golden.len()] = byte;
        assert!(decode::<T>(&trailing).is_err(), "a trailing {byte}");
    }
    every_encoding_is_the_only_one::<T>(golden);
}

/// Whatever decodes after one bit has changed encodes to the same bytes again.
fn every_encoding_is_the_only_one<T: Wire>(golden: &[u8]) {
    let mut changed = golden.to_vec();
    for at in 0..golden.len().min(600) {
        for bit in [1, 2, 0x80] {
            changed[at] ^= bit;
            if let Ok(value) = decode::<T>(&changed) {
                assert_eq!(hex(&encode(&value)), hex(&changed), "byte {at}");
            }
            changed[at] ^= bit;
        }
    }
}

/// The text of the refusal of some bytes.
pub(crate) fn refusal<T: Wire>(text: &str) -> String {
    decode::<T>(&bytes_of(text)).err().unwrap().to_string()
}

pub(crate) fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}
