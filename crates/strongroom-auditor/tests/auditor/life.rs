//! An auditor's life: from the trust root to the delivery unit, week after week, through every stop.

use crate::{
    storage::{Fate, Memory},
    world::*,
};
use strongroom_auditor::auditor::{AcceptError, Tended};
use strongroom_trust::{
    Concern, Epoch, FleetEntry, Recovery, RootVersion, Service, StatusNumber, TrustError, TrustSource,
    log::LeafKind,
    merkle::{prove_consistency, verify_consistency},
    tile::TileTree,
};

#[test]
fn a_bundle_is_signed_logged_countersigned_named_and_delivered() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    assert_eq!(office.adopt().unwrap(), RootVersion(1));
    let signed = office.sign(&first_bundle()).unwrap();
    assert_eq!((signed.epoch, signed.index), (Epoch(1), 3), "after trust root, manifest and proposal");
    assert_eq!(signed.checkpoint.times().len(), 3);
    assert_eq!(office.waiting("bundle").as_deref(), Some(signed.leaf.as_str()));
    assert_eq!(
        files.text("public/delivery"),
        None,
        "nobody is served what the operator did not counter-sign"
    );
    office.accept(&signed.leaf, 0).unwrap();
    assert_eq!(office.waiting("bundle"), None);
    let status = office.waiting("status").unwrap();
    assert!(status.contains("\nnumber 1\n") && status.contains("\nbundle 1 sha256:"));
    office.accept(&status, 1).unwrap();
    assert_eq!(office.waiting("status"), None);

    let delivered = verified(&files, &world.root(), now());
    assert_eq!(delivered.concerns(), []);
    assert_eq!(delivered.for_registering().unwrap().fleet().id(), id_of("f2023a"));
    let kinds: Vec<(LeafKind, u64)> = report(&files, &world.root()).kinds.into_iter().collect();
    let one_each = [LeafKind::Proposal, LeafKind::Bundle, LeafKind::Status, LeafKind::Root, LeafKind::Other];
    assert_eq!(kinds, one_each.map(|kind| (kind, 1)));
    let manifest =
        files.text(&format!("public/evidence/{}", strongroom_trust::text_digest(&manifest_text("f2023a"))));
    assert_eq!(manifest, Some(world.manifest("f2023a")));
}

#[test]
fn a_successor_is_announced_and_a_void_epoch_is_never_named() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    office.adopt().unwrap();
    let first = first_bundle();
    office.enforce(&first).unwrap();
    let void = after(&first, vec![serving("stray", Service::Active)]);
    let never = office.sign(&void).unwrap();
    let fleets = vec![serving("f2026a", Service::Active), serving("f2023a", Service::Draining)];
    let third = after(&void, fleets);
    office.enforce(&third).unwrap();
    assert!(matches!(office.accept(&never.leaf, 0), Err(AcceptError::NotTheLast)));
    let delivered = verified(&files, &world.root(), now());
    assert_eq!(delivered.bundle().epoch, Epoch(3));
    assert_eq!(delivered.successor_of(id_of("f2023a")).unwrap().id, id_of("f2026a"));
    let named: Vec<bool> = report(&files, &world.root()).epochs.iter().map(|epoch| epoch.is_named).collect();
    assert_eq!(named, [true, false, true]);
}

#[test]
fn until_a_newer_bundle_is_agreed_on_the_older_unit_is_kept_fresh() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    let before = verified(&files, &world.root(), now()).checkpoint().body().size;
    let second = after(&first_bundle(), vec![serving("f2026a", Service::Active)]);
    let signed = office.sign(&second).unwrap();
    let unit = verified(&files, &world.root(), now());
    assert_eq!((unit.bundle().epoch, unit.checkpoint().body().size), (Epoch(1), before + 3));
    office.accept(&signed.leaf, 0).unwrap();
    assert_eq!(
        verified(&files, &world.root(), now()).bundle().epoch,
        Epoch(1),
        "no status that both signed names it"
    );
    office.agree_on_status().unwrap();
    assert_eq!(verified(&files, &world.root(), now()).bundle().epoch, Epoch(2));
}

#[test]
fn every_week_a_status_and_every_day_fresh_cosignatures_without_growth() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    assert_eq!(office.auditor.tend(now()).unwrap(), Tended::default());
    let size = report(&files, &world.root()).checkpoint.body().size;
    let tend = |days: u64| {
        let later = now().plus_days(days);
        world.witnesses.iter().for_each(|witness| *witness.clock.lock().unwrap() = later);
        office.auditor.tend(later).unwrap()
    };
    for day in 1..7 {
        assert_eq!(tend(day), Tended { status: None, is_refreshed: true }, "day {day}");
        let unit = verified(&files, &world.root(), now().plus_days(day));
        assert_eq!(unit.checkpoint().quorum_time(), now().plus_days(day));
    }
    assert_eq!(report(&files, &world.root()).checkpoint.body().size, size);
    assert_eq!(tend(7), Tended { status: Some(StatusNumber(2)), is_refreshed: false });
    assert_eq!(tend(7), Tended::default());
    office.agree_on_status().unwrap();
    let stale = [Concern::WitnessesStale(now().plus_days(7)), Concern::StatusStale(now().plus_days(7))];
    assert_eq!(verified(&files, &world.root(), now().plus_days(22)).concerns(), stale);
}

#[test]
fn either_party_revokes_alone_and_both_together_for_good() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    let fleet = id_of("f2023a");
    let digest = office.auditor.revoke(fleet, "key-compromise".parse().unwrap(), now()).unwrap();
    // Devices see it at once, before any status that both signed names it.
    let unit = verified(&files, &world.root(), now());
    assert_eq!(unit.for_registering().unwrap_err().name(), "revoked-by-one");
    assert!(matches!(unit.for_recovering(fleet), Ok(Recovery::Ask(_))));
    let size = report(&files, &world.root()).checkpoint.body().size;
    assert_eq!(office.auditor.revoke(fleet, "again".parse().unwrap(), now()).unwrap(), digest);
    assert_eq!(report(&files, &world.root()).checkpoint.body().size, size, "it is revoked already");
    office.agree_on_status().unwrap();
    assert_eq!(verified(&files, &world.root(), now()).status().revocations, [digest]);

    let text = format!(
        "strongroom.example/fleet-revocation/v1\nnamespace {NAMESPACE}\ngenesis sha256:{fleet}\n\
         issued 2026-11-28T11:00:00Z\nreason stolen\n"
    );
    let by_operator = world.operator[2].note(&text);
    let with_a_stranger = format!("{by_operator}{}\n", Actor::new("stranger").sign(&text));
    office.auditor.take_revocation(with_a_stranger.as_bytes(), now()).unwrap();
    office.agree_on_status().unwrap();
    let unit = verified(&files, &world.root(), now());
    assert!(matches!(unit.for_recovering(fleet), Err(TrustError::Revoked { .. })));
    assert_eq!(report(&files, &world.root()).revocations.len(), 2);
    assert!(!files.text("public/delivery").unwrap().contains("stranger"));

    let next = after(&first_bundle(), vec![serving("f2026a", Service::Active), revoked("f2023a", 2)]);
    office.enforce(&next).unwrap();
    let unit = verified(&files, &world.root(), now());
    assert_eq!(unit.status().revocations, [], "the bundle says it now");
    assert!(matches!(unit.bundle().fleet(fleet), Some(FleetEntry::Revoked(_))));
    assert_eq!(unit.for_registering().unwrap().fleet().id(), id_of("f2026a"));
}

#[test]
fn the_next_trust_root_is_logged_and_named_by_a_new_status() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    let next = world.sign_root(&world.root_contents(2));
    assert_eq!(office.auditor.adopt(next.as_bytes(), now()).unwrap(), RootVersion(2));
    office.agree_on_status().unwrap();
    let root = world.root().followed_by(next.as_bytes()).unwrap();
    let unit = verified(&files, &root, now());
    assert_eq!((unit.status().trust_root, unit.status().number), (RootVersion(2), StatusNumber(2)));
    let mut chain = strongroom_trust::RootChain::new(world.root());
    chain.follow(files.text("public/trust-roots").unwrap().as_bytes()).unwrap();
    assert_eq!(chain.newest().version(), RootVersion(2));
    let storage = std::sync::Arc::new(files.clone());
    let files = strongroom_auditor::storage::PublicFiles::of(storage);
    let report = strongroom_trust::log::verify_log(&files, &chain, None).unwrap();
    assert_eq!(report.kinds[&LeafKind::Root], 2);
}

/// A month of an auditor's life; every call may be made again until it ends.
fn month(office: &Office<'_>) -> Result<(), String> {
    office.adopt().map_err(|error| error.to_string())?;
    let first = first_bundle();
    office.enforce(&first)?;
    let fleets = vec![serving("f2026a", Service::Active), serving("f2023a", Service::Draining)];
    office.enforce(&after(&first, fleets))?;
    let reason = "key-compromise".parse().unwrap();
    office.auditor.revoke(id_of("f2023a"), reason, now()).map_err(|error| error.to_string())?;
    office.agree_on_status()
}

/// The auditor is stopped in every step of it, before the step has an effect and after; devices and readers of the
/// log never see two histories, and the end is the same.
#[test]
fn a_stop_at_any_step_of_a_month_leaves_one_history_and_the_same_end() {
    let world = World::new();
    let (whole, fate) = (Memory::default(), Fate::immortal());
    month(&world.office(&whole, &fate)).unwrap();
    let steps = fate.taken();
    assert!(steps > 100, "{steps} steps");
    for step in 0..steps {
        let is_after = step % 2 == 0;
        let (world, files) = (World::new(), Memory::default());
        let fate = Fate::dies_at(step, is_after);
        assert!(month(&world.office(&files, &fate)).is_err(), "step {step}");
        let seen = files.text("public/checkpoint").map(|_| report(&files, &world.root()).checkpoint);
        let unit = files.text("public/delivery").map(|_| verified(&files, &world.root(), now()));
        month(&world.office(&files, &Fate::immortal())).unwrap();
        let end = report(&files, &world.root());
        if let Some(seen) = seen {
            let (old, new) = (seen.body(), end.checkpoint.body());
            let tree = TileTree::new(
                strongroom_auditor::storage::PublicFiles::of(std::sync::Arc::new(files.clone())),
                new.size,
            );
            let proof = prove_consistency(&tree, old.size, new.size).unwrap();
            verify_consistency(old.size, &old.root, new.size, &new.root, &proof).unwrap();
        }
        let last = verified(&files, &world.root(), now());
        assert!(unit.is_none_or(|unit| unit.status().number <= last.status().number));
        assert_eq!(last.concerns(), []);
        assert_eq!(last.bundle().epoch, Epoch(2), "step {step}");
        assert_eq!(end.epochs.len(), 2, "no bundle was signed twice");
        assert_eq!(end.revocations.len(), 1, "no revocation was logged twice");
        assert_eq!(last.for_registering().unwrap().fleet().id(), id_of("f2026a"));
    }
}
