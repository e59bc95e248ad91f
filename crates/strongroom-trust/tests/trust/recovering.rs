//! What registering refuses and recovering asks; who may revoke what.

use crate::world::*;
use strongroom_trust::*;

fn verified(draft: &Draft, device: &DeviceView<'_>) -> VerifiedDelivery {
    let actors = Actors::honest();
    verify(&draft.sign(&actors).bytes(), &actors.root(2), device).unwrap()
}

/// Registering is refused for this, and recovering asks about it.
fn check_asks(verified: &VerifiedDelivery, name: &str) {
    assert_eq!(verified.for_registering().unwrap_err().name(), name);
    let Recovery::Ask(unconfirmed) = verified.for_recovering(id_of("f2026a")).unwrap() else {
        panic!("{name} is not asked")
    };
    assert!(unconfirmed.questions().iter().any(|concern| concern.name() == name), "{name}");
    assert_eq!(unconfirmed.confirmed().fleet().id(), id_of("f2026a"));
}

#[test]
fn stale_expired_and_future_block_registering_and_recovering_asks() {
    let mut future = Draft::new();
    future.times = vec!["2026-11-28T10:05:00Z", "2026-12-05T10:06:00Z"];
    check_asks(&verified(&future, &device()), "future");
    let mut future = Draft::new();
    future.status.issued = at("2026-11-28T14:00:00Z");
    check_asks(&verified(&future, &device()), "future");

    let later = |clock: &str| DeviceView { clock: at(clock), ..device() };
    check_asks(&verified(&Draft::new(), &later("2026-12-12T10:05:01Z")), "witnesses-stale");
    check_asks(&verified(&Draft::new(), &later("2027-11-21T10:00:00Z")), "witnesses-stale");
    let mut fresh = Draft::new();
    fresh.times = vec!["2026-12-12T10:05:00Z", "2026-12-12T10:05:00Z"];
    check_asks(&verified(&fresh, &later("2026-12-12T10:05:00Z")), "status-stale");
    fresh.status.issued = at("2027-11-20T10:00:00Z");
    fresh.times = vec!["2027-11-21T10:00:00Z", "2027-11-21T10:00:00Z"];
    check_asks(&verified(&fresh, &later("2027-11-21T10:00:00Z")), "bundle-expired");
    fresh.times = vec!["2031-01-01T00:00:00Z", "2031-01-01T00:00:00Z"];
    check_asks(&verified(&fresh, &later("2031-01-01T00:00:00Z")), "root-expired");
}

#[test]
fn fourteen_days_are_fresh_and_a_second_more_is_not() {
    let on = |clock: &str| verified(&Draft::new(), &DeviceView { clock: at(clock), ..device() });
    assert_eq!(on("2026-12-12T10:00:00Z").concerns(), []);
    let concerns = on("2026-12-12T10:00:01Z");
    assert_eq!(concerns.concerns(), [Concern::StatusStale(at("2026-11-28T10:00:00Z"))]);
    let both = on("2026-12-12T10:05:01Z");
    assert_eq!(both.concerns().len(), 2, "the quorum's time is the older of the two");
}

#[test]
fn freshness_is_the_kth_newest_cosignature() {
    let mut draft = Draft::new();
    draft.times = vec!["2026-11-01T00:00:00Z", "2026-11-28T10:00:00Z"];
    let actors = Actors::honest();
    let bytes = draft.sign(&actors).bytes();
    let two = verify(&bytes, &actors.root(2), &device()).unwrap();
    assert_eq!(two.checkpoint().quorum_time(), at("2026-11-01T00:00:00Z"));
    assert_eq!(two.concerns(), [Concern::WitnessesStale(at("2026-11-01T00:00:00Z"))]);
    let one = verify(&bytes, &actors.root(1), &device()).unwrap();
    assert_eq!(one.checkpoint().quorum_time(), at("2026-11-28T10:00:00Z"));
    assert_eq!(one.concerns(), []);
}

#[test]
fn time_is_the_latest_of_clock_build_memory_and_witnesses() {
    let back = |clock: &str, build: &str| DeviceView { clock: at(clock), build: at(build), ..device() };
    let mut expired = bundle();
    expired.issued = at("2025-01-01T00:00:00Z");
    expired.expires = at("2026-01-01T00:00:00Z");
    let mut draft = Draft::with(expired);
    draft.status.issued = at("2025-06-01T00:00:00Z");
    draft.times = vec!["2025-06-01T00:00:00Z", "2025-06-01T00:00:00Z"];
    // A clock put back revives nothing that the build, the memory or a witness knows to be over.
    let clear = verified(&draft, &back("2025-06-02T00:00:00Z", "2025-05-01T00:00:00Z"));
    assert_eq!(clear.concerns(), []);
    let old_clock = back("2025-06-02T00:00:00Z", "2026-06-01T00:00:00Z");
    check_asks(&verified(&draft, &old_clock), "witnesses-stale");
    let memory = verified(&Draft::new(), &device()).memory().unwrap();
    let remembering =
        DeviceView { memory: Some(&memory), ..back("2025-06-02T00:00:00Z", "2025-05-01T00:00:00Z") };
    let actors = Actors::honest();
    let replayed = verify(&draft.sign(&actors).bytes(), &actors.root(2), &remembering);
    assert_eq!(replayed.unwrap_err().name(), "log-equivocation");
    draft.times = vec!["2025-06-01T00:00:00Z", "2026-03-01T00:00:00Z"];
    let witnessed = verified(&draft, &back("2025-06-02T00:00:00Z", "2025-05-01T00:00:00Z"));
    let names: Vec<&str> = witnessed.concerns().iter().map(Concern::name).collect();
    assert_eq!(names, ["future", "witnesses-stale", "bundle-expired", "status-stale"]);
}

#[test]
fn a_fleet_is_spoken_to_as_its_service_says() {
    let verified_with =
        |fleets: Vec<FleetEntry>| verified(&Draft::with(BundleContents { fleets, ..bundle() }), &device());
    let both = verified(&Draft::new(), &device());
    assert!(matches!(both.for_recovering(id_of("f2026a")), Ok(Recovery::Clear(_))));
    let Ok(Recovery::Clear(draining)) = both.for_recovering(id_of("f2023a")) else { panic!() };
    assert_eq!(draining.service(), Service::Draining);
    assert_eq!(both.successor_of(id_of("f2023a")).unwrap().id, id_of("f2026a"));
    assert_eq!(both.successor_of(id_of("f2026a")), None);
    let unknown = id_of("f1999a");
    assert_eq!(both.for_recovering(unknown).unwrap_err(), TrustError::UnknownFleet(unknown));
    let none = verified_with(vec![serving("f2023a", Service::Draining), revoked("f2021a", 5)]);
    assert_eq!(none.for_registering().unwrap_err(), TrustError::NoActiveFleet);
    assert_eq!(none.for_recovering(id_of("f2021a")).unwrap_err().name(), "revoked-by-bundle");
}

#[test]
fn either_party_alone_stops_registering_and_makes_recovering_ask() {
    let actors = Actors::honest();
    for party in [&actors.operator, &actors.auditor] {
        let mut draft = Draft::new();
        draft.revocations = vec![revocation("f2026a", &[&party.revocation])];
        let verified = verified(&draft, &device());
        check_asks(&verified, "revoked-by-one");
        assert!(matches!(verified.for_recovering(id_of("f2023a")), Ok(Recovery::Clear(_))), "another fleet");
    }
}

#[test]
fn a_revocation_by_both_or_by_the_root_keys_is_final() {
    let actors = Actors::honest();
    let (operator, auditor) = (&actors.operator.revocation, &actors.auditor.revocation);
    let roots: Vec<&Actor> = actors.roots.iter().map(|(_, root)| root).collect();
    for revocations in [
        vec![revocation("f2026a", &[operator, auditor])],
        vec![revocation("f2026a", &[operator]), revocation("f2026a", &[auditor])],
        vec![revocation("f2026a", &roots[..2])],
    ] {
        let draft = Draft { revocations, ..Draft::new() };
        let verified = verified(&draft, &device());
        assert_eq!(verified.for_registering().unwrap_err().name(), "revoked");
        assert_eq!(verified.for_recovering(id_of("f2026a")).unwrap_err().name(), "revoked");
        assert!(verified.for_recovering(id_of("f2023a")).is_ok());
    }
}

#[test]
fn registering_takes_the_next_active_fleet_when_the_first_is_revoked() {
    let actors = Actors::honest();
    let fleets = vec![serving("f2026a", Service::Active), serving("f2026b", Service::Active)];
    let mut draft = Draft::with(BundleContents { fleets, ..bundle() });
    draft.revocations = vec![revocation("f2026a", &[&actors.auditor.revocation])];
    assert_eq!(verified(&draft, &device()).for_registering().unwrap().fleet().id(), id_of("f2026b"));
}

#[test]
fn a_revocation_that_is_held_back_or_that_nobody_may_sign_is_noticed() {
    let actors = Actors::honest();
    let text = revocation("f2026a", &[&actors.auditor.revocation]);
    let mut draft = Draft::new();
    draft.status.revocations =
        vec![text_digest(text.split("\n\n").next().map(|body| format!("{body}\n")).unwrap().as_str())];
    check_asks(&verified(&draft, &device()), "revocation-withheld");
    draft.revocations = vec![text.clone()];
    let told = verified(&draft, &device());
    assert_eq!(told.concerns(), []);
    check_asks(&told, "revoked-by-one");

    let refused = |revocations: Vec<String>| {
        let draft = Draft { revocations, ..Draft::new() };
        let error = verify(&draft.sign(&actors).bytes(), &actors.root(2), &device()).unwrap_err();
        assert_eq!(error.step(), Step::Revocations);
        error.to_string()
    };
    let unsigned = "neither operator nor auditor nor the root keys signed the revocation";
    assert_eq!(refused(vec![revocation("f2026a", &[&Actor::new("stranger", "stranger")])]), unsigned);
    assert_eq!(refused(vec![revocation("f2026a", &[&actors.auditor.bundle])]), unsigned);
    assert_eq!(refused(vec![revocation("f2026a", &[&actors.roots[0].1])]), unsigned, "one root key of two");
    assert_eq!(refused(vec![text.clone(), text]), "a revocation stands twice");
}
