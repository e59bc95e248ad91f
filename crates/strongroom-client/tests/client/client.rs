//! What an app sees when nothing goes wrong, and when the person does.

use crate::fake_transport::{Act, FakeTransport, run};
use crate::folder::Folder;
use strongroom_client::{ClientError, Confirmation, Credential, DeviceFolder, Locator};
use strongroom_protocol::{
    client::{Refusal, RequestKind},
    ids::SlotNumber,
};

fn right() -> Credential {
    Credential::password("right")
}

fn wrong() -> Credential {
    Credential::password("wrong")
}

#[test]
fn a_key_comes_back_on_another_device() {
    let net = FakeTransport::new();
    let (locator, key) = run(net.client(1).register(right())).unwrap();
    let locator = Locator::from_bytes(locator.to_json().as_bytes()).unwrap();
    let recovered = run(net.client(2).recover(&locator, right())).unwrap();
    assert!(recovered.key.matches(&key));
    assert_eq!(recovered.generation.0, 1);
    assert_eq!(recovered.confirmation, Confirmation::Confirmed { left: 10 });
    assert_eq!((recovered.failed, recovered.failed_elsewhere), (0, 0));
    let vault = &net.world().fleet.vaults[&locator.vault()];
    assert_eq!((vault.left, vault.successes), (10, 2));
}

#[test]
fn one_context_serves_both_messages_of_a_recovery() {
    let net = FakeTransport::new();
    let (locator, _) = run(net.client(1).register(right())).unwrap();
    net.world().arrived.clear();
    run(net.client(2).recover(&locator, right())).unwrap();
    let seen: Vec<_> =
        net.world().arrived.iter().map(|arrived| (arrived.kind, arrived.is_continued)).collect();
    assert_eq!(seen, [(RequestKind::Attempt, false), (RequestKind::Success, true)]);
}

#[test]
fn with_key_stretching_a_key_comes_back_too() {
    let net = FakeTransport::new();
    let (locator, key) = run(net.stretching_client(1).unwrap().register(right())).unwrap();
    let recovered = run(net.stretching_client(2).unwrap().recover(&locator, right())).unwrap();
    assert!(recovered.key.matches(&key));
}

#[test]
fn wrong_passwords_are_counted_and_told_apart_by_device() {
    let net = FakeTransport::new();
    let (folder, other_folder) = (Folder::new(), Folder::new());
    let (locator, _) = run(net.client(1).register(right())).unwrap();
    let device = net.device(2, &folder);
    let other = net.device(3, &other_folder);
    let left = |result: Result<_, ClientError>| match result.map(|_: strongroom_client::Recovered| ()) {
        Err(ClientError::WrongPassword { left, failed, failed_elsewhere }) => {
            (left, failed, failed_elsewhere)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(left(run(device.recover(&locator, wrong()))), (9, 0, 0));
    assert_eq!(left(run(other.recover(&locator, wrong()))), (8, 1, 1));
    assert_eq!(left(run(other.recover(&locator, wrong()))), (7, 2, 1));
    // A device that begins anew remembers what it did.
    let recovered = run(net.device(4, &folder).recover(&locator, right())).unwrap();
    assert_eq!((recovered.failed, recovered.failed_elsewhere), (3, 2));
    // After a success nothing counts any more, on the device that was away neither.
    assert_eq!(left(run(device.recover(&locator, wrong()))), (9, 0, 0));
    let recovered = run(other.recover(&locator, right())).unwrap();
    assert_eq!((recovered.failed, recovered.failed_elsewhere), (1, 1));
}

#[test]
fn ten_wrong_passwords_erase_the_slot_at_the_eleventh_attempt() {
    let net = FakeTransport::new();
    let (locator, _) = run(net.client(1).register(right())).unwrap();
    let client = net.client(2);
    for left in (0..10).rev() {
        let error = run(client.recover(&locator, wrong())).unwrap_err();
        assert!(matches!(error, ClientError::WrongPassword { left: l, .. } if l == left), "{error}");
        assert_eq!(error.exit_code(), 3);
    }
    let error = run(client.recover(&locator, right())).unwrap_err();
    assert!(matches!(error, ClientError::Erased));
    assert_eq!(error.exit_code(), 4);
}

#[test]
fn an_absent_vault_is_told_from_an_erased_one() {
    let net = FakeTransport::new();
    let client = net.client(1);
    let (locator, key) = run(client.register(right())).unwrap();
    run(client.erase(&locator, &key)).unwrap();
    assert!(matches!(run(client.recover(&locator, right())), Err(ClientError::Erased)));
    assert!(matches!(run(client.status(&locator)), Err(ClientError::Erased)));
    run(client.erase(&locator, &key)).unwrap();
    net.world().fleet.vaults.clear();
    let error = run(client.recover(&locator, right())).unwrap_err();
    assert!(matches!(error, ClientError::Absent));
    assert_eq!(error.exit_code(), 7);
    assert!(matches!(run(client.status(&locator)), Err(ClientError::Absent)));
    assert!(matches!(run(client.erase(&locator, &key)), Err(ClientError::Absent)));
}

#[test]
fn a_status_spends_nothing() {
    let net = FakeTransport::new();
    let client = net.client(1);
    let (locator, _) = run(client.register(right())).unwrap();
    let _ = run(client.recover(&locator, wrong()));
    for _ in 0..3 {
        let status = run(client.status(&locator)).unwrap();
        assert_eq!((status.left, status.failed, status.slots.as_slice().len()), (9, 1, 1));
    }
}

#[test]
fn a_changed_password_opens_and_the_old_one_does_not() {
    let net = FakeTransport::new();
    let client = net.client(1);
    let (locator, key) = run(client.register(right())).unwrap();
    let _ = run(client.recover(&locator, wrong()));
    let changed = run(client.change_password(&locator, &key, Credential::password("new"))).unwrap();
    assert_eq!((changed.generation.0, changed.left, changed.is_confirmed), (2, 10, true));
    assert_eq!(changed.locator, locator);
    let recovered = run(client.recover(&locator, Credential::password("new"))).unwrap();
    assert!(recovered.key.matches(&key));
    assert!(matches!(run(client.recover(&locator, right())), Err(ClientError::WrongPassword { .. })));
}

#[test]
fn a_password_is_set_again_where_the_slot_was_erased() {
    let net = FakeTransport::new();
    let client = net.client(1);
    let (locator, key) = run(client.register(right())).unwrap();
    for _ in 0..11 {
        let _ = run(client.recover(&locator, wrong()));
    }
    let changed = run(client.change_password(&locator, &key, right())).unwrap();
    assert_eq!((changed.left, changed.is_confirmed), (10, true));
    assert!(run(client.recover(&locator, right())).unwrap().key.matches(&key));
}

#[test]
fn the_only_slot_is_not_removed_and_one_that_does_not_stand_is_gone() {
    let net = FakeTransport::new();
    let client = net.client(1);
    let (locator, key) = run(client.register(right())).unwrap();
    let error = run(client.remove_slot(&locator, &key, locator.slot())).unwrap_err();
    assert!(matches!(error, ClientError::Refused(Refusal::WrongSlot)));
    run(client.remove_slot(&locator, &key, SlotNumber::new(8).unwrap())).unwrap();
}

#[test]
fn whoever_lacks_the_backup_key_changes_and_erases_nothing() {
    let net = FakeTransport::new();
    let client = net.client(1);
    let (locator, _) = run(client.register(right())).unwrap();
    let (_, other_key) = run(client.register(right())).unwrap();
    let refused = Refusal::ForeignSignature;
    let error = run(client.erase(&locator, &other_key)).unwrap_err();
    assert!(matches!(error, ClientError::Refused(refusal) if refusal == refused));
    let error = run(client.change_password(&locator, &other_key, right())).unwrap_err();
    assert!(matches!(error, ClientError::Refused(refusal) if refusal == refused));
}

#[test]
fn a_foreign_vault_under_the_fresh_id_makes_the_client_take_another_one() {
    let net = FakeTransport::new();
    net.script([Act::Pass, Act::Refuse(Refusal::VaultExists), Act::Pass, Act::Refuse(Refusal::VaultErased)]);
    let mut kept = Vec::new();
    let (locator, key) = run(net.client(1).register_keeping(right(), |locator| {
        kept.push(locator.clone());
        Ok(())
    }))
    .unwrap();
    assert_eq!(kept.len(), 3);
    assert_eq!(kept.last(), Some(&locator));
    assert_ne!(kept[0].vault(), kept[1].vault());
    assert!(run(net.client(2).recover(&locator, right())).unwrap().key.matches(&key));
}

#[test]
fn nothing_is_sent_before_the_locator_and_the_device_have_what_they_need() {
    let net = FakeTransport::new();
    let folder = Folder::new();
    let client = net.device(1, &folder);
    let fail = |_: &Locator| Err(std::io::Error::other("read-only"));
    let error = run(client.register_keeping(right(), fail)).unwrap_err();
    assert!(matches!(error, ClientError::Locator(_)));
    assert!(net.world().arrived.is_empty());

    std::fs::remove_dir_all(folder.path()).unwrap();
    assert!(matches!(run(client.register(right())), Err(ClientError::State(_))));
    assert!(net.world().arrived.is_empty());
}

#[test]
fn the_device_keeps_the_backup_key_for_later_runs() {
    let net = FakeTransport::new();
    let folder = Folder::new();
    let (locator, key) = run(net.device(1, &folder).register(right())).unwrap();
    let device = DeviceFolder::open(folder.path()).unwrap();
    assert!(device.load_key(locator.vault()).unwrap().unwrap().matches(&key));
    let state = device.load(locator.fleet(), locator.vault()).unwrap().unwrap();
    assert!(state.pending.is_none());
    assert_eq!(state.generation.0, 1);
}

#[test]
fn an_empty_password_is_refused_before_anything_is_sent() {
    let net = FakeTransport::new();
    let error = run(net.client(1).register(Credential::password(""))).unwrap_err();
    assert!(matches!(error, ClientError::Credential(_)));
    assert!(net.world().arrived.is_empty() && net.world().keys_asked == 0);
}
