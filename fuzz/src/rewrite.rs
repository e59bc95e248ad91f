//! The small changes by which good texts are broken: a zero before a number, a line twice, another word.

use crate::{tape::Tape, twist::twist};

/// Changes of one text at most.
const CHANGES_MAX: usize = 4;
/// What is put before words and in their place.
const FRAGMENTS: [&str; 17] = [
    "0",
    "+",
    "-",
    " ",
    "\n",
    "\t",
    "\r",
    "A",
    "none",
    "18446744073709551615",
    "\u{e9}",
    "=",
    "INSECURE SIMULATION\n",
    "extra \n",
    "revocation sha256:0000000000000000000000000000000000000000000000000000000000000000\n",
    "1970-01-01T00:00:00Z",
    "extra 0\n",
];
/// Copies of a line at most: more than any form allows.
const COPIES_MAX: u8 = 80;
/// Bytes of copies at most. A line without an end grows with each copy, and so would the copies of copies.
const COPIED_BYTES_MAX: usize = 256 * 1024;

/// Changes a text as the tape says, until it ends.
pub fn rewritten(mut text: Vec<u8>, tape: &mut Tape<'_>) -> Vec<u8> {
    for _ in 0..CHANGES_MAX {
        if tape.is_empty() {
            break;
        }
        rewrite(&mut text, tape);
    }
    text
}

/// Changes a text in one way.
fn rewrite(bytes: &mut Vec<u8>, tape: &mut Tape<'_>) {
    match tape.byte() % 6 {
        0 => {
            let (word, fragment) = (word(bytes, tape), fragment(tape));
            bytes.splice(word.start..word.start, fragment);
        }
        1 => {
            let (word, fragment) = (word(bytes, tape), fragment(tape));
            bytes.splice(word, fragment);
        }
        2 => lines(bytes, |lines| {
            let (place, copies) = (tape.place(lines.len()), usize::from(tape.byte() % COPIES_MAX));
            let line = lines.get(place).cloned().unwrap_or_default();
            let copies = copies.min(COPIED_BYTES_MAX / line.len().max(1));
            lines.splice(place..place, std::iter::repeat_n(line, copies));
        }),
        3 => lines(bytes, |lines| drop(lines.remove(tape.place(lines.len())))),
        4 => lines(bytes, |lines| {
            let (one, other) = (tape.place(lines.len()), tape.place(lines.len()));
            lines.swap(one, other);
        }),
        _ => twist(bytes, tape),
    }
}

fn fragment(tape: &mut Tape<'_>) -> impl Iterator<Item = u8> + use<> {
    FRAGMENTS[usize::from(tape.byte()) % FRAGMENTS.len()].bytes()
}

/// Where one of the words stands.
fn word(bytes: &[u8], tape: &mut Tape<'_>) -> std::ops::Range<usize> {
    let is_between = |byte: &u8| matches!(byte, b' ' | b'\n');
    let starts = std::iter::once(0)
        .chain(bytes.iter().enumerate().filter(|(_, byte)| is_between(byte)).map(|(at, _)| at + 1));
    let starts: Vec<usize> = starts.collect();
    let start = starts[tape.place(starts.len())];
    let length = bytes[start..].iter().position(is_between).unwrap_or(bytes.len() - start);
    start..start + length
}

/// Changes the lines of a text, each with its line feed.
fn lines(bytes: &mut Vec<u8>, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if !lines.is_empty() {
        change(&mut lines);
    }
    *bytes = lines.concat();
}
