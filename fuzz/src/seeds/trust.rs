//! Seeds of the targets of trust over the air, and of a host's doors.

use super::Seed;
use crate::{
    targets::notes::{GOLDEN, GOLDEN_FROM, READERS},
    vectors::file,
};
use strongroom_client::trust::TrustState;
use strongroom_trust::TrustRoot;

/// Every seed of these targets that is not drawn.
pub(super) fn all() -> Vec<Seed> {
    let mut seeds = notes();
    seeds.extend(delivery());
    seeds.extend(roots());
    seeds.extend(audit());
    seeds.extend(http());
    seeds.extend(auditor());
    seeds
}

/// One good text for each form, as it is, and one with a zero before a word.
fn notes() -> Vec<Seed> {
    let forms = READERS.iter().zip(0_u8..);
    let named = forms.flat_map(|((form, _), chosen)| {
        let name = form.replace(' ', "-");
        let whole = [&[chosen][..], &GOLDEN[form]].concat();
        let changed = vec![GOLDEN_FROM + chosen, 0, 0, 3, 0];
        [("notes", name.clone(), whole), ("notes", format!("{name}-changed"), changed)]
    });
    let place = READERS.iter().position(|(form, _)| *form == "device trust").expect("a form");
    // What a device keeps at first, which is short.
    let told = TrustRoot::told(&file("roots/quorum-2.txt")).expect("a root");
    let kept = TrustState::new(told).to_text();
    let kept = [&[u8::try_from(place).expect("few")][..], kept.as_bytes()].concat();
    named.chain([("notes", "device-trust-short".into(), kept)]).collect()
}

fn delivery() -> Vec<Seed> {
    // A unit of the vectors as it is, one shown to a device that remembers another, and one with a revocation 40 times.
    let seed = |name: &str, bytes: &[u8]| ("delivery", name.to_owned(), bytes.to_vec());
    vec![
        seed("golden", &[0, 0]),
        seed("golden-remembered", &[0, 0, 7, 1]),
        seed("repeated", &[0, 70, 3, 0, 4, 40, 0]),
        seed("grown", &[0, 0, 3, 0, 0, 60, 1]),
        seed("signed-anew", &[1]),
        seed("signed-with-an-epoch", &[1, 1, 3]),
    ]
}

fn roots() -> Vec<Seed> {
    let seed = |name: &str, bytes: &[u8]| ("roots", name.to_owned(), bytes.to_vec());
    vec![
        seed("two-versions", &[1, 2, 0, 0, 0, 0, 0, 0, 0]),
        seed("next-keys", &[1, 1, 1, 0, 0, 0]),
        seed("too-few", &[1, 1, 0, 0, 0xfe, 0]),
        seed("leaves", &[0, 4, 0, 1, 0, 1, 0, 0, 0, 1, 1, 4, 0, 0, 0, 1, 3, 16, 0, 0, 0, 1, 4, 1, 0, 0]),
    ]
}

fn audit() -> Vec<Seed> {
    let seed = |name: &str, bytes: &[u8]| ("audit", name.to_owned(), bytes.to_vec());
    // A request names ways, size, signer, and how its proof is changed.
    let growth = [[0, 5, 0, 0], [0, 9, 0, 0], [0, 9, 0, 0], [1, 20, 0, 0], [17, 30, 0, 0]].concat();
    vec![
        seed("growth", &[&[0, 10][..], &growth].concat()),
        seed("fork", &[&[0, 3][..], &growth].concat()),
        seed("two-faces", &[1, 3, 0, 8, 1, 8, 0, 0, 0]),
        seed("two-faces-of-two-sizes", &[1, 3, 0, 8, 1, 20, 0, 0, 0]),
        seed("made-up-beginning", &[1, 70, 0, 8, 0, 20, 0, 0, 1, 1, 0, 0]),
        seed("leaves", &[1, 3, 0, 8, 1, 20, 0, 0, 1, 2, 0, 5, 0, 1, 5, 0]),
        seed("whole", &[2, 12, 0]),
        seed("long", &[2, 252, 0]),
        seed("odd", &[2, 12, 1, 0, 0, 0, 1]),
        seed("another-leaf", &[2, 12, 0, 1]),
    ]
}

fn http() -> Vec<Seed> {
    let seed = |name: &str, bytes: &[u8]| ("http", name.to_owned(), bytes.to_vec());
    let raw = |name: &str, text: &str| ("http", name.to_owned(), [&[1, 0, 1], text.as_bytes()].concat());
    // A request's frame, filled up to so many bytes.
    let filled = |bytes: u16| [&[0, 0, 0, 0, 0, 0, 0, 4][..], &[0; 19], &bytes.to_be_bytes()].concat();
    vec![
        seed("exchange", &[0]),
        seed("longest", &filled(8192)),
        seed("too-long", &filled(8193)),
        seed("status", &[0, 1, 4]),
        seed(
            "chunked",
            &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ),
        raw("pipelined", "GET / HTTP/1.1\r\nhost: node\r\n\r\nGET /v1/health HTTP/1.1\r\nhost: node\r\n\r\n"),
        raw("old", "GET /metrics HTTP/1.0\r\n\r\n"),
        raw(
            "expecting",
            "POST /v1/exchange HTTP/1.1\r\nhost: node\r\nauthorization: Bearer TOKEN\r\n\
             content-type: application/octet-stream\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\nabcd",
        ),
        seed("files", &[2, 0, 0, 0, 0, 0, 0, 1, 0, 0]),
        seed("damaged-file", &[2, 0, 0, 1, 2, 0, 9, 0]),
        // Greets, then asks whether the other is there, then for nothing in particular.
        seed("link", &[3, 0, 1, 0, 1, 3, 1, 0, 13, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
        seed("stranger", &[3, 2, 1, 0, 1, 3]),
    ]
}

fn auditor() -> Vec<Seed> {
    let seed = |name: &str, bytes: &[u8]| ("auditor", name.to_owned(), bytes.to_vec());
    vec![
        // Sizes and signers of the published and the signed checkpoint, then how many leaves begin where.
        seed("folder", &[0, 5, 0, 5, 0]),
        seed("folder-with-leaves", &[0, 5, 0, 5, 0, 3, 0]),
        seed("folder-signed-ahead", &[0, 5, 0, 8, 0, 3, 0]),
        seed("folder-left-behind", &[0, 5, 0, 5, 0, 3, 1]),
        seed("folder-of-two-histories", &[0, 5, 0, 5, 1]),
        seed("folder-of-a-stranger", &[0, 5, 6, 5, 6]),
        seed("folder-damaged", &[0, 5, 0, 8, 0, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 0, 0, 0, 0, 30, 1]),
        // At which stage, then what is brought.
        seed("door", &[1, 0, 0, 0, 0, 0, 3, 1, 0, 0]),
        seed("door-strangers", &[1, 0, 0, 0, 3, 0, 0, 2, 0, 0, 4, 0, 1, 3, 0]),
        seed("door-revoked", &[1, 0, 2, 2, 1, 0, 0, 2, 2, 0, 0, 1, 0, 0]),
        seed("door-revoked-by-roots", &[1, 0, 2, 2, 12, 0, 0, 2, 4, 0, 0]),
        seed("door-noise", &[1, 0, 0, 4, 1, 0, 3, b'a', b'b', b'c', 4, 0, 0, 0]),
    ]
}
