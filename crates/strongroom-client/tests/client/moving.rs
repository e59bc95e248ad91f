//! A vault moves from a draining or revoked fleet to the one that takes new vaults, whatever interrupts it.

use crate::air::*;
use crate::fake_transport::{Act, run};
use crate::folder::Folder;
use crate::over_the_air::refusal;
use crate::trust_world::*;
use std::sync::{Arc, Mutex};
use strongroom_client::{
    BackupKey, Client, ClientError, Credential, Erasure, Locator, MoveNeed, Moved, TrustError,
};
use strongroom_protocol::client::RequestKind;
use strongroom_trust::*;

fn right() -> Credential {
    Credential::password("right")
}

/// A vault at the fleet that drains from now on, with its key on the device.
struct Before {
    air: Air,
    folder: Folder,
    /// What lies beside the backup.
    beside: Arc<Mutex<Locator>>,
    key: BackupKey,
}

impl Before {
    fn new() -> Self {
        let (air, folder) = (Air::new(), Folder::new());
        // The old fleet was the active one when the vault was made.
        let mut first = draft_of(6);
        first.bundle.fleets = vec![serving(OLD, Service::Active)];
        first.status = StatusContents { number: StatusNumber(29), ..status_of(&first.bundle) };
        air.show(unit(&first));
        let (locator, key) = run(air.device(1, &folder).register(right())).unwrap();
        assert_eq!(locator.fleet(), id_of(OLD));
        air.show(honest());
        air.papers().exchanges = 0;
        Self { air, folder, beside: Arc::new(Mutex::new(locator)), key }
    }

    fn device(&self, seed: u8) -> Client<Air> {
        self.air.device(seed, &self.folder)
    }

    fn locator(&self) -> Locator {
        self.beside.lock().unwrap().clone()
    }

    fn move_with(&self, seed: u8, credential: Option<Credential>) -> Result<Moved, ClientError> {
        let device = self.device(seed);
        let keep = |locator: &Locator| {
            *self.beside.lock().unwrap() = locator.clone();
            Ok(())
        };
        run(device.move_vault(&self.locator(), credential, keep))
    }

    /// Goes on until there is nothing left to be done; the password is typed only where it is asked for.
    fn finish(&self, first_seed: u8) {
        for seed in first_seed..first_seed + 6 {
            match self.move_with(seed, None).unwrap() {
                Moved::NeedsCredential => {
                    let _ = self.move_with(seed + 50, Some(right())).unwrap();
                }
                Moved::Needless => return,
                Moved::Unconfirmed | Moved::Moved { .. } => {}
            }
        }
        panic!("the move does not end");
    }

    /// The backup opens with the password on a device that has nothing but what lies beside it.
    fn check_opens(&self, seed: u8) {
        let recovered = run(self.air.client(seed).recover(&self.locator(), right())).unwrap();
        assert!(recovered.key.matches(&self.key));
    }

    /// The new vault serves, the old one is gone, and nothing is left to be done.
    fn check_done(&self) {
        assert_eq!(self.locator().fleet(), id_of(NEW));
        assert_eq!(self.air.new.world().fleet.vaults.len(), 1, "no second vault was made");
        assert!(self.air.old.world().fleet.vaults.values().all(|vault| vault.is_erased));
        assert!(files(&self.folder, "move").is_empty());
        assert_eq!((files(&self.folder, "key").len(), files(&self.folder, "state").len()), (1, 1));
        assert_eq!(run(self.device(200).move_need(&self.locator())).unwrap(), MoveNeed::None);
        self.check_opens(201);
    }
}

fn unconfirmed_erasure(moved: Moved) -> ClientError {
    match moved {
        Moved::Moved { erasure: Erasure::Owed(error), .. } => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_vault_of_a_draining_fleet_opens_there_and_then_moves_with_its_key() {
    let before = Before::new();
    before.check_opens(2);
    let need = run(before.device(3).move_need(&before.locator())).unwrap();
    assert_eq!(need, MoveNeed::Password { successor: id_of(NEW) });
    assert!(matches!(before.move_with(4, None).unwrap(), Moved::NeedsCredential));
    assert_eq!(before.air.new.arrived(RequestKind::Create).len(), 0);
    let moved = before.move_with(5, Some(right())).unwrap();
    let Moved::Moved { locator, erasure: Erasure::Acknowledged } = moved else { panic!("{moved:?}") };
    assert_eq!((locator, before.locator().bundle_epoch()), (before.locator(), 7));
    assert!(matches!(before.move_with(6, None).unwrap(), Moved::Needless));
    before.check_done();
}

#[test]
fn an_active_fleet_s_vault_does_not_move() {
    let (air, folder) = (Air::new(), Folder::new());
    let device = air.device(1, &folder);
    let (locator, _) = run(device.register(right())).unwrap();
    assert_eq!(run(device.move_need(&locator)).unwrap(), MoveNeed::None);
    let moved = run(device.move_vault(&locator, Some(right()), |_| panic!("nothing is to be kept"))).unwrap();
    assert!(matches!(moved, Moved::Needless));
}

#[test]
fn without_a_successor_nothing_moves_and_the_old_vault_serves() {
    let before = Before::new();
    let mut draft = draft_of(8);
    draft.bundle.fleets = vec![serving(OLD, Service::Draining)];
    draft.status = StatusContents { number: StatusNumber(33), ..status_of(&draft.bundle) };
    before.air.show(unit(&draft));
    assert_eq!(run(before.device(2).move_need(&before.locator())).unwrap(), MoveNeed::NoSuccessor);
    assert_eq!(refusal(before.move_with(3, Some(right()))).name(), "no-active-fleet");
    before.check_opens(4);
}

#[test]
fn a_mistyped_password_makes_no_vault() {
    let before = Before::new();
    let error = before.move_with(2, Some(Credential::password("wrong"))).unwrap_err();
    assert!(matches!(error, ClientError::WrongPassword { left: 9, .. }), "{error}");
    assert!(before.air.new.world().arrived.is_empty());
    assert!(files(&before.folder, "move").is_empty());
}

#[test]
fn a_device_without_a_folder_does_not_begin_a_move() {
    let before = Before::new();
    let moved = run(before.air.client(2).move_vault(&before.locator(), Some(right()), |_| Ok(())));
    assert!(matches!(moved, Err(ClientError::NoDevice)));
}

#[test]
fn a_new_device_that_has_only_the_password_moves_the_vault() {
    let before = Before::new();
    let folder = Folder::new();
    let device = before.air.device(2, &folder);
    let moved = run(device.move_vault(&before.locator(), Some(right()), |locator| {
        *before.beside.lock().unwrap() = locator.clone();
        Ok(())
    }));
    assert!(matches!(moved.unwrap(), Moved::Moved { erasure: Erasure::Acknowledged, .. }));
    before.check_opens(3);
}

#[test]
fn a_crash_at_every_message_loses_nothing_and_a_later_run_ends_the_move() {
    let mut steps = 0;
    for step in 0.. {
        let mut is_whole = false;
        for last_arrives in [false, true] {
            let before = Before::new();
            before.air.papers().cut = Some((step, last_arrives));
            let moved = before.move_with(2, Some(right()));
            is_whole = matches!(moved, Ok(Moved::Moved { erasure: Erasure::Acknowledged, .. }));
            before.air.papers().cut = None;
            // Whoever has nothing but what lies beside the backup opens it at any time.
            before.check_opens(3);
            before.finish(10);
            before.check_done();
        }
        if is_whole {
            steps = step;
            break;
        }
    }
    // Attempt, Success; Register, Create, Success; Status, Erase: at least so many messages can get lost.
    assert!(steps >= 7, "{steps}");
}

/// Keeps every file of one kind from being written, from an exchange on, until it is unblocked.
fn block(before: &Before, from: usize, kind: &'static str) {
    let folder = before.folder.path().to_path_buf();
    before.air.papers().watch = Some(Box::new(move |exchange| {
        if exchange < from {
            return;
        }
        // A folder where the new edition would be written first makes exactly this file fail.
        for vault in vaults_in(&folder) {
            let _ = std::fs::create_dir(folder.join(format!("{vault}.{kind}.new")));
        }
    }));
}

fn unblock(before: &Before) {
    before.air.papers().watch = None;
    for entry in std::fs::read_dir(before.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            std::fs::remove_dir(path).unwrap();
        }
    }
}

fn vaults_in(folder: &std::path::Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let stem = |name: std::ffi::OsString| name.to_str().unwrap().split('.').next().unwrap().to_owned();
    names.map(stem).collect()
}

#[test]
fn a_crash_at_every_write_loses_nothing_and_a_later_run_ends_the_move() {
    let mut failures = 0;
    for kind in ["move", "state", "key", "trust"] {
        for from in 0..8 {
            let before = Before::new();
            block(&before, from, kind);
            let moved = before.move_with(2, Some(right()));
            failures += usize::from(matches!(moved, Err(ClientError::State(_) | ClientError::Locator(_))));
            unblock(&before);
            before.check_opens(3);
            before.finish(10);
            before.check_done();
        }
    }
    assert!(failures >= 10, "{failures}");
}

#[test]
fn a_locator_that_cannot_be_kept_leaves_the_old_vault_until_it_can() {
    let before = Before::new();
    let device = before.device(2);
    let fail = |_: &Locator| Err(std::io::Error::other("the disk is full"));
    let error = run(device.move_vault(&before.locator(), Some(right()), fail)).unwrap_err();
    assert!(matches!(error, ClientError::Locator(_)), "{error}");
    assert_eq!(before.locator().fleet(), id_of(OLD));
    before.check_opens(3);
    assert_eq!(run(before.device(4).move_need(&before.locator())).unwrap(), MoveNeed::Unfinished);
    before.finish(10);
    before.check_done();
}

#[test]
fn a_new_vault_that_nobody_confirmed_takes_the_place_of_nothing() {
    let before = Before::new();
    before.air.new.script([Act::Pass, Act::Pass]);
    before.air.new.script((0..100).map(|_| Act::LoseRequest));
    for (seed, credential) in [(2, Some(right())), (3, None)] {
        let moved = before.move_with(seed, credential);
        assert!(
            matches!(moved, Ok(Moved::Unconfirmed) | Err(ClientError::NoMajority { .. })),
            "the confirmation is never heard of"
        );
        assert_eq!(before.locator().fleet(), id_of(OLD));
        assert!(before.air.old.world().fleet.vaults.values().all(|vault| !vault.is_erased));
    }
    before.check_opens(4);
    before.air.new.world().script.clear();
    let moved = before.move_with(5, None).unwrap();
    assert!(matches!(moved, Moved::Moved { erasure: Erasure::Acknowledged, .. }), "{moved:?}");
    before.check_done();
}

#[test]
fn an_old_fleet_that_is_away_owes_the_erasure_until_it_acknowledges() {
    let before = Before::new();
    let away = strongroom_client::TransportError::Unreachable("connection refused".into());
    let break_old = |is_away: bool| {
        let mut world = before.air.old.world();
        world.broken = (0..5).filter(|_| is_away).map(|node| (node, away.clone())).collect();
    };
    break_old(true);
    let error = unconfirmed_erasure(before.move_with(2, Some(right())).unwrap());
    assert_eq!(error.exit_code(), 5);
    assert_eq!(before.locator().fleet(), id_of(NEW));
    before.check_opens(3);
    for seed in 4..7 {
        assert_eq!(run(before.device(seed).move_need(&before.locator())).unwrap(), MoveNeed::Unfinished);
        unconfirmed_erasure(before.move_with(seed, None).unwrap());
    }
    break_old(false);
    let moved = before.move_with(8, None).unwrap();
    assert!(matches!(moved, Moved::Moved { erasure: Erasure::Acknowledged, .. }), "{moved:?}");
    before.check_done();
}

#[test]
fn a_vault_of_a_fleet_that_was_revoked_for_ever_moves_and_nothing_is_sent_there() {
    let before = Before::new();
    let actors = Actors::honest();
    let both = [&actors.operator.revocation, &actors.auditor.revocation];
    let revoked = Draft { revocations: vec![revocation(OLD, &both)], ..Draft::new() };
    before.air.show(unit(&revoked));
    before.air.old.world().arrived.clear();
    assert_eq!(refusal(run(before.air.client(2).recover(&before.locator(), right()))).name(), "revoked");
    let need = run(before.device(3).move_need(&before.locator())).unwrap();
    assert_eq!(need, MoveNeed::Password { successor: id_of(NEW) });
    let moved = before.move_with(4, Some(right())).unwrap();
    let Moved::Moved { erasure: Erasure::Impossible(TrustError::Revoked { .. }), .. } = moved else {
        panic!("{moved:?}")
    };
    assert!(before.air.old.world().arrived.is_empty());
    assert!(files(&before.folder, "move").is_empty());
    before.check_opens(5);
}

#[test]
fn a_vault_of_a_fleet_that_one_party_revoked_moves_and_is_erased_when_the_user_insists() {
    let before = Before::new();
    let one = vec![revocation(OLD, &[&Actors::honest().auditor.revocation])];
    before.air.show(unit(&Draft { revocations: one, ..Draft::new() }));
    before.air.old.world().arrived.clear();
    let need = run(before.device(2).move_need(&before.locator())).unwrap();
    assert_eq!(need, MoveNeed::Password { successor: id_of(NEW) });
    let error = unconfirmed_erasure(before.move_with(3, Some(right())).unwrap());
    let ClientError::Unconfirmed(questions) = error else { panic!("{error}") };
    assert!(before.air.old.world().arrived.is_empty());
    let device = before.device(4);
    device.insist(*questions);
    let moved = run(device.move_vault(&before.locator(), None, |_| Ok(()))).unwrap();
    assert!(matches!(moved, Moved::Moved { erasure: Erasure::Acknowledged, .. }), "{moved:?}");
    assert!(before.air.old.world().fleet.vaults.values().all(|vault| vault.is_erased));
}

#[test]
fn a_successor_that_is_revoked_before_it_is_confirmed_is_left_for_another_or_for_the_old_fleet() {
    let next = [serving("f2027a", Service::Active), serving(OLD, Service::Draining)];
    let again = [serving(OLD, Service::Active)];
    for (fleets, goes_on) in [(&next[..], true), (&again[..], false)] {
        let before = Before::new();
        // The upload to the first successor arrives, and nothing is heard of it.
        before.air.papers().cut = Some((3, true));
        assert!(before.move_with(2, Some(right())).is_err());
        before.air.papers().cut = None;
        let begun = std::fs::read_to_string(&files(&before.folder, "move")[0]).unwrap();
        assert!(begun.contains(&format!("new-fleet {}", id_of(NEW))), "{begun}");
        let mut draft = draft_of(8);
        draft.bundle.fleets = [fleets, &[revoked(NEW, 8)]].concat();
        draft.status = StatusContents { number: StatusNumber(33), ..status_of(&draft.bundle) };
        before.air.show(unit(&draft));
        let moved = before.move_with(3, None).unwrap();
        if goes_on {
            assert!(matches!(moved, Moved::NeedsCredential), "{moved:?}");
            let begun = std::fs::read_to_string(&files(&before.folder, "move")[0]).unwrap();
            assert!(!begun.contains("new-fleet"), "{begun}");
        } else {
            assert!(matches!(moved, Moved::Needless), "{moved:?}");
            assert!(files(&before.folder, "move").is_empty());
        }
        before.check_opens(4);
    }
}
