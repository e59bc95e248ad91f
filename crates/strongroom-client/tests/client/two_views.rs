//! Two statements that exclude each other, and a log that did not only grow.

use crate::air::*;
use crate::fake_transport::run;
use crate::folder::Folder;
use crate::over_the_air::refusal;
use crate::trust_world::*;
use std::path::PathBuf;
use strongroom_client::{Client, ClientError, Credential, trust::Wanted};
use strongroom_trust::{gossip::EquivocationProof, sections::Sections, *};

fn right() -> Credential {
    Credential::password("right")
}

/// The refusal, and the file that shows the lie to others.
fn shown(client: &Client<Air>) -> (TrustError, PathBuf) {
    match run(client.register(right())).unwrap_err() {
        ClientError::Trust { cause, evidence: Some(evidence) } => (*cause, evidence),
        other => panic!("{other}"),
    }
}

#[test]
fn two_bundles_of_one_epoch_are_both_kept_and_nothing_is_sent() {
    let (air, folder) = (Air::new(), Folder::new());
    run(air.device(1, &folder).believe(Wanted::NewVault)).unwrap();
    let mut other = Draft::with(BundleContents {
        fleets: vec![serving("f2666a", Service::Active), serving(NEW, Service::Draining)],
        ..bundle()
    });
    other.size = 1010;
    // One node is enough: whoever shows it, both parties signed it.
    air.papers().unit = Paper::Away;
    air.show_at(7402, Paper::Text(unit(&other)));
    let (cause, path) = shown(&air.device(2, &folder));
    let TrustError::Equivocation(pair) = cause else { panic!("{cause}") };
    assert_eq!(pair.piece, Piece::Bundle);
    let text = std::fs::read(path).unwrap();
    let kept = Sections::parse(&text, "strongroom.example/conflicting-notes/v1", text.len(), 2).unwrap();
    let kept: Vec<(&str, &[u8])> = kept.iter().collect();
    assert_eq!(kept, [("remembered", pair.remembered.as_bytes()), ("met", pair.met.as_bytes())]);
    let actors = Actors::honest();
    for (_, note) in kept {
        let note = CountersignedNote::parse(note).unwrap();
        assert!(note.verify_auditor(&actors.auditor.bundle.key).is_ok());
        assert!(note.verify_operator(&actors.operator.bundle.key).is_ok());
    }
    assert!(air.is_silent());
}

#[test]
fn two_statuses_of_one_number_are_both_kept() {
    let (air, folder) = (Air::new(), Folder::new());
    run(air.device(1, &folder).believe(Wanted::NewVault)).unwrap();
    let mut other = Draft::new();
    other.status.issued = at("2026-11-28T11:00:00Z");
    other.size = 1010;
    air.show(unit(&other));
    let (cause, _) = shown(&air.device(2, &folder));
    assert!(matches!(cause, TrustError::Equivocation(pair) if pair.piece == Piece::Status));
    assert!(air.is_silent());
}

#[test]
fn nodes_that_show_two_bundles_in_one_run_are_caught_without_any_memory() {
    let air = Air::new();
    // The first is stale, so that another node is asked as well.
    let mut stale = Draft::new();
    stale.status.issued = at("2026-11-01T10:00:00Z");
    let mut other = Draft::with(BundleContents { fleets: vec![serving(NEW, Service::Active)], ..bundle() });
    other.status.number = StatusNumber(32);
    other.size = 1010;
    air.show(unit(&stale));
    for port in [7401, 7501] {
        air.show_at(port, Paper::Text(unit(&other)));
    }
    let mut is_caught = false;
    for seed in 0..8 {
        // A run that begins with the fresh one has no reason to ask further.
        match run(air.client(seed).register(right())) {
            Err(ClientError::Trust { cause, .. }) => {
                is_caught |= matches!(*cause, TrustError::Equivocation(_))
            }
            Err(other) => panic!("{other}"),
            Ok(_) => {}
        }
    }
    assert!(is_caught);
}

#[test]
fn two_faces_of_one_log_are_shown_by_its_own_signatures() {
    let (air, folder) = (Air::new(), Folder::new());
    run(air.device(1, &folder).believe(Wanted::NewVault)).unwrap();
    let mut other = draft_of(8);
    other.size = 1000;
    air.show(unit(&other));
    let (cause, path) = shown(&air.device(2, &folder));
    assert_eq!(cause.name(), "log-equivocation");
    let policy = &Actors::honest().root(2).contents().policy.clone();
    EquivocationProof::verify(&std::fs::read(path).unwrap(), policy).unwrap();
    assert!(air.is_silent());
}

/// A log that grows, and its units.
struct Auditor {
    actors: Actors,
    log: Log,
}

impl Auditor {
    fn new(size: u64) -> Self {
        let mut log = Log::default();
        log.fill(size);
        Self { actors: Actors::honest(), log }
    }

    /// Appends a bundle and its status, and proves both.
    fn publish(&mut self, epoch: u64) -> String {
        let draft = draft_of(epoch);
        let bundle = self.actors.countersigned(&draft.bundle.to_string());
        let status = self.actors.countersigned_status(&draft.status.to_string());
        let (first, second) = (self.log.append(bundle.leaf()), self.log.append(status.leaf()));
        let checkpoint = self.log.checkpoint(&self.actors, &draft.times);
        let proofs = [first, second].map(|index| self.log.proof(index, &checkpoint));
        let [bundle_proof, status_proof] = proofs;
        ClaimedDelivery::compose(bundle, bundle_proof, status, status_proof, Vec::new()).to_string()
    }

    fn tiles(&self, is_lying: bool) -> Option<Tiles> {
        Some(Tiles { tree: self.log.tree.clone(), is_lying })
    }
}

fn device(air: &Air, seed: u8, folder: &Folder) -> Client<Air> {
    air.client_with(seed, trust_with_log(), Some(folder))
}

fn warnings(client: &Client<Air>) -> Vec<&'static str> {
    client.trusted().unwrap().warnings().iter().map(Concern::name).collect()
}

#[test]
fn a_log_that_grew_leaves_no_warning_and_one_that_cannot_be_read_leaves_no_more_than_one() {
    // Sizes around a full tile, and a log of three levels of tiles.
    for size in [5, 253, 254, 255, 700, 70_000] {
        let (air, folder) = (Air::new(), Folder::new());
        let mut auditor = Auditor::new(size);
        air.show(auditor.publish(7));
        run(device(&air, 1, &folder).believe(Wanted::NewVault)).unwrap();
        auditor.log.fill(size * 2 + 300);
        air.show(auditor.publish(8));
        air.papers().tiles = auditor.tiles(false);
        let client = device(&air, 2, &folder);
        let (locator, key) = run(client.register(right())).unwrap();
        assert_eq!(warnings(&client), [""; 0], "{size}");
        // Nobody waits for a log that is away or lies.
        for tiles in
            [None, auditor.tiles(true), Some(Tiles { tree: merkle::MemoryTree::default(), is_lying: false })]
        {
            auditor.log.fill(auditor.log.tree.size() + 5);
            let epoch = 9 + air.papers().fetched.len() as u64;
            air.show(auditor.publish(epoch));
            air.papers().tiles = tiles;
            let client = device(&air, u8::try_from(epoch).unwrap(), &folder);
            assert!(run(client.recover(&locator, right())).unwrap().key.matches(&key));
            assert_eq!(warnings(&client), ["consistency-unchecked"], "{size}");
        }
    }
}

#[test]
fn a_log_that_did_not_only_grow_is_refused_and_shown_by_its_own_root() {
    let (air, folder) = (Air::new(), Folder::new());
    air.show(Auditor::new(500).publish(7));
    run(device(&air, 1, &folder).believe(Wanted::NewVault)).unwrap();
    let mut fork = Auditor::new(400);
    fork.log.append("something else");
    fork.log.fill(900);
    air.show(fork.publish(8));
    air.papers().tiles = fork.tiles(false);
    let (cause, path) = shown(&device(&air, 2, &folder));
    assert_eq!(cause.name(), "log-inconsistent");
    let proof = std::fs::read(path).unwrap();
    EquivocationProof::verify(&proof, &Actors::honest().root(2).contents().policy).unwrap();
    assert!(air.is_silent());
}

/// The same people, but for the log's key, and the trust root that names it.
fn with_another_log_key() -> (Actors, TrustRoot, String) {
    let (mut second, first) = (Actors::honest(), Actors::honest());
    let secret = Actors::of("rotated").log.secret;
    let key = NoteKey::new(first.log.key.name().clone(), secret.public()).unwrap();
    second.log = Actor { key, secret };
    let contents = RootContents { issued: at("2026-11-01T00:00:00Z"), ..second.root_contents(2, 2) };
    let note = sign_root(&contents, &[&first.roots[0].1, &first.roots[1].1]);
    (second, first.root(2).followed_by(note.as_bytes()).unwrap(), note)
}

/// A change of the log's key is no way to get rid of what devices saw before.
#[test]
fn a_log_that_goes_on_under_another_key_is_held_against_what_the_old_one_signed() {
    for is_fork in [false, true] {
        for ships_second_root in [false, true] {
            let (air, folder) = (Air::new(), Folder::new());
            let mut auditor = Auditor::new(500);
            air.show(auditor.publish(7));
            run(device(&air, 1, &folder).believe(Wanted::NewVault)).unwrap();
            let (actors, root, note) = with_another_log_key();
            if is_fork {
                auditor = Auditor::new(400);
                auditor.log.append("something else");
            }
            auditor.actors = actors;
            auditor.log.fill(900);
            air.show(auditor.publish(8));
            air.papers().tiles = auditor.tiles(false);
            air.papers().roots =
                Paper::Text(format!("strongroom.example/trust-roots/v1\nroot {}\n{note}", note.len()));
            let trust = match ships_second_root {
                true => strongroom_client::OverTheAir::new(root.clone())
                    .log("https://log.example".parse().unwrap()),
                false => trust_with_log(),
            };
            let client = air.client_with(2, trust, Some(&folder));
            if !is_fork {
                run(client.register(right())).unwrap();
                assert_eq!(warnings(&client), [""; 0], "{ships_second_root}");
                continue;
            }
            let ClientError::Trust { cause, evidence } = run(client.register(right())).unwrap_err() else {
                panic!()
            };
            assert_eq!((cause.name(), evidence.is_some()), ("log-inconsistent", !ships_second_root));
            let mut chain = RootChain::new(Actors::honest().root(2));
            chain.follow(RootChain::new(root).file_after(RootVersion(0)).as_bytes()).unwrap();
            if let Some(path) = evidence {
                let proof = std::fs::read(path).unwrap();
                EquivocationProof::verify(&proof, &chain.policy_of_all_logs()).unwrap();
            }
            assert!(air.is_silent());
        }
    }
}

#[test]
fn whoever_withholds_the_log_once_does_not_get_rid_of_the_checkpoint_seen_before() {
    let (air, folder) = (Air::new(), Folder::new());
    air.show(Auditor::new(500).publish(7));
    run(device(&air, 1, &folder).believe(Wanted::NewVault)).unwrap();
    let mut fork = Auditor::new(400);
    fork.log.append("something else");
    fork.log.fill(900);
    // The log is away while the fork is shown for the first time, and again.
    for epoch in [8, 9] {
        air.show(fork.publish(epoch));
        let client = device(&air, 2, &folder);
        run(client.believe(Wanted::NewVault)).unwrap();
        assert_eq!(warnings(&client), ["consistency-unchecked"]);
    }
    air.show(fork.publish(10));
    air.papers().tiles = fork.tiles(false);
    let (cause, _) = shown(&device(&air, 3, &folder));
    assert_eq!(cause.name(), "log-inconsistent");
}

#[test]
fn a_checkpoint_that_was_unproved_is_forgotten_once_it_is_proved() {
    let (air, folder) = (Air::new(), Folder::new());
    let mut auditor = Auditor::new(500);
    for epoch in [7, 8, 9] {
        air.show(auditor.publish(epoch));
        run(device(&air, 1, &folder).believe(Wanted::NewVault)).unwrap();
    }
    let text = |folder: &Folder| std::fs::read_to_string(&files(folder, "trust")[0]).unwrap();
    assert!(text(&folder).contains("\nunproved "));
    air.show(auditor.publish(10));
    air.papers().tiles = auditor.tiles(false);
    let client = device(&air, 2, &folder);
    run(client.believe(Wanted::NewVault)).unwrap();
    assert_eq!(warnings(&client), [""; 0]);
    assert!(!text(&folder).contains("\nunproved "));
}

#[test]
fn an_older_view_of_the_log_is_asked_about_and_takes_nothing_back() {
    let (air, folder) = (Air::new(), Folder::new());
    let mut auditor = Auditor::new(500);
    let older = auditor.publish(7);
    let mut later = Draft::new();
    later.size = 2000;
    air.show(&older);
    let (locator, _) = run(device(&air, 1, &folder).register(right())).unwrap();
    auditor.log.fill(900);
    let newest = auditor.log.checkpoint(&auditor.actors, &later.times);
    // The same two notes, proved under a longer log.
    let unit = ClaimedDelivery::parse(older.as_bytes()).unwrap();
    let prove = |index| auditor.log.proof(index, &newest);
    let longer = ClaimedDelivery::compose(
        unit.bundle().clone(),
        prove(500),
        unit.status().clone(),
        prove(501),
        vec![],
    );
    air.show(longer.to_string());
    run(device(&air, 2, &folder).believe(Wanted::NewVault)).unwrap();
    air.show(&older);
    assert_eq!(refusal(run(device(&air, 3, &folder).register(right()))).name(), "log-behind");
    let error = run(device(&air, 3, &folder).recover(&locator, right())).unwrap_err();
    assert!(matches!(error, ClientError::Unconfirmed(_)), "{error}");
    let root = Actors::honest().root(2);
    let state = strongroom_client::DeviceFolder::open(folder.path()).unwrap().load_trust(&root).unwrap();
    assert_eq!(state.memory().unwrap().log().size, 900);
}
