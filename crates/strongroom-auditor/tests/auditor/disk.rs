//! Folders on disk: made, opened by a passphrase, at work.

use crate::{storage::Fate, world::*};
use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};
use strongroom_auditor::{
    auditor::{OpenError, add_witness, auditor_keys, init_auditor, open_auditor},
    config::AuditorConfig,
    key::{KeyFileError, Passphrase, Stretching},
    keys::KeysError,
    storage::Directory,
    witness::{init_witness, open_witness},
};
use strongroom_crypto::ChaChaRng;

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.into())
}

fn light() -> Stretching {
    Stretching::new(8, 1, 1).unwrap()
}

#[test]
fn a_folder_is_made_once_and_opens_with_its_passphrase_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auditor");
    let init = || {
        let (namespace, origin) = (NAMESPACE.parse().unwrap(), ORIGIN.parse().unwrap());
        let mut rng = ChaChaRng::from_seed([1; 32]);
        init_auditor(&path, namespace, origin, &passphrase("correct"), light(), &mut rng)
    };
    let keys = init().unwrap();
    assert!(init().is_err(), "a folder in use is left alone");
    assert_eq!(auditor_keys(&path).unwrap(), keys);
    let names = [&keys.party.bundle, &keys.party.status, &keys.party.revocation, &keys.log, &keys.plexi];
    assert_eq!(
        names.map(|key| key.name().to_string()),
        [
            "auditor.example/bundle",
            "auditor.example/status",
            "auditor.example/revocation",
            ORIGIN,
            "auditor.example/plexi"
        ]
    );
    assert_eq!(fs::read_to_string(path.join("public/keys")).unwrap(), keys.to_string());
    assert!(keys.to_string().starts_with("auditor bundle auditor.example/bundle+"));
    let mode = fs::metadata(path.join("private/keys/log")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert!(open_auditor(&path, &passphrase("correct")).is_ok());
    let Err(OpenError::Keys(KeysError::Key { cause: KeyFileError::Passphrase(_), .. })) =
        open_auditor(&path, &passphrase("wrong"))
    else {
        panic!()
    };
    assert!(open_auditor(folder.path(), &passphrase("correct")).is_err());
}

#[test]
fn a_configuration_takes_witnesses_and_refuses_what_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auditor");
    let mut rng = ChaChaRng::from_seed([1; 32]);
    init_auditor(
        &path,
        NAMESPACE.parse().unwrap(),
        ORIGIN.parse().unwrap(),
        &passphrase("x"),
        light(),
        &mut rng,
    )
    .unwrap();
    let world = World::new();
    let key = world.witnesses[0].witness.key().clone();
    add_witness(&path, key.clone(), "http://127.0.0.1:1".into()).unwrap();
    add_witness(&path, key.clone(), "http://127.0.0.1:2".into()).unwrap();
    let directory = Directory::open(&path).unwrap();
    let config = AuditorConfig::read(&directory).unwrap();
    assert_eq!(config.witnesses.len(), 1);
    assert_eq!((&config.witnesses[0].key, config.witnesses[0].url.as_str()), (&key, "http://127.0.0.1:2"));
    let file = path.join("auditor.toml");
    let text = fs::read_to_string(&file).unwrap();
    for other in [
        format!("passphrase = \"x\"\n{text}"),
        text.replace("namespace", "namespaces"),
        text.replace('+', "-"),
    ] {
        fs::write(&file, other).unwrap();
        assert!(AuditorConfig::read(&directory).is_err());
    }
}

#[test]
fn a_witness_folder_opens_with_its_passphrase_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness");
    let mut rng = ChaChaRng::from_seed([1; 32]);
    let key =
        init_witness(&path, "witness.example".parse().unwrap(), &passphrase("correct"), light(), &mut rng)
            .unwrap();
    assert_eq!(open_witness(&path, &passphrase("correct")).unwrap().key(), &key);
    assert!(open_witness(&path, &passphrase("wrong")).is_err());
    assert_eq!(fs::read_to_string(path.join("public/key")).unwrap(), format!("{key}\n"));
}

/// The locks, renames and permissions of a real folder, by the whole way from a root to a unit.
#[test]
fn an_auditor_works_on_a_real_folder_and_two_at_once_take_turns() {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let directory = Directory::create(folder.path()).unwrap();
    let fate = Fate::immortal();
    let office = world.office_on(Arc::new(directory.clone()), &fate);
    office.adopt().unwrap();
    office.enforce(&first_bundle()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let office = world.office_on(Arc::new(directory.clone()), &fate);
            scope.spawn(move || {
                office.auditor.revoke(id_of("f2023a"), "twice".parse().unwrap(), now()).unwrap()
            });
        }
    });
    let files = strongroom_auditor::storage::PublicFiles::of(Arc::new(directory));
    let chain = strongroom_trust::RootChain::new(world.root());
    let report = strongroom_trust::log::verify_log(&files, &chain, None).unwrap();
    assert_eq!(report.revocations.len(), 1);
    assert!(!folder.path().join("private/writing").exists());
}
