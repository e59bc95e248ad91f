//! The program ends in the middle, and begins again with what it has stored.

use crate::fake_transport::{Act, Arrived, FakeTransport, run};
use crate::folder::Folder;
use strongroom_client::{ClientError, Confirmation, Credential, DeviceFolder, Locator, Resumed};
use strongroom_protocol::client::RequestKind;

fn right() -> Credential {
    Credential::password("right")
}

fn other() -> Credential {
    Credential::password("other")
}

/// After so many exchanges nothing is heard of the fleet any more; the last request arrives or not.
fn cut_after(net: &FakeTransport, count: usize, last_arrives: bool) {
    net.script((0..count).map(|_| Act::Pass));
    net.script((0..100).map(|_| if last_arrives { Act::LoseAnswer } else { Act::LoseRequest }));
}

fn mend(net: &FakeTransport) {
    net.world().script.clear();
}

fn all_equal(arrived: &[Arrived]) -> bool {
    arrived.iter().all(|one| one.request == arrived[0].request)
}

/// Registers until the cut, and gives the locator that was kept.
fn interrupted_registration(net: &FakeTransport, folder: &Folder) -> Locator {
    let mut kept = None;
    let _ = run(net.device(1, folder).register_keeping(right(), |locator| {
        kept = Some(locator.clone());
        Ok(())
    }));
    kept.unwrap()
}

#[test]
fn an_interrupted_registration_is_finished_by_a_later_run() {
    for step in 0..3 {
        for last_arrives in [false, true] {
            let (net, folder) = (FakeTransport::new(), Folder::new());
            cut_after(&net, step, last_arrives);
            let locator = interrupted_registration(&net, &folder);
            mend(&net);
            let device = net.device(2, &folder);
            let resumed = run(device.resume(&locator, None, |_| Ok(()))).unwrap();
            match (step, resumed) {
                (2, Resumed::Confirmed) => {}
                (0 | 1, Resumed::NeedsCredential) => {
                    let resumed = run(device.resume(&locator, Some(right()), |_| Ok(()))).unwrap();
                    let Resumed::Registered(again, _) = resumed else { panic!("{resumed:?}") };
                    assert_eq!(again, locator);
                }
                (_, other) => panic!("{step} {other:?}"),
            }
            assert!(all_equal(&net.arrived(RequestKind::Create)), "{step}");
            let key = DeviceFolder::open(folder.path()).unwrap().load_key(locator.vault()).unwrap().unwrap();
            let recovered = run(net.client(3).recover(&locator, right())).unwrap();
            assert!(recovered.key.matches(&key));
            let vault = &net.world().fleet.vaults[&locator.vault()];
            assert_eq!((vault.left, vault.successes, vault.failed), (10, 2, 0));
            assert!(matches!(run(device.resume(&locator, None, |_| Ok(()))), Ok(Resumed::Nothing)));
        }
    }
}

#[test]
fn an_interrupted_registration_with_a_dead_token_needs_the_password_and_no_second_upload() {
    let (net, folder) = (FakeTransport::new(), Folder::new());
    cut_after(&net, 2, false);
    let locator = interrupted_registration(&net, &folder);
    mend(&net);
    net.world().fleet.forget_tickets_and_tokens();
    let device = net.device(2, &folder);
    assert!(matches!(run(device.resume(&locator, None, |_| Ok(()))), Ok(Resumed::NeedsCredential)));
    assert!(matches!(run(device.resume(&locator, Some(right()), |_| Ok(()))), Ok(Resumed::Registered(..))));
    let uploads = net.arrived(RequestKind::Create);
    assert_eq!(uploads.len(), 2);
    assert!(all_equal(&uploads));
}

#[test]
fn another_password_does_not_finish_an_interrupted_registration() {
    for last_arrives in [false, true] {
        let (net, folder) = (FakeTransport::new(), Folder::new());
        cut_after(&net, 1, last_arrives);
        let locator = interrupted_registration(&net, &folder);
        mend(&net);
        let device = net.device(2, &folder);
        let error = run(device.resume(&locator, Some(other()), |_| Ok(()))).unwrap_err();
        assert!(matches!(error, ClientError::OtherPassword), "{error}");
    }
}

#[test]
fn a_vault_whose_confirmation_got_lost_is_made_all_the_same() {
    let (net, folder) = (FakeTransport::new(), Folder::new());
    cut_after(&net, 2, false);
    let (locator, key) = run(net.device(1, &folder).register(right())).unwrap();
    mend(&net);
    assert!(matches!(run(net.device(2, &folder).resume(&locator, None, |_| Ok(()))), Ok(Resumed::Confirmed)));
    assert!(run(net.client(3).recover(&locator, right())).unwrap().key.matches(&key));
}

#[test]
fn an_interrupted_attempt_goes_on_for_free_with_the_same_password() {
    for last_arrives in [false, true] {
        let (net, folder) = (FakeTransport::new(), Folder::new());
        let (locator, key) = run(net.client(1).register(right())).unwrap();
        cut_after(&net, 0, last_arrives);
        assert!(run(net.device(2, &folder).recover(&locator, right())).is_err());
        mend(&net);
        let recovered = run(net.device(3, &folder).recover(&locator, right())).unwrap();
        assert!(recovered.key.matches(&key));
        assert_eq!((recovered.failed, recovered.failed_elsewhere), (0, 0));
        assert!(all_equal(&net.arrived(RequestKind::Attempt)));
    }
}

#[test]
fn an_interrupted_wrong_guess_followed_by_the_right_password_is_not_somebody_elses() {
    let (net, folder) = (FakeTransport::new(), Folder::new());
    let (locator, _) = run(net.client(1).register(right())).unwrap();
    cut_after(&net, 0, true);
    assert!(run(net.device(2, &folder).recover(&locator, other())).is_err());
    mend(&net);
    let recovered = run(net.device(3, &folder).recover(&locator, right())).unwrap();
    assert_eq!((recovered.failed, recovered.failed_elsewhere), (1, 0));
    assert_eq!(recovered.confirmation, Confirmation::Confirmed { left: 10 });
}

#[test]
fn a_confirmation_that_got_lost_is_delivered_without_the_password() {
    for dies in [false, true] {
        let (net, folder) = (FakeTransport::new(), Folder::new());
        let (locator, key) = run(net.client(1).register(right())).unwrap();
        cut_after(&net, 1, false);
        let recovered = run(net.device(2, &folder).recover(&locator, right())).unwrap();
        assert_eq!(recovered.confirmation, Confirmation::Undelivered);
        mend(&net);
        let device = net.device(3, &folder);
        if !dies {
            assert!(matches!(run(device.resume(&locator, None, |_| Ok(()))), Ok(Resumed::Confirmed)));
            assert_eq!(net.world().fleet.vaults[&locator.vault()].left, 10);
            continue;
        }
        net.world().fleet.forget_tickets_and_tokens();
        assert!(matches!(run(device.resume(&locator, None, |_| Ok(()))), Ok(Resumed::Nothing)));
        let recovered = run(device.recover(&locator, right())).unwrap();
        assert!(recovered.key.matches(&key));
        assert!(all_equal(&net.arrived(RequestKind::Attempt)));
        assert_eq!(net.world().fleet.vaults[&locator.vault()].left, 10);
    }
}

#[test]
fn an_interrupted_change_is_finished_or_replaced() {
    for step in 0..4 {
        for last_arrives in [false, true] {
            for is_same in [true, false] {
                let (net, folder) = (FakeTransport::new(), Folder::new());
                let (locator, key) = run(net.device(1, &folder).register(right())).unwrap();
                cut_after(&net, step, last_arrives);
                let cut = run(net.device(2, &folder).change_password(&locator, &key, other()));
                assert_eq!(cut.map(|changed| changed.is_confirmed).ok(), (step == 3).then_some(false));
                mend(&net);
                let (text, device) = (if is_same { "other" } else { "third" }, net.device(3, &folder));
                let changed = run(device.change_password(&locator, &key, Credential::password(text)));
                assert!(changed.unwrap().is_confirmed);
                if is_same {
                    assert!(all_equal(&net.arrived(RequestKind::Change)), "{step}");
                }
                let recovered = run(net.client(4).recover(&locator, Credential::password(text))).unwrap();
                assert!(recovered.key.matches(&key));
            }
        }
    }
}

#[test]
fn a_vault_that_was_not_finished_takes_no_change() {
    let (net, folder) = (FakeTransport::new(), Folder::new());
    cut_after(&net, 1, true);
    let locator = interrupted_registration(&net, &folder);
    mend(&net);
    let key = DeviceFolder::open(folder.path()).unwrap().load_key(locator.vault()).unwrap().unwrap();
    let error = run(net.device(2, &folder).change_password(&locator, &key, other())).unwrap_err();
    assert!(matches!(error, ClientError::Unfinished));
    assert!(matches!(
        run(net.device(2, &folder).resume(&locator, Some(right()), |_| Ok(()))),
        Ok(Resumed::Registered(..))
    ));
}

#[test]
fn what_a_device_keeps_of_an_open_login_tells_nothing_of_the_password() {
    let (net, folder) = (FakeTransport::new(), Folder::new());
    cut_after(&net, 2, false);
    let locator = interrupted_registration(&net, &folder);
    let create = net.arrived(RequestKind::Create).remove(0).request;
    let ke1 = &create[create.len() - 96..];
    let state = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "state"))
        .unwrap();
    let text = std::fs::read_to_string(&state).unwrap();
    assert!(text.contains("\nlogin-seed "));
    for part in [&ke1[..32], &ke1[32..64], &ke1[64..]] {
        assert!(!text.contains(&strongroom_protocol::ids::hex(part)));
    }
    assert!(!state.to_str().unwrap().contains(&strongroom_protocol::ids::hex(locator.vault().as_bytes())));
}
