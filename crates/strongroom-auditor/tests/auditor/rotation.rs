//! New keys for the auditor: a trust root that the root keys of both versions signed names them, and from then on
//! they sign; the log goes on where it was, and what was seen before stays comparable.

use crate::{
    storage::{Fate, Memory, Mortal},
    world::*,
};
use std::sync::Arc;
use strongroom_auditor::{
    auditor::{AdoptError, Auditor, AuditorError, Outdated},
    key::{Passphrase, Stretching},
    keys::{AuditorKeyKind, AuditorKeys, NextKeys, NextKeysError, OpenKeys, OwnKey, make_next_keys},
    plexi::PlexiKey,
    storage::PublicFiles,
};
use strongroom_trust::{
    BundleContents, CheckpointBody, ClaimedDelivery, ClaimedEpochs, Concern, DeviceView, Epoch,
    Memory as DeviceMemory, PartyKeys, RootChain, RootContents, RootError, RootVersion, Service, TrustRoot,
    VerifiedDelivery,
    gossip::{Gossip, compare_with_tree, verify_gossip},
    log::verify_log,
    merkle::prove_consistency,
    tile::TileTree,
    verify_delivery,
};

/// The same names over other secrets, as `strongroom auditor new-keys` makes them.
fn fresh(name: &str) -> Actor {
    let secret = secret(&format!("fresh {name}"));
    Actor { key: strongroom_trust::NoteKey::new(name.parse().unwrap(), secret.public()).unwrap(), secret }
}

fn fresh_party() -> [Actor; 3] {
    ["bundle", "status", "revocation"].map(|kind| fresh(&format!("auditor.example/{kind}")))
}

fn next_keys() -> NextKeys {
    let own = |actor: Actor| Some(OwnKey::new(actor.key, Arc::new(actor.secret)));
    let [bundle, status, revocation] = fresh_party().map(own);
    let plexi = Some(Arc::new(PlexiKey::new(&secret("fresh plexi"))));
    NextKeys { bundle, status, revocation, log: own(fresh(ORIGIN)), plexi }
}

/// The second trust root, which names new keys for auditor and log.
fn second_root(world: &World) -> RootContents {
    let [bundle, status, revocation] = fresh_party().map(|actor| actor.key);
    let mut contents = world.root_contents(2);
    contents.auditor = PartyKeys { bundle, status, revocation };
    contents.policy.logs = vec![fresh(ORIGIN).key];
    contents
}

impl World {
    /// An auditor that made new keys.
    fn renewed_office(&self, files: &Memory, fate: &Fate) -> Office<'_> {
        let mut office = self.office(files, fate);
        office.auditor = office.auditor.with_next(next_keys());
        office
    }

    fn watch_new_log_key(&self) {
        self.witnesses.iter().for_each(|at| at.witness.watch(&fresh(ORIGIN).key).unwrap());
    }
}

fn second_bundle() -> BundleContents {
    BundleContents { trust_root: RootVersion(2), ..after(&first_bundle(), first_bundle().fleets) }
}

fn chain(world: &World) -> RootChain {
    let mut chain = RootChain::new(world.root());
    let next = world.sign_root(&second_root(world));
    let next = world.root().followed_by(next.as_bytes()).unwrap();
    chain.follow(RootChain::new(next).file_after(RootVersion(0)).as_bytes()).unwrap();
    chain
}

fn believed(files: &Memory, root: &TrustRoot, memory: Option<&DeviceMemory>) -> VerifiedDelivery {
    let unit = ClaimedDelivery::parse(files.text("public/delivery").unwrap().as_bytes()).unwrap();
    let grown = memory.map(|memory| {
        let size = CheckpointBody::parse(unit.status_proof().checkpoint.text()).unwrap().size;
        let tree = TileTree::new(PublicFiles::of(Arc::new(files.clone())), size);
        prove_consistency(&tree, memory.log().size, size).unwrap()
    });
    let view = DeviceView {
        clock: now(),
        build: at("2026-06-01T00:00:00Z"),
        epochs: ClaimedEpochs::default(),
        memory,
        consistency: grown.as_deref(),
    };
    verify_delivery(unit, root, &view).unwrap()
}

/// From the first root to a unit under the second one.
fn rotate(world: &World, office: &Office<'_>) -> Result<(), String> {
    office.adopt().map_err(|error| error.to_string())?;
    office.enforce(&first_bundle())?;
    world.watch_new_log_key();
    let next = world.sign_root(&second_root(world));
    office.auditor.adopt(next.as_bytes(), now()).map_err(|error| error.to_string())?;
    office.enforce(&second_bundle())
}

#[test]
fn new_keys_sign_from_the_trust_root_on_that_names_them_and_the_log_goes_on() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.renewed_office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    let before = believed(&files, &world.root(), None);
    let memory = before.memory().unwrap();
    let unit_before = files.text("public/delivery").unwrap();
    assert!(unit_before.contains(&world.auditor[0].key.key_id_line()), "the old keys still sign");

    world.watch_new_log_key();
    let next = world.sign_root(&second_root(&world));
    assert_eq!(office.auditor.adopt(next.as_bytes(), now()).unwrap(), RootVersion(2));
    let checkpoint = files.text("public/checkpoint").unwrap();
    assert!(checkpoint.contains(&fresh(ORIGIN).key.key_id_line()));
    assert!(!checkpoint.contains(&world.log.key.key_id_line()), "the old log key signs no more");
    assert_eq!(
        files.text("public/delivery").unwrap(),
        unit_before,
        "until both signed anew the last unit stays"
    );
    assert_eq!(office.auditor.outdated().unwrap(), Outdated { bundle: true, revocations: vec![] });

    office.enforce(&second_bundle()).unwrap();
    let chain = chain(&world);
    assert_eq!(office.auditor.outdated().unwrap(), Outdated::default());
    let after = believed(&files, chain.newest(), Some(&memory));
    assert_eq!((after.bundle().epoch, after.concerns()), (Epoch(2), &[][..]), "it grew out of what was seen");
    assert!(after.checkpoint().body().size > before.checkpoint().body().size);
    // Whoever has not followed the roots believes nothing new, and is told what is missing.
    let unit = ClaimedDelivery::parse(files.text("public/delivery").unwrap().as_bytes()).unwrap();
    let view = DeviceView {
        clock: now(),
        build: at("2026-06-01T00:00:00Z"),
        epochs: ClaimedEpochs::default(),
        memory: None,
        consistency: None,
    };
    assert_eq!(verify_delivery(unit, &world.root(), &view).unwrap_err().name(), "auditor-signature");
    let report = verify_log(&PublicFiles::of(Arc::new(files.clone())), &chain, Some(memory.log())).unwrap();
    assert_eq!(report.epochs.len(), 2);
}

#[test]
fn a_checkpoint_of_before_is_compared_with_the_log_of_after() {
    let (world, files) = (World::new(), Memory::default());
    rotate(&world, &world.renewed_office(&files, &Fate::immortal())).unwrap();
    let chain = chain(&world);
    let policy = chain.policy_of_all_logs();
    let newest = files.text("public/checkpoint").unwrap();
    let size = |text: &str| text.lines().nth(1).unwrap().parse::<u64>().unwrap();
    let tree = TileTree::new(PublicFiles::of(Arc::new(files.clone())), size(&newest));
    let root = strongroom_trust::merkle::root_of(&tree, 2).unwrap();
    let honest = world.log.note(&body(root));
    let lie = world.log.note(&body(strongroom_trust::text_digest("another history")));
    let compare = |old: &str| compare_with_tree(&policy, old.as_bytes(), (newest.as_bytes(), &tree));
    assert_eq!(compare(&honest), Ok(Gossip::Consistent));
    assert!(
        matches!(compare(&lie), Ok(Gossip::Equivocation(_))),
        "the retired key's word counts against the log"
    );
    let narrow = &chain.newest().contents().policy;
    assert!(verify_gossip(narrow, honest.as_bytes(), newest.as_bytes(), None).is_err());
}

/// A checkpoint of two leaves.
fn body(root: strongroom_protocol::ids::Digest) -> String {
    CheckpointBody { origin: ORIGIN.into(), size: 2, root, extensions: vec![] }.to_string()
}

#[test]
fn nobody_but_the_root_keys_of_both_versions_changes_the_keys() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.renewed_office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    let text = second_root(&world).to_string();
    let one = strongroom_trust::ClaimedNote::compose(&text, &[world.roots[1].1.sign(&text)]).unwrap();
    let refused = office.auditor.adopt(one.as_str().as_bytes(), now());
    assert!(
        matches!(refused, Err(AdoptError::Root(RootError::PreviousThreshold))),
        "the auditor alone cannot"
    );
    let mut strangers = second_root(&world);
    strangers.auditor.status = fresh("stranger.example").key;
    let refused = office.auditor.adopt(world.sign_root(&strangers).as_bytes(), now());
    assert!(matches!(refused, Err(AdoptError::OtherKeys)), "keys that are not at hand are not promised");
    assert_eq!(
        files.text("public/trust-roots").unwrap().matches("\nroot ").count(),
        4,
        "one root of three keys"
    );
    assert!(office.auditor.tend(now()).is_ok());
}

/// A service that was started before the keys were made signs nothing more once they are named.
#[test]
fn a_program_without_the_new_keys_signs_nothing_under_the_root_that_names_them() {
    let (world, files) = (World::new(), Memory::default());
    let started_before = world.office(&files, &Fate::immortal());
    rotate(&world, &world.renewed_office(&files, &Fate::immortal())).unwrap();
    let before = files.paths();
    assert!(matches!(started_before.auditor.tend(now()), Err(AuditorError::OtherKeys)));
    let reason = "key-compromise".parse().unwrap();
    assert!(started_before.auditor.revoke(id_of("f2023a"), reason, now()).is_err());
    assert_eq!(files.paths(), before);
}

#[test]
fn a_revocation_by_a_retired_key_counts_no_more_until_somebody_stands_by_it() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.renewed_office(&files, &Fate::immortal());
    office.adopt().unwrap();
    let fleets = vec![serving("f2026a", Service::Active), serving("f2023a", Service::Active)];
    let first = BundleContents { fleets, ..first_bundle() };
    office.enforce(&first).unwrap();
    let fleet = id_of("f2023a");
    office.auditor.revoke(fleet, "key-compromise".parse().unwrap(), now()).unwrap();
    office.agree_on_status().unwrap();
    world.watch_new_log_key();
    let next = world.sign_root(&second_root(&world));
    office.auditor.adopt(next.as_bytes(), now()).unwrap();
    assert_eq!(office.auditor.outdated().unwrap(), Outdated { bundle: true, revocations: vec![fleet] });
    let second = BundleContents { trust_root: RootVersion(2), ..after(&first, first.fleets.clone()) };
    office.enforce(&second).unwrap();
    let chain = chain(&world);
    let unit = believed(&files, chain.newest(), None);
    assert_eq!((unit.status().revocations.len(), unit.concerns().len()), (0, 0));
    assert_eq!(
        unit.for_recovering(fleet).map(|recovery| matches!(recovery, strongroom_trust::Recovery::Clear(_))),
        Ok(true)
    );

    let digest = office.auditor.revoke(fleet, "key-compromise".parse().unwrap(), now()).unwrap();
    office.agree_on_status().unwrap();
    let unit = believed(&files, chain.newest(), None);
    assert_eq!(unit.status().revocations, [digest]);
    assert_eq!(office.auditor.outdated().unwrap(), Outdated::default());
    assert!(matches!(unit.for_recovering(fleet), Ok(strongroom_trust::Recovery::Ask(_))));
}

/// The program is stopped at every step of a change of keys; the end is the same, and devices see one history.
#[test]
fn a_stop_at_any_step_of_a_change_of_keys_leaves_one_history_and_the_same_end() {
    let world = World::new();
    let (whole, fate) = (Memory::default(), Fate::immortal());
    rotate(&world, &world.renewed_office(&whole, &fate)).unwrap();
    let steps = fate.taken();
    let end = chain(&world);
    for step in 0..steps {
        let (world, files) = (World::new(), Memory::default());
        let fate = Fate::dies_at(step, step % 2 == 0);
        assert!(rotate(&world, &world.renewed_office(&files, &fate)).is_err(), "step {step}");
        let seen = files.text("public/delivery");
        rotate(&world, &world.renewed_office(&files, &Fate::immortal())).unwrap();
        let last = believed(&files, end.newest(), None);
        assert_eq!((last.bundle().epoch, last.concerns()), (Epoch(2), &[][..]), "step {step}");
        let report = verify_log(&PublicFiles::of(Arc::new(files.clone())), &end, None).unwrap();
        assert_eq!(report.epochs.len(), 2, "no bundle was signed twice");
        let seen = seen.map(|unit| ClaimedDelivery::parse(unit.as_bytes()).unwrap());
        if let Some(seen) = seen {
            let old = CheckpointBody::parse(seen.status_proof().checkpoint.text()).unwrap();
            verify_log(&PublicFiles::of(Arc::new(files.clone())), &end, Some(&old)).unwrap();
        }
    }
}

/// Keys in files, as the command makes them: whatever stops the change, those that are named lie in their place in the
/// end and the secrets of the others are gone.
#[test]
fn named_keys_take_the_place_of_those_before_whatever_stops_it() {
    let mut step = 0;
    loop {
        let (world, files) = (World::new(), Memory::default());
        let passphrase = Passphrase::new("correct".into());
        let work = Stretching::new(8, 1, 1).unwrap();
        let mut rng = strongroom_crypto::ChaChaRng::from_seed([7; 32]);
        let origin = ORIGIN.parse().unwrap();
        let own = AuditorKeys::create(&files, &origin, &passphrase, work, &mut rng).unwrap();
        let open = |fate: &Fate| {
            let storage = Arc::new(Mortal { files: files.clone(), fate: fate.clone() });
            let keys = OpenKeys::open(&files, &passphrase).unwrap();
            let next = NextKeys::open(&files, &passphrase).unwrap();
            Auditor::new(storage, NAMESPACE.parse().unwrap(), keys, world.ways(fate)).with_next(next)
        };
        let root = |version, keys: &AuditorKeys| {
            let mut contents = RootContents { auditor: keys.party.clone(), ..world.root_contents(version) };
            contents.policy.logs = vec![keys.log.clone()];
            world.sign_root(&contents)
        };
        world.witnesses.iter().for_each(|at| at.witness.watch(&own.log).unwrap());
        open(&Fate::immortal()).adopt(root(1, &own).as_bytes(), now()).unwrap();

        let wrong = Passphrase::new("wrong".into());
        assert!(make_next_keys(&files, &AuditorKeyKind::ALL, &wrong, &mut rng).is_err());
        let lines = make_next_keys(&files, &AuditorKeyKind::ALL, &passphrase, &mut rng).unwrap();
        let waiting = make_next_keys(&files, &[AuditorKeyKind::Log], &passphrase, &mut rng);
        assert!(matches!(waiting, Err(NextKeysError::Waiting(AuditorKeyKind::Log))), "never written over");
        assert_eq!(files.text("public/next-keys"), Some(lines.clone()));
        assert_eq!(files.text("public/keys"), Some(own.to_string()), "those in use stay");
        let new = keys_of(&lines, &own);
        world.witnesses.iter().for_each(|at| at.witness.watch(&new.log).unwrap());
        let next = root(2, &new);
        let fate = Fate::dies_at(step, step % 2 == 0);
        let stopped = open(&fate).adopt(next.as_bytes(), now()).is_err();
        assert_eq!(open(&Fate::immortal()).adopt(next.as_bytes(), now()).unwrap(), RootVersion(2), "{step}");

        assert_eq!(files.text("public/keys"), Some(lines), "step {step}");
        let left: Vec<String> = files.paths().into_iter().filter(|path| path.contains("next-keys")).collect();
        assert_eq!(left, Vec::<String>::new(), "step {step}");
        let named = AuditorKeys::read(&files).unwrap();
        assert_eq!((named.party, named.log), (new.party, new.log));
        assert_ne!(named.plexi, own.plexi, "plexi's goes along");
        assert!(open(&Fate::immortal()).tend(now()).is_ok());
        if !stopped {
            assert!(step > 15, "{step} steps");
            return;
        }
        step += 1;
    }
}

/// The keys of lines that a trust root is to have.
fn keys_of(lines: &str, before: &AuditorKeys) -> AuditorKeys {
    let key = |word: &str| {
        let line = lines.lines().find_map(|line| line.strip_prefix(word)).unwrap();
        line.parse::<strongroom_trust::NoteKey>().unwrap()
    };
    let party = PartyKeys {
        bundle: key("auditor bundle "),
        status: key("auditor status "),
        revocation: key("auditor revocation "),
    };
    AuditorKeys { party, log: key("log "), plexi: before.plexi.clone() }
}

/// Without the new log key at the witnesses nothing is given out, and the same act again goes on.
#[test]
fn witnesses_that_do_not_know_the_new_log_key_yet_keep_everything_waiting() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.renewed_office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    let before = files.text("public/checkpoint").unwrap();
    let next = world.sign_root(&second_root(&world));
    assert!(office.auditor.adopt(next.as_bytes(), now()).is_err());
    assert_eq!(files.text("public/checkpoint").unwrap(), before);
    world.watch_new_log_key();
    // The old key's thief gets no cosignature from now on; the log goes on all the same, since it signs anew first.
    for at in &world.witnesses {
        at.witness.forget(&world.log.key).unwrap();
        assert!(at.witness.forget(&world.log.key).is_err(), "it is forgotten already");
    }
    assert_eq!(office.auditor.adopt(next.as_bytes(), now()).unwrap(), RootVersion(2));
    office.enforce(&second_bundle()).unwrap();
    let concerns: Vec<Concern> = believed(&files, chain(&world).newest(), None).concerns().to_vec();
    assert_eq!(concerns, []);
}

/// The tree of before is shown to witnesses under the new key before a leaf is added: they may know no other any more.
#[test]
fn witnesses_that_forgot_the_old_log_key_early_keep_nothing_waiting() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.renewed_office(&files, &Fate::immortal());
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    world.watch_new_log_key();
    world.witnesses.iter().for_each(|at| at.witness.forget(&world.log.key).unwrap());
    let next = world.sign_root(&second_root(&world));
    assert_eq!(office.auditor.adopt(next.as_bytes(), now()).unwrap(), RootVersion(2));
    office.enforce(&second_bundle()).unwrap();
    assert_eq!(believed(&files, chain(&world).newest(), None).bundle().epoch, Epoch(2));
}

/// How a key's signature line begins after the name.
trait KeyIdLine {
    fn key_id_line(&self) -> String;
}

impl KeyIdLine for strongroom_trust::NoteKey {
    fn key_id_line(&self) -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};
        // Three of the four bytes of the key id fill whole digits of base64.
        let digits = STANDARD.encode(&self.key_id().to_be_bytes()[..3]);
        format!("\u{2014} {} {digits}", self.name())
    }
}
