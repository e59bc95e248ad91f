//! One good text for each form, and the small changes by which forms are broken: a zero before a number,
//! a line twice, another word.

use super::kept;
use crate::{
    tape::Tape,
    twist::twist,
    vectors::{UNIT_HEADER, file, sections_of},
};
use std::{collections::BTreeMap, sync::LazyLock};
use strongroom_trust::{sections::compose, tile::write_entries};

/// A good text for each form, by the form's name.
pub static GOLDEN: LazyLock<BTreeMap<&str, Vec<u8>>> = LazyLock::new(read);

/// What is put before words and in their place.
const FRAGMENTS: [&str; 16] = [
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
];
/// Copies of a line at most: more than any form allows.
const COPIES_MAX: u8 = 80;
/// Bytes of copies at most. A line without an end grows with each copy, and so would the copies of copies.
const COPIED_BYTES_MAX: usize = 256 * 1024;

fn read() -> BTreeMap<&'static str, Vec<u8>> {
    let unit = file("units/revoked-by-both.txt");
    let sections: BTreeMap<String, Vec<u8>> = sections_of(&unit, UNIT_HEADER).into_iter().collect();
    let section = |name: &str| sections[name].clone();
    let proof = String::from_utf8(section("status-proof")).expect("text");
    let (_, checkpoint_note) = proof.split_once("\n\n").expect("a checkpoint");
    let (checkpoint, _) = checkpoint_note.split_once("\n\n").expect("signatures");
    let root = String::from_utf8(file("texts/trust-root-simulation.txt")).expect("text");
    let key = |word: &str| {
        let line = root.lines().find(|line| line.starts_with(word)).expect("a key");
        line.rsplit(' ').next().expect("a word").as_bytes().to_vec()
    };
    let kept = [
        ("roots", file("chains/golden.txt")),
        ("memory", file("memories/epoch-7.txt")),
        ("unproved", checkpoint_note.into()),
    ]
    .map(|(name, text)| (name, String::from_utf8(text).expect("text")));
    let kept = kept.each_ref().map(|(name, text)| (*name, text.as_str()));
    let entries = write_entries(&[b"one".as_slice(), b"", b"three"]).expect("entries");
    BTreeMap::from([
        ("note", section("revocation")),
        ("countersigned note", section("bundle")),
        ("bundle", file("texts/bundle-golden.txt")),
        ("status", file("texts/status-golden.txt")),
        ("revocation", file("texts/revocation-golden.txt")),
        ("trust root", root.clone().into_bytes()),
        ("checkpoint", format!("{checkpoint}\n").into_bytes()),
        ("checkpoint note", checkpoint_note.into()),
        ("proof", section("bundle-proof")),
        ("request", file("requests/golden.txt")),
        ("memory", file("memories/epoch-7.txt")),
        ("delivery", unit),
        ("sections", b"header\none 4\na\nb\nanother 0\n".to_vec()),
        ("entries", [&[0, 3][..], &entries].concat()),
        ("note key", key("log ")),
        ("witness key", key("witness ")),
        ("key name", b"auditor.example/log".to_vec()),
        ("moment", b"2026-11-21T10:00:00Z".to_vec()),
        ("namespace", b"example.messenger.v1".to_vec()),
        ("epoch", b"7".to_vec()),
        ("device trust", compose(kept::DEVICE_TRUST_HEADER, &kept).into_bytes()),
        ("key file", kept::KEY_FILE.clone().into_bytes()),
        ("configuration", configuration(&key("witness ")).into_bytes()),
    ])
}

fn configuration(witness: &[u8]) -> String {
    let witness = str::from_utf8(witness).expect("a key");
    format!(
        "namespace = \"example.messenger.v1\"\norigin = \"auditor.example/log\"\n\n[[witnesses]]\n\
         key = \"{witness}\"\nurl = \"https://witness-1.example\"\n"
    )
}

/// Changes a text in one way.
pub(super) fn change(bytes: &mut Vec<u8>, tape: &mut Tape<'_>) {
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
