//! Texts of notes: one good one of each kind, and one for each way of being wrong.

use super::make::Vectors;
use crate::{
    forms::{BUNDLE_BREAKS, broken, expected, golden_bundle},
    world::*,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use strongroom_trust::*;

/// A text, and the line at which it is refused; none where it is good.
fn add(vectors: &mut Vectors, kind: &str, name: &str, text: &str, line: Option<u64>) {
    let file = vectors.file(&format!("texts/{kind}-{name}.txt"), text);
    vectors
        .entry("texts", json!({"name": format!("{kind}-{name}"), "kind": kind, "file": file, "line": line}));
}

fn add_broken(vectors: &mut Vectors, kind: &str, golden: &str, breaks: &[(&str, &str, &str, u64)]) {
    add(vectors, kind, "golden", golden, None);
    for (name, from, to, line) in breaks {
        assert!(golden.contains(from), "{from}");
        add(vectors, kind, name, &golden.replacen(from, to, 1), Some(*line));
    }
}

pub fn make(vectors: &mut Vectors) {
    let golden = golden_bundle();
    add(vectors, "bundle", "golden", &golden, None);
    for (name, from, to, error) in BUNDLE_BREAKS {
        let line = expected(error, &golden)
            .strip_prefix("line ")
            .and_then(|rest| rest.split(':').next()?.parse().ok());
        add(vectors, "bundle", name, &broken(&golden, from, to), line);
    }
    let mut status = status_of(&bundle());
    let mut digests = vec![digest("a"), digest("b")];
    digests.sort();
    status.revocations = digests.clone();
    let golden = status.to_string();
    let swapped =
        golden.replace(&digests[0].to_hex(), "SWAP").replace(&digests[1].to_hex(), &digests[0].to_hex());
    let swapped = swapped.replace("SWAP", &digests[1].to_hex());
    add(vectors, "status", "revocations-swapped", &swapped, Some(8));
    add_broken(
        vectors,
        "status",
        &golden,
        &[
            ("header", "status/v1", "status/v2", 1),
            ("number-zero", "number 31", "number 0", 3),
            ("issued-space", "T10:00", " 10:00", 4),
            ("bundle-without-digest", "bundle 7 sha256:", "bundle 7:", 5),
            ("bundle-algorithm", "7 sha256:", "7 sha1:", 5),
            ("trust-root-zero", "trust-root 1", "trust-root 0", 6),
            ("line-after-the-end", "trust-root 1\n", "trust-root 1\nremark none\n", 7),
        ],
    );
    let actors = Actors::honest();
    let note = revocation("f2026a", &[&actors.auditor.revocation]);
    let golden = ClaimedNote::parse(note.as_bytes(), 4096).unwrap().text().to_owned();
    add_broken(
        vectors,
        "revocation",
        &golden,
        &[
            ("header", "revocation/v1", "revocation/v2", 1),
            ("no-namespace", "namespace", "name", 2),
            ("upper-case-genesis", "genesis sha256:", "genesis SHA256:", 3),
            ("issued-no-such-hour", "T00:00:00Z", "T24:00:00Z", 4),
            ("reason-of-two-words", "key-compromise", "key compromise", 5),
            ("blank-line", "reason", "\nreason", 5),
        ],
    );
    roots(vectors, &actors);
}

fn roots(vectors: &mut Vectors, actors: &Actors) {
    let golden = actors.root_contents(1, 2).to_string();
    let log = actors.log.key.to_string();
    let material = STANDARD.encode([&[6][..], actors.log.key.public()].concat());
    let unknown = log.replace(log.splitn(3, '+').nth(2).unwrap(), &material);
    let log_line = 1 + golden.lines().position(|line| line.starts_with("log ")).unwrap() as u64;
    let operator = actors.operator.bundle.key.to_string();
    let auditor = actors.auditor.bundle.key.to_string();
    let log_id = log.split('+').nth(1).unwrap();
    add_broken(
        vectors,
        "trust-root",
        &golden,
        &[
            ("header", "root/v1", "root/v2", 1),
            ("version-zero", "version 1", "version 0", 3),
            ("expires-before", "expires 2031", "expires 2025", 5),
            ("threshold-one", "threshold 2", "threshold 1", 6),
            ("threshold-three", "threshold 2", "threshold 3", 6),
            ("threshold-four", "threshold 2", "threshold 4", 6),
            ("root-key-without-party", "root operator ", "root ", 7),
            ("unknown-party", "root independent", "root stranger", 9),
            ("one-key-for-both", &auditor, &operator, 6),
            ("unknown-algorithm", &log, &unknown, log_line),
            ("key-id-of-another", log_id, "00000000", log_line),
            ("witness-name-none", "witness witness-1", "witness none", log_line + 1),
            ("witness-without-party", "party witness-1 independent\n", "", log_line + 2),
            ("witness-of-a-party", "party witness-1 independent", "party witness-1 stranger", log_line + 2),
            ("quorum-zero", "group witnesses 2", "group witnesses 0", log_line + 5),
            ("quorum-beyond-all", "group witnesses 2", "group witnesses 3", log_line + 5),
            ("group-without-a-witness", "2 witness-1 witness-2", "2 witness-1", log_line + 5),
            ("quorum-of-another-group", "quorum witnesses", "quorum none", log_line + 6),
        ],
    );
    let own = golden.replace("party witness-1 independent", "party witness-1 operator");
    add(
        vectors,
        "trust-root",
        "quorum-by-own-witnesses",
        &own.replace("witnesses 2", "witnesses 1"),
        Some(log_line + 5),
    );
    add(
        vectors,
        "trust-root",
        "simulation",
        &golden.replace("threshold", "INSECURE SIMULATION\nthreshold"),
        None,
    );
    let other = golden.replace("threshold", "INSECURE simulation\nthreshold");
    add(vectors, "trust-root", "simulation-in-lower-case", &other, Some(6));
}
