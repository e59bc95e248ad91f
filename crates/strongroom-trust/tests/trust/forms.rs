//! The texts of our own notes: golden, and every way of being wrong.

use crate::world::*;
use std::fmt::Display;
use strongroom_trust::{body::Body, *};

/// What replaces what in a text, and the error that comes of it.
pub type Break = (&'static str, &'static str, &'static str, &'static str);

pub const BUNDLE_BREAKS: [Break; 31] = [
    (
        "header",
        "bundle/v1",
        "bundle/v2",
        "line 1: \"strongroom.example/fleet-bundle/v2\" where \"strongroom.example/fleet-bundle/v1\" should stand",
    ),
    (
        "namespace-upper-case",
        "example.messenger",
        "Example.messenger",
        "line 2: \"namespace\": wants 1 to 64 lower-case letters, digits, dots and hyphens, a letter or digit first and last",
    ),
    (
        "epoch-zero",
        "epoch 7",
        "epoch 0",
        "line 3: \"epoch\": wants a number from 1 on, without sign and leading zeros",
    ),
    (
        "epoch-leading-zero",
        "epoch 7",
        "epoch 07",
        "line 3: \"epoch\": wants a number from 1 on, without sign and leading zeros",
    ),
    (
        "previous-none",
        "previous sha256:SHA",
        "previous none",
        "line 4: \"previous\": only epoch 1 has none before it",
    ),
    (
        "previous-algorithm",
        "previous sha256",
        "previous sha512",
        "line 4: \"previous\": wants sha256: and 64 lower-case hex digits",
    ),
    (
        "issued-zone",
        "10:00:00Z\nexpires",
        "10:00:00+00:00\nexpires",
        "line 5: \"issued\": wants a time of the form 2026-11-21T10:00:00Z",
    ),
    (
        "issued-no-such-day",
        "issued 2026-11-21",
        "issued 2026-02-30",
        "line 5: \"issued\": wants a time of the form 2026-11-21T10:00:00Z",
    ),
    (
        "expires-before",
        "expires 2027-11-21",
        "expires 2026-11-20",
        "line 6: \"expires\": lies before the time of issue",
    ),
    (
        "expires-too-late",
        "expires 2027-11-21",
        "expires 2027-12-24",
        "line 6: \"expires\": lies more than 397 days after the issue",
    ),
    (
        "trust-root-sign",
        "trust-root 1",
        "trust-root +1",
        "line 7: \"trust-root\": wants a number from 1 on, without sign and leading zeros",
    ),
    (
        "no-fleet",
        "fleet f2026a",
        "flee f2026a",
        "line 8: \"flee f2026a active members 5 quorum 3 guesses 10 class durable p\" where \"fleet …\" should stand",
    ),
    (
        "unknown-service",
        "f2026a active",
        "f2026a resting",
        "line 8: \"fleet\": a fleet is active, draining or revoked",
    ),
    ("even-members", "members 5", "members 4", "line 8: \"fleet\": a fleet has 3, 5, 7 or 9 members"),
    ("quorum-below-majority", "quorum 3", "quorum 2", "line 8: \"fleet\": the majority of 5 members is 3"),
    ("no-guess", "guesses 10", "guesses 0", "line 8: \"fleet\": wants 1 to 30"),
    (
        "unknown-class",
        "class durable",
        "class solid",
        "line 8: \"fleet\": wants durable, orderly or volatile",
    ),
    (
        "swapped-words",
        "quorum 3 guesses 10",
        "guesses 10 quorum 3",
        "line 8: \"fleet\": wants \"quorum\" here",
    ),
    ("two-spaces", "active members", "active  members", "line 8: \"fleet\": wants \"members\" here"),
    ("other-label", "genesis f2026a", "genesis f2023a", "line 9: \"genesis\": wants \"f2026a\" here"),
    (
        "key-algorithm",
        "identity ed25519",
        "identity rsa",
        "line 10: \"key\": the algorithm of the key is unknown, ed25519 may stand",
    ),
    (
        "short-key",
        "identity ed25519 KEY",
        "identity ed25519 AAAA",
        "line 10: \"key\": is not the canonical form of an Ed25519 public key",
    ),
    (
        "weak-key",
        "identity ed25519 KEY",
        "identity ed25519 AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "line 10: \"key\": is not the canonical form of an Ed25519 public key",
    ),
    ("key-role", "key f2026a identity", "key f2026a signing", "line 10: \"key\": wants \"identity\" here"),
    (
        "missing-image",
        "image f2026a",
        "picture f2026a",
        "line 11: \"picture f2026a sha256:IMAGE\" where \"image …\" should stand",
    ),
    (
        "configuration-one",
        "\nfleet f2023a",
        "\nconfiguration f2026a 1 sha256:0000000000000000000000000000000000000000000000000000000000000000\nfleet f2023a",
        "line 13: \"configuration\": configuration 1 is the genesis and has no note",
    ),
    ("label-twice", "f2023a", "f2026a", "line 13: \"fleet\": the label stands twice"),
    (
        "revoked-later",
        "fleet f2021a revoked since-epoch 5",
        "fleet f2021a revoked since-epoch 8",
        "line 18: \"fleet\": is revoked by a later bundle than this one",
    ),
    (
        "revoked-without-genesis",
        "genesis f2021a",
        "genesi f2021a",
        "line 19: \"genesi f2021a sha256:GENESIS\" where \"genesis …\" should stand",
    ),
    (
        "line-after-the-end",
        "key-compromise",
        "key-compromise\nremark none",
        "line 19: \"remark none\" where \"genesis …\" should stand",
    ),
    (
        "carriage-return",
        "epoch 7",
        "epoch 7\r",
        "line 3: \"epoch\" wants one space and a value without spaces around it",
    ),
];

/// The bundle of the vectors, with a revoked fleet.
pub fn golden_bundle() -> String {
    let mut contents = bundle();
    contents.fleets.push(revoked("f2021a", 5));
    contents.to_string()
}

/// What stands for digests and keys in the table above.
fn filled(text: &str, golden: &str) -> String {
    let after = |start: &str, length: usize| {
        let from = golden.find(start).unwrap() + start.len();
        golden[from..from + length].to_owned()
    };
    text.replace("SHA", &after("previous sha256:", 64).as_str()[..64])
        .replace("KEY", &after("identity ed25519 ", 44))
        .replace("IMAGE", &after("image f2026a sha256:", 42))
        .replace("GENESIS", &after("genesis f2021a sha256:", 43))
}

pub fn broken(golden: &str, from: &str, to: &str) -> String {
    let from = filled(from, golden);
    assert!(golden.contains(&from), "{from}");
    let is_label = from == "f2023a";
    if is_label { golden.replace(&from, to) } else { golden.replacen(&from, to, 1) }
}

pub fn expected(text: &str, golden: &str) -> String {
    filled(text, golden)
}

fn check_form<B: Body + Display + PartialEq + std::fmt::Debug>(golden: &str) {
    let body = B::parse(golden).unwrap();
    assert_eq!(body.to_string(), golden);
    for length in 0..golden.len() {
        if golden.is_char_boundary(length) {
            let cut = &golden[..length];
            assert!(B::parse(cut).is_err() || golden[length..].lines().all(is_optional), "{length}");
        }
    }
    for addition in ["\n", " ", "x\n", "\0"] {
        assert!(B::parse(&format!("{golden}{addition}")).is_err(), "{addition:?}");
    }
    for place in 0..golden.len() {
        for byte in [b' ', b'\n', b'0', b'A', b'z', b'+'] {
            let mut bytes = golden.as_bytes().to_vec();
            bytes[place] = byte;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            if let Ok(body) = B::parse(&text) {
                assert_eq!(body.to_string(), text, "what is read is written as it was read");
            }
        }
    }
}

/// Lines without which a text may be whole.
fn is_optional(line: &str) -> bool {
    [
        "fleet ",
        "genesis f2023a",
        "key f2023a",
        "image f2023a",
        "evidence f2023a",
        "genesis f2021a",
        "revocation ",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

#[test]
fn a_bundle_has_one_text_and_every_break_names_its_line() {
    let golden = golden_bundle();
    check_form::<BundleBody>(&golden);
    for (name, from, to, error) in BUNDLE_BREAKS {
        let text = broken(&golden, from, to);
        let met = BundleBody::parse(&text).expect_err(name).to_string();
        assert_eq!(met, expected(error, &golden), "{name}");
    }
}

#[test]
fn fleets_share_no_genesis_and_no_key_and_have_a_bound() {
    let error = |fleets: Vec<FleetEntry>| {
        BundleBody::compose(&BundleContents { fleets, ..bundle() }).unwrap_err().cause
    };
    let with = |change: fn(&mut ServingFleet)| {
        let FleetEntry::Serving(mut fleet) = serving("f2026b", Service::Active) else { panic!() };
        let FleetEntry::Serving(other) = serving("f2026a", Service::Active) else { panic!() };
        (fleet.identity_key, fleet.id) = (other.identity_key, other.id);
        change(&mut fleet);
        vec![FleetEntry::Serving(other), FleetEntry::Serving(fleet)]
    };
    assert_eq!(error(with(|_| {})), "\"fleet\": the genesis stands twice");
    assert_eq!(
        error(with(|fleet| fleet.id = id_of("f2026b"))),
        "\"fleet\": two fleets share an identity key"
    );
    let many = (0..17).map(|number| serving(&format!("f{number}"), Service::Active)).collect();
    assert_eq!(error(many), "\"fleet\": at most 16 fleets may stand");
    assert_eq!(error(Vec::new()), "the text ends where \"fleet\" should stand");
}

#[test]
fn a_configuration_is_read_and_written() {
    let FleetEntry::Serving(mut fleet) = serving("f2026a", Service::Active) else { panic!() };
    fleet.configuration = Some((strongroom_protocol::ids::Configuration(3), digest("membership note")));
    let contents = BundleContents { fleets: vec![FleetEntry::Serving(fleet)], ..bundle() };
    let body = BundleBody::compose(&contents).unwrap();
    assert_eq!(body.contents(), &contents);
    assert!(body.to_string().contains("\nconfiguration f2026a 3 sha256:"));
}

#[test]
fn the_first_epoch_has_none_before_it() {
    let first = BundleContents { epoch: Epoch(1), previous: None, ..bundle() };
    assert!(BundleBody::compose(&first).unwrap().to_string().contains("\nprevious none\n"));
    let named = BundleContents { previous: Some(digest("bundle 0")), ..first };
    assert_eq!(BundleBody::compose(&named).unwrap_err().cause, "\"previous\": epoch 1 has none before it");
}

#[test]
fn status_and_revocation_and_root_have_one_text() {
    let mut status = status_of(&bundle());
    let mut digests = vec![digest("a"), digest("b")];
    digests.sort();
    status.revocations = digests.clone();
    check_form::<StatusBody>(&status.to_string());
    digests.reverse();
    status.revocations = digests;
    let order = "\"revocation\": revocations stand in ascending order, none twice";
    assert_eq!(StatusBody::compose(&status).unwrap_err().cause, order);
    status.revocations = vec![digest("a"), digest("a")];
    assert_eq!(StatusBody::compose(&status).unwrap_err().cause, order);
    let actors = Actors::honest();
    let note = revocation("f2026a", &[&actors.auditor.revocation]);
    let text = ClaimedNote::parse(note.as_bytes(), 4096).unwrap().text().to_owned();
    check_form::<RevocationBody>(&text);
    check_form::<RootBody>(&actors.root_contents(1, 2).to_string());
}
