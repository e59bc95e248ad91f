//! The targets of trust over the air and of a host's doors reach what they are for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeSet, fs, path::PathBuf};
use strongroom_fuzz::{
    door::HSM_PROGRAM,
    targets::{audit, auditor, delivery, http, roots},
    vectors::VECTORS,
};

fn seed(target: &str, name: &str) -> Vec<u8> {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
    fs::read(corpus.join(target).join(name)).unwrap()
}

#[test]
fn every_unit_of_the_vectors_is_one_of_two_bytes_and_comes_out_as_it_should() {
    let names: Vec<&str> =
        (0..VECTORS.units.len()).map(|place| delivery::outcome(&[0, u8::try_from(place).unwrap()])).collect();
    for (unit, name) in VECTORS.units.iter().zip(&names) {
        assert_eq!(unit.outcome, *name, "{}", unit.name);
    }
    assert!(names.iter().collect::<BTreeSet<_>>().len() > 20);
}

#[test]
fn units_that_are_signed_anew_are_believed_where_nothing_is_odd() {
    assert_eq!(delivery::outcome(&seed("delivery", "signed-anew")), "accepted");
    assert_eq!(delivery::outcome(&seed("delivery", "signed-with-an-epoch")), "accepted");
    // Another key signs the bundle in the auditor's place.
    assert_eq!(delivery::outcome(&[1, 0, 0, 0, 1]), "auditor-signature");
    assert_eq!(delivery::outcome(&seed("delivery", "repeated")), "unit");
}

#[test]
fn roots_are_followed_and_leaves_count() {
    assert_eq!(roots::outcome(&seed("roots", "two-versions")), (3, 0));
    assert_eq!(roots::outcome(&seed("roots", "next-keys")), (2, 0));
    assert_eq!(roots::outcome(&seed("roots", "too-few")), (1, 0));
    assert_eq!(roots::outcome(&seed("roots", "leaves")), (1, 4));
}

#[test]
fn a_log_is_cosigned_as_far_as_it_has_one_face() {
    assert_eq!(audit::outcome(&seed("audit", "growth")), 4);
    assert_eq!(audit::outcome(&seed("audit", "fork")), 3);
    assert_eq!(audit::outcome(&seed("audit", "two-faces")), 1);
    assert_eq!(audit::outcome(&seed("audit", "two-faces-of-two-sizes")), 1);
    assert_eq!(audit::outcome(&seed("audit", "leaves")), 1);
    assert_eq!(audit::outcome(&seed("audit", "made-up-beginning")), 0);
    assert_eq!(audit::outcome(&seed("audit", "whole")), 12);
    assert_eq!(audit::outcome(&seed("audit", "long")), 270);
    assert_eq!(audit::outcome(&seed("audit", "odd")), 0);
    assert_eq!(audit::outcome(&seed("audit", "another-leaf")), 0);
}

#[test]
fn a_node_is_asked_and_answers() {
    HSM_PROGRAM.set(env!("CARGO_BIN_EXE_fake_hsm").into()).unwrap();
    for (name, status) in [
        ("exchange", Some(200)),
        ("longest", Some(400)),
        ("too-long", Some(413)),
        ("status", Some(200)),
        ("chunked", Some(200)),
        ("pipelined", Some(200)),
        ("old", Some(200)),
        ("expecting", Some(100)),
        ("files", Some(200)),
        ("damaged-file", Some(404)),
        ("link", None),
    ] {
        assert_eq!(http::outcome(&seed("http", name)), status, "{name}");
    }
    // A request without a token.
    assert_eq!(http::outcome(&[0, 0, 0, 0, 0, 1]), Some(401));
}

#[test]
fn an_auditor_takes_what_was_signed_and_a_folder_that_holds_together() {
    for (name, taken) in [
        ("folder", 1),
        ("folder-with-leaves", 1),
        ("folder-signed-ahead", 1),
        ("folder-left-behind", 1),
        ("folder-of-two-histories", 0),
        ("folder-of-a-stranger", 0),
        ("folder-damaged", 0),
        ("door", 2),
        ("door-strangers", 0),
        ("door-revoked", 3),
        ("door-revoked-by-roots", 1),
        ("door-noise", 0),
    ] {
        assert_eq!(auditor::outcome(&seed("auditor", name)), taken, "{name}");
    }
}
