//! A fleet that is believed by a trust root: what is asked, what is stored, what is refused.

use crate::air::*;
use crate::fake_transport::run;
use crate::folder::Folder;
use crate::trust_world::*;
use std::time::Duration;
use strongroom_client::{
    BackupKey, Client, ClientError, Confirmation, Credential, DeviceFolder, FleetTrust, Locator,
    trust::Wanted,
};
use strongroom_crypto::ChaChaRng;
use strongroom_trust::*;

fn right() -> Credential {
    Credential::password("right")
}

/// The verifier's refusal, which ends with exit code 6.
pub fn refusal<R: std::fmt::Debug>(result: Result<R, ClientError>) -> TrustError {
    let error = result.unwrap_err();
    assert_eq!(error.exit_code(), 6, "{error}");
    assert!(error.advice().is_some(), "{error}");
    match error {
        ClientError::Trust { cause, .. } => *cause,
        other => panic!("{other}"),
    }
}

fn registered(air: &Air) -> (Locator, BackupKey) {
    let made = run(air.client(1).register(right())).unwrap();
    air.papers().exchanges = 0;
    made
}

#[test]
fn a_vault_is_made_and_opened_with_nothing_but_a_trust_root() {
    let air = Air::new();
    let (locator, key) = run(air.client(1).register(right())).unwrap();
    assert_eq!((locator.fleet(), locator.bundle_epoch()), (id_of(NEW), 7));
    assert!(air.old.world().fleet.vaults.is_empty());
    for seed in 2..12 {
        let client = air.client(seed);
        assert_eq!(client.fleet(), None);
        let recovered = run(client.recover(&locator, right())).unwrap();
        assert!(recovered.key.matches(&key));
        assert_eq!(recovered.confirmation, Confirmation::Confirmed { left: 10 });
        assert_eq!(client.fleet().unwrap().id(), id_of(NEW));
        assert_eq!(client.trusted().unwrap().warnings(), []);
        assert_eq!(client.believed().unwrap().delivery().status().number, StatusNumber(31));
    }
}

#[test]
fn both_kinds_of_trust_open_one_vault() {
    let air = Air::new();
    let pin = air.new.pin();
    let root = trust();
    let kinds: [(&dyn FleetTrust, [&str; 1]); 2] =
        [(&pin, ["http://127.0.0.1:7501"]), (&root, ["http://127.0.0.1:7501"])];
    for (maker, endpoints) in &kinds {
        let client = |seed, trust: &dyn FleetTrust| {
            let builder = Client::builder().trust(trust).endpoints(endpoints).allow_no_stretching();
            builder.build_with(air.clone(), ChaChaRng::from_seed([seed; 32])).unwrap()
        };
        let (locator, key) = run(client(1, *maker).register(right())).unwrap();
        for (opener, _) in &kinds {
            let recovered = run(client(2, *opener).recover(&locator, right())).unwrap();
            assert!(recovered.key.matches(&key));
        }
    }
}

#[test]
fn registering_wants_a_status_and_witnesses_of_fourteen_days_and_recovering_asks() {
    // The status was written at 10:00:00, the older of two cosignatures at 10:05:00.
    for (clock, name) in
        [("2026-12-12T10:00:01Z", "status-stale"), ("2026-12-12T10:05:01Z", "witnesses-stale")]
    {
        let air = Air::new();
        air.set_clock("2026-12-12T10:00:00Z");
        let (locator, key) = registered(&air);
        air.set_clock(clock);
        assert_eq!(refusal(run(air.client(2).register(right()))).name(), name);
        assert_eq!(refusal(run(air.client(2).change_password(&locator, &key, right()))).name(), name);
        let client = air.client(3);
        let error = run(client.recover(&locator, right())).unwrap_err();
        assert_eq!(error.exit_code(), 6);
        assert!(air.is_silent(), "nothing is sent before the user insists");
        let ClientError::Unconfirmed(questions) = error else { panic!("{error}") };
        assert_eq!(questions.fleet(), id_of(NEW));
        assert_eq!(questions.concerns()[0].name(), name);
        client.insist(*questions);
        assert!(run(client.recover(&locator, right())).unwrap().key.matches(&key));
        // What the user insisted on holds for recovering; a new vault it does not make.
        assert_eq!(refusal(run(client.register(right()))).name(), name);
    }
}

#[test]
fn whoever_insisted_on_one_thing_is_asked_about_the_next() {
    let air = Air::new();
    let (locator, _) = registered(&air);
    let client = air.client(2);
    air.set_clock("2026-12-12T10:00:01Z");
    let Err(ClientError::Unconfirmed(questions)) = run(client.recover(&locator, right())) else { panic!() };
    assert_eq!(questions.concerns().len(), 1);
    client.insist(*questions);
    air.set_clock("2027-11-22T00:00:00Z");
    air.papers().now += Duration::from_secs(600);
    let Err(ClientError::Unconfirmed(questions)) = run(client.recover(&locator, right())) else { panic!() };
    let names: Vec<_> = questions.concerns().iter().map(Concern::name).collect();
    assert_eq!(names, ["witnesses-stale", "bundle-expired", "status-stale"]);
    assert!(air.is_silent());
}

#[test]
fn a_bundle_below_the_app_s_floor_is_refused() {
    let air = Air::new();
    let client = |floor| air.client_with(1, trust().floor(Epoch(floor)), None);
    assert!(run(client(7).believe(Wanted::NewVault)).is_ok());
    let refused = refusal(run(client(8).register(right())));
    let TrustError::EpochBelow { floor, source_of_floor, met } = refused else { panic!("{refused}") };
    assert_eq!((floor, source_of_floor, met), (Epoch(8), FloorSource::App, Epoch(7)));
    assert!(air.is_silent());
}

#[test]
fn a_device_that_saw_a_newer_bundle_is_not_led_back_by_a_later_run() {
    let (air, folder) = (Air::new(), Folder::new());
    let (locator, _) = registered(&air);
    air.show(unit(&draft_of(8)));
    assert_eq!(run(air.device(2, &folder).believe(Wanted::NewVault)).unwrap().epoch(), Some(Epoch(8)));
    let kept = std::fs::read(&files(&folder, "trust")[0]).unwrap();
    air.show(honest());
    for seed in 3..6 {
        let refused = refusal(run(air.device(seed, &folder).recover(&locator, right())));
        let TrustError::EpochBelow { floor, source_of_floor, .. } = refused else { panic!("{refused}") };
        assert_eq!((floor, source_of_floor), (Epoch(8), FloorSource::Memory));
    }
    assert!(air.is_silent());
    assert_eq!(std::fs::read(&files(&folder, "trust")[0]).unwrap(), kept, "nothing of it is stored");
    // A device without the memory has the floor of nobody.
    assert!(run(air.client(9).recover(&locator, right())).is_ok());
}

#[test]
fn an_older_status_is_refused_by_whoever_saw_a_newer_one() {
    let (air, folder) = (Air::new(), Folder::new());
    let mut newer = Draft::new();
    newer.status.number = StatusNumber(32);
    newer.size = 1010;
    air.show(unit(&newer));
    run(air.device(1, &folder).believe(Wanted::NewVault)).unwrap();
    air.show(honest());
    assert_eq!(refusal(run(air.device(2, &folder).register(right()))).name(), "status-back");
    assert!(air.is_silent());
}

#[test]
fn a_newer_bundle_that_every_node_withholds_is_warned_of_and_one_that_a_node_has_is_taken() {
    let air = Air::new();
    air.show(unit(&draft_of(8)));
    let (locator, key) = registered(&air);
    assert_eq!(locator.bundle_epoch(), 8);
    air.show(honest());
    let client = air.client(2);
    assert!(run(client.recover(&locator, right())).unwrap().key.matches(&key));
    let trusted = client.trusted().unwrap();
    assert_eq!(trusted.epoch(), Some(Epoch(7)));
    assert_eq!(trusted.warnings().iter().map(Concern::name).collect::<Vec<_>>(), ["locator-ahead"]);
    for (port, seed) in [(7401, 3), (7402, 4), (7501, 5), (7502, 6)] {
        air.papers().units.clear();
        air.show_at(port, Paper::Text(unit(&draft_of(8))));
        let client = air.client(seed);
        run(client.recover(&locator, right())).unwrap();
        let trusted = client.trusted().unwrap();
        assert_eq!(trusted.epoch(), Some(Epoch(8)), "{port}");
        assert!(trusted.warnings().iter().all(|concern| concern.name() != "locator-ahead"), "{port}");
    }
}

#[test]
fn a_stale_or_lying_node_hides_no_fresh_one() {
    let mut stale = Draft::new();
    stale.status.issued = at("2026-11-01T10:00:00Z");
    stale.status.number = StatusNumber(30);
    stale.size = 990;
    let forged = honest().replacen("f2026a active", "f2026b active", 1);
    for bad in [Paper::Text(unit(&stale)), Paper::Text(forged), Paper::Nothing, Paper::Away] {
        for good in [7401, 7402, 7501, 7502] {
            let air = Air::new();
            air.papers().unit = bad.clone();
            air.show_at(good, Paper::Text(honest()));
            let trusted =
                run(air.client(u8::try_from(good % 100).unwrap()).believe(Wanted::NewVault)).unwrap();
            // Whoever saw the stale one first has no proof that the log only grew since.
            assert!(trusted.warnings().iter().all(|concern| concern.name() == "consistency-unchecked"));
        }
    }
}

#[test]
fn nodes_without_a_unit_and_nodes_that_are_away_are_told_apart() {
    let air = Air::new();
    air.papers().unit = Paper::Nothing;
    air.show_at(7402, Paper::Away);
    let error = run(air.client(1).register(right())).unwrap_err();
    assert!(matches!(error, ClientError::NoUnit { endpoints: 4 }), "{error}");
    assert_eq!(error.exit_code(), 6);
    air.papers().units.clear();
    air.papers().unit = Paper::Away;
    let error = run(air.client(1).register(right())).unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { endpoints: 4, .. }), "{error}");
    assert_eq!(error.exit_code(), 5);
}

#[test]
fn nodes_of_a_fleet_that_no_bundle_names_are_told_and_nothing_is_sent() {
    let air = Air::new();
    let (locator, _) = registered(&air);
    air.new.world().foreign = (0..5).collect();
    let error = run(air.client(2).recover(&locator, right())).unwrap_err();
    assert!(matches!(error, ClientError::Untrusted { .. }), "{error}");
    assert!(air.is_silent());
}

#[test]
fn a_fleet_whose_nodes_were_not_named_is_told_at_once() {
    let air = Air::new();
    let (locator, _) = registered(&air);
    let client = Client::builder().trust(trust()).endpoints(["http://127.0.0.1:7401"]).allow_no_stretching();
    let client = client.build_with(air.clone(), ChaChaRng::from_seed([2; 32])).unwrap();
    let began = air.papers().now;
    let error = run(client.recover(&locator, right())).unwrap_err();
    assert!(error.to_string().contains("no endpoint is of this fleet"), "{error}");
    assert!(air.papers().now - began < Duration::from_secs(1));
}

#[test]
fn a_unit_is_asked_for_once_in_ten_minutes() {
    let air = Air::new();
    let (locator, _) = registered(&air);
    let client = air.client(2);
    let count = || air.papers().fetched.len();
    let before = count();
    for _ in 0..3 {
        run(client.status(&locator)).unwrap();
    }
    assert_eq!(count() - before, 2, "roots and unit, from one node");
    air.papers().now += Duration::from_secs(600);
    run(client.status(&locator)).unwrap();
    assert_eq!(count() - before, 4);
}

#[test]
fn newer_roots_are_followed_stored_and_needed_no_second_time() {
    let (air, folder) = (Air::new(), Folder::new());
    let (mut successors, first) = (Actors::honest(), Actors::honest());
    successors.operator = Actors::of("rotated").operator;
    let contents = RootContents { issued: at("2026-11-01T00:00:00Z"), ..successors.root_contents(2, 2) };
    let second = sign_root(&contents, &[&first.roots[0].1, &first.roots[1].1]);
    let draft = Draft::with(BundleContents { trust_root: RootVersion(2), ..bundle() });
    air.show(draft.sign(&successors).unit.to_string());
    assert_eq!(refusal(run(air.device(1, &folder).register(right()))).name(), "operator-signature");
    let mut chain = RootChain::new(first.root(2));
    let file = format!("strongroom.example/trust-roots/v1\nroot {}\n{second}", second.len());
    chain.follow(file.as_bytes()).unwrap();
    air.papers().roots = Paper::Text(file);
    run(air.device(2, &folder).believe(Wanted::NewVault)).unwrap();
    air.papers().roots = Paper::Nothing;
    run(air.device(3, &folder).believe(Wanted::NewVault)).unwrap();
    assert!(air.papers().fetched.last().unwrap().ends_with("/v1/trust"));
    assert!(air.papers().fetched.iter().any(|url| url.ends_with("/v1/trust/roots?from=2")));
    // What the old keys sign counts no more on this device, and would on one that has not heard of it.
    air.show(honest());
    assert_eq!(refusal(run(air.device(4, &folder).register(right()))).name(), "operator-signature");
    assert!(run(air.client(5).believe(Wanted::NewVault)).is_ok());
    // An app that ships the second root reads what was kept under the first.
    let shipped = strongroom_client::OverTheAir::new(TrustRoot::told(second.as_bytes()).unwrap());
    air.show(draft.sign(&successors).unit.to_string());
    run(air.client_with(6, shipped, Some(&folder)).believe(Wanted::NewVault)).unwrap();
}

#[test]
fn roots_that_do_not_follow_change_nothing_and_are_named_where_they_are_missed() {
    let (air, folder) = (Air::new(), Folder::new());
    let contents = Actors::honest().root_contents(2, 2);
    let forged = sign_root(&contents, &[&Actors::of("thief").roots[0].1, &Actors::of("thief").roots[1].1]);
    air.papers().roots =
        Paper::Text(format!("strongroom.example/trust-roots/v1\nroot {}\n{forged}", forged.len()));
    run(air.device(1, &folder).believe(Wanted::NewVault)).unwrap();
    air.show(unit(&Draft::with(BundleContents { trust_root: RootVersion(2), ..bundle() })));
    let error = run(air.device(2, &folder).register(right())).unwrap_err();
    assert!(matches!(error, ClientError::Roots(RootError::PreviousThreshold)), "{error}");
    assert_eq!(error.exit_code(), 6);
    assert!(error.advice().unwrap().contains("too few"));
    let state = DeviceFolder::open(folder.path()).unwrap().load_trust(&Actors::honest().root(2)).unwrap();
    assert_eq!(state.chain().newest().version(), RootVersion(1));
    assert_eq!(state.memory().unwrap().epoch(), Epoch(7));
}

#[test]
fn nothing_is_sent_where_what_was_learned_cannot_be_stored() {
    let (air, folder) = (Air::new(), Folder::new());
    let client = air.device(1, &folder);
    std::fs::remove_dir_all(folder.path()).unwrap();
    assert!(matches!(run(client.register(right())), Err(ClientError::State(_))));
    assert!(air.is_silent());

    // The same where nothing but the file of trust cannot be written.
    let (locator, _) = registered(&air);
    let (elsewhere, folder) = (Folder::new(), Folder::new());
    run(air.device(2, &elsewhere).believe(Wanted::NewVault)).unwrap();
    let name = files(&elsewhere, "trust").remove(0).file_name().unwrap().to_owned();
    let new_edition = folder.path().join(name).with_extension("trust.new");
    std::fs::create_dir(&new_edition).unwrap();
    let error = run(air.device(3, &folder).recover(&locator, right())).unwrap_err();
    assert!(matches!(error, ClientError::State(_)), "{error}");
    assert!(air.is_silent());
    std::fs::remove_dir(new_edition).unwrap();
    run(air.device(4, &folder).recover(&locator, right())).unwrap();
}

#[test]
fn a_damaged_trust_file_is_named_and_nothing_is_sent() {
    let (air, folder) = (Air::new(), Folder::new());
    run(air.device(1, &folder).believe(Wanted::NewVault)).unwrap();
    let path = files(&folder, "trust").remove(0);
    let text = std::fs::read(&path).unwrap();
    for length in [0, 20, text.len() / 2, text.len() - 1] {
        std::fs::write(&path, &text[..length]).unwrap();
        let error = run(air.device(2, &folder).register(right())).unwrap_err();
        assert!(matches!(error, ClientError::State(_)) && error.to_string().contains(".trust"), "{error}");
    }
    assert!(air.is_silent());
}

#[test]
fn an_answer_that_never_ends_counts_as_none() {
    let air = Air::new();
    air.papers().unit = Paper::Text("x".repeat(300_000));
    let error = run(air.client(1).register(right())).unwrap_err();
    assert!(
        matches!(&error, ClientError::Unreachable { cause, .. } if cause.contains("too long")),
        "{error}"
    );
}
