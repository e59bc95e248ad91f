//! One good text for each form.

use super::kept;
use crate::vectors::{UNIT_HEADER, file, sections_of};
use std::{collections::BTreeMap, sync::LazyLock};
use strongroom_trust::{sections::compose, tile::write_entries};

/// A good text for each form, by the form's name.
pub static GOLDEN: LazyLock<BTreeMap<&str, Vec<u8>>> = LazyLock::new(read);

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
