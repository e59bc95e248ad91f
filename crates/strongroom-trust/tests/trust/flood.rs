//! A hostile auditor logs without end: what a reader keeps has a bound, and every leaf is verified all the same.

use crate::{
    log::{Life, publish},
    world::*,
};
use strongroom_trust::{
    Epoch, Service, StatusNumber,
    limits::{LISTED_MAX, UNNAMED_BUNDLES_MAX},
    log::{LeafError, LeafKind, LeftOut, LogError, LogReport, verify_log},
    proposed, text_digest,
};

/// A log with one bundle that a status names.
fn begun() -> Life {
    let mut life = Life::new();
    life.sign_bundle(vec![serving("f2023a", Service::Active)]);
    life.sign_status();
    life
}

fn sign_unnamed(life: &mut Life, count: usize) {
    for number in 0..count {
        let last = life.last.clone().unwrap();
        let next = strongroom_trust::BundleContents {
            epoch: last.epoch.next().unwrap(),
            previous: Some(text_digest(&last.to_string())),
            fleets: vec![serving(&format!("stray-{}", number % 7), Service::Active)],
            ..last
        };
        log_by(life, &next.to_string(), |actors| &actors.auditor.bundle);
        life.last = Some(next);
    }
}

fn log_by(life: &mut Life, text: &str, actor: fn(&Actors) -> &Actor) {
    let line = actor(&life.actors).sign(text);
    life.log.append(proposed(text, line).unwrap().as_str());
}

/// A status that names the bundle of another epoch than the last.
fn name(life: &mut Life, bundle: &strongroom_trust::BundleContents) {
    life.number += 1;
    let mut status = status_of(bundle);
    status.number = StatusNumber(life.number);
    log_by(life, &status.to_string(), |actors| &actors.auditor.status);
}

fn read(life: &Life) -> Result<LogReport, LogError<String>> {
    verify_log(&publish(&life.log, &life.actors), &life.chain, None)
}

#[test]
fn of_very_many_notes_the_newest_are_listed_and_the_others_counted() {
    let mut life = begun();
    let first = life.last.clone().unwrap();
    sign_unnamed(&mut life, LISTED_MAX + 2);
    let revoked = revocation("f2023a", &[&life.actors.auditor.revocation]);
    for number in 0..LISTED_MAX + 3 {
        log_by(&mut life, &format!("another format {number}\n"), |actors| &actors.auditor.bundle);
        life.log.append(&revoked);
    }
    // The bundle in force is not listed any more, and is named again.
    name(&mut life, &first);
    let report = read(&life).unwrap();
    assert_eq!(report.left_out, LeftOut { epochs: 3, revocations: 3, others: 3 });
    let listed = [report.epochs.len(), report.revocations.len(), report.others.len()];
    assert_eq!(listed, [4_096; 3]);
    assert_eq!(report.kinds[&LeafKind::Bundle], 4_099);
    assert_eq!(report.kinds[&LeafKind::Other], 4_099);
    assert_eq!(report.epochs[0].epoch, Epoch(4));
    assert_eq!(report.epochs[4_095].epoch, Epoch(4_099));
    assert_eq!(report.others[0].1, "another format 3");
    assert_eq!(report.status.unwrap().epoch, Epoch(1));
    assert!(report.epochs.iter().all(|epoch| epoch.changes.len() == 2), "against the bundle in force");
}

#[test]
fn a_bundle_is_named_before_too_many_follow_it() {
    for (followers, is_too_late) in [(UNNAMED_BUNDLES_MAX - 1, false), (UNNAMED_BUNDLES_MAX, true)] {
        let mut life = begun();
        sign_unnamed(&mut life, 1);
        let late = life.last.clone().unwrap();
        sign_unnamed(&mut life, followers);
        name(&mut life, &late);
        match read(&life) {
            Ok(report) => {
                assert!(!is_too_late);
                assert!(report.epochs[1].is_named && !report.epochs[2].is_named);
            }
            Err(LogError::Leaf { cause, index }) => {
                assert!(is_too_late, "{cause}");
                assert_eq!((cause, index), (LeafError::StatusTooLate(Epoch(2)), life.log.tree.size() - 1));
            }
            Err(error) => panic!("{error}"),
        }
    }
}
