//! The operator's two files: what a client could read is served word for word, and what is damaged replaces nothing.

use super::{check_listed, visible};
use crate::{
    door::{Answer, DOOR},
    tape::Tape,
    twist::twist,
    vectors::{VECTORS, file},
};
use std::sync::LazyLock;
use strongroom_host::trust::{ROOTS_FILE, UNIT_FILE};
use strongroom_trust::{
    BundleBody, ClaimedDelivery, RootChain, RootVersion, StatusBody, TrustRoot, body::Body,
};

const EDITIONS_MAX: usize = 3;

/// A chain of two versions, which clients follow, and the root that it begins with.
static CHAIN: LazyLock<(TrustRoot, Vec<u8>)> = LazyLock::new(|| {
    let told = TrustRoot::told(&file("roots/quorum-2.txt")).expect("a root");
    (told, file("chains/golden.txt"))
});

pub(super) fn run(tape: &mut Tape<'_>) -> u16 {
    crate::home::use_real_keys();
    for name in [UNIT_FILE, ROOTS_FILE] {
        DOOR.remove(name);
    }
    let (unit, roots) = (ask(tape, "/v1/trust"), ask(tape, "/v1/trust/roots?from=1"));
    assert!(unit.problem() == "no-trust" && roots.problem() == "no-trust");
    let (mut unit, mut roots) = (None, None);
    let mut last = 404;
    for _ in 0..EDITIONS_MAX {
        if tape.is_empty() {
            break;
        }
        last = match tape.byte() % 2 {
            0 => put_unit(tape, &mut unit),
            _ => put_roots(tape, &mut roots),
        };
    }
    last
}

fn put_unit(tape: &mut Tape<'_>, served: &mut Option<Vec<u8>>) -> u16 {
    let units = &VECTORS.units;
    let mut bytes = units[usize::from(tape.byte()) % units.len()].bytes.clone();
    changed(&mut bytes, tape);
    DOOR.put(UNIT_FILE, &bytes);
    let answer = ask(tape, "/v1/trust");
    settle(&answer, served, &bytes, is_readable(&bytes));
    let metrics = DOOR.get("/metrics", "");
    assert!(metrics.status == 200 && metrics.body.ends_with(b"# EOF\n"));
    let text = String::from_utf8(metrics.body).expect("text");
    assert_eq!(text.contains("name=\"bundle_epoch\""), served.is_some());
    answer.status
}

/// Whether a client reads it as far as signatures.
fn is_readable(bytes: &[u8]) -> bool {
    ClaimedDelivery::parse(bytes).is_ok_and(|unit| {
        BundleBody::parse(unit.bundle().body()).is_ok() && StatusBody::parse(unit.status().body()).is_ok()
    })
}

fn put_roots(tape: &mut Tape<'_>, served: &mut Option<Vec<u8>>) -> u16 {
    let (told, chain) = &*CHAIN;
    let mut bytes = chain.clone();
    changed(&mut bytes, tape);
    DOOR.put(ROOTS_FILE, &bytes);
    let mut roots = RootChain::new(told.clone());
    let is_followed = roots.follow(&bytes).is_ok();
    let answer = ask(tape, "/v1/trust/roots?from=1");
    // A host may serve what clients refuse; what they follow it serves so that they follow it.
    if is_followed {
        assert_eq!(answer.status, 200);
        let mut other = RootChain::new(told.clone());
        other.follow(&answer.body).expect("what could be followed");
        assert!(other == roots && answer.body == roots.file_after(RootVersion(1)).as_bytes());
    } else {
        assert!(answer.status == 200 || (answer.status == 404 && served.is_none()), "{answer:?}");
    }
    let status = answer.status;
    *served = (status == 200).then_some(answer.body);
    status
}

fn changed(bytes: &mut Vec<u8>, tape: &mut Tape<'_>) {
    for _ in 0..tape.byte() % 4 {
        twist(bytes, tape);
    }
    if tape.byte() == 1 {
        let copies = bytes.repeat(usize::from(tape.byte()));
        bytes.extend_from_slice(&copies);
    }
}

/// The new edition is served, or the one before; a good one is not refused.
fn settle(answer: &Answer, served: &mut Option<Vec<u8>>, put: &[u8], is_good: bool) {
    match answer.status {
        200 if answer.body == put => *served = Some(put.to_vec()),
        200 => assert!(!is_good && served.as_ref() == Some(&answer.body), "neither the new nor the old"),
        404 => assert!(!is_good && served.is_none(), "a good file is not served"),
        status => panic!("{status}"),
    }
}

/// Asks, and once more with tags: that of what was answered, others, or what the tape writes.
fn ask(tape: &mut Tape<'_>, path: &str) -> Answer {
    let answer = DOOR.get(path, "");
    check_listed("GET", path, &answer);
    let Some(tag) = answer.header("etag") else { return answer };
    let known = match tape.byte() % 6 {
        0 => tag.to_owned(),
        1 => "\"x\"".to_owned(),
        2 => format!("W/{tag}"),
        3 => "*".to_owned(),
        4 => format!("{}, {tag}", visible(tape.chunk())),
        _ => visible(tape.chunk()),
    };
    let again = DOOR.get(path, &format!("if-none-match: {known}\r\n"));
    check_listed("GET", path, &again);
    let has_it = |item: &str| item == "*" || item.strip_prefix("W/").unwrap_or(item) == tag;
    let is_known = known.split(',').any(|item| has_it(item.trim()));
    assert_eq!(again.status, if is_known { 304 } else { 200 }, "{known}");
    assert!(is_known || again.body == answer.body);
    answer
}
