use super::*;
use strongroom_crypto::Secret;
use strongroom_protocol::ids::Generation;

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("strongroom-folder-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const FLEET: FleetId = FleetId::new([9; 32]);
const VAULT: VaultId = VaultId::new([0xab; 32]);

#[test]
fn state_and_key_are_kept_and_forgotten() {
    let scratch = Scratch::new("kept");
    let device = DeviceFolder::open(scratch.0.join("a/b")).unwrap();
    assert!(device.load(FLEET, VAULT).unwrap().is_none());
    assert!(device.load_key(VAULT).unwrap().is_none());
    let key = BackupKey::from_secret(Secret::new([5; 32]));
    let mut state = DeviceState::new(FLEET, VAULT);
    state.generation = Generation(7);
    device.save(&state).unwrap();
    device.save_key(VAULT, &key).unwrap();
    assert_eq!(device.load(FLEET, VAULT).unwrap().unwrap().generation, Generation(7));
    assert!(device.load_key(VAULT).unwrap().unwrap().matches(&key));
    device.forget(VAULT).unwrap();
    device.forget(VAULT).unwrap();
    assert!(device.load(FLEET, VAULT).unwrap().is_none() && device.load_key(VAULT).unwrap().is_none());
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("modes");
    let device = DeviceFolder::open(&scratch.0).unwrap();
    device.save(&DeviceState::new(FLEET, VAULT)).unwrap();
    device.save_key(VAULT, &BackupKey::from_secret(Secret::new([5; 32]))).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&scratch.0), 0o700);
    assert_eq!(scratch.names(), ["abababababababab.key", "abababababababab.state"]);
    for name in scratch.names() {
        assert_eq!(mode(&scratch.0.join(name)), 0o600);
    }
}

#[test]
fn a_damaged_file_is_named_and_not_taken_for_none() {
    let scratch = Scratch::new("damaged");
    let device = DeviceFolder::open(&scratch.0).unwrap();
    fs::write(scratch.0.join("abababababababab.state"), "version 1\n").unwrap();
    fs::write(scratch.0.join("abababababababab.key"), "0505\n").unwrap();
    assert!(matches!(device.load(FLEET, VAULT), Err(StateError::State { .. })));
    assert!(matches!(device.load_key(VAULT), Err(StateError::Key { .. })));
    fs::write(scratch.0.join("abababababababab.state"), vec![b'a'; 1 << 20]).unwrap();
    assert!(matches!(device.load(FLEET, VAULT), Err(StateError::State { .. })));
}

#[test]
fn another_vault_with_the_same_first_bytes_is_noticed() {
    let scratch = Scratch::new("twins");
    let device = DeviceFolder::open(&scratch.0).unwrap();
    device.save(&DeviceState::new(FLEET, VAULT)).unwrap();
    let mut twin = [0xab; 32];
    twin[31] = 0;
    assert!(matches!(device.load(FLEET, VaultId::new(twin)), Err(StateError::OtherVault(_))));
    assert!(matches!(device.load(FleetId::new([8; 32]), VAULT), Err(StateError::OtherVault(_))));
}

#[test]
fn a_half_written_file_beside_it_does_no_harm() {
    let scratch = Scratch::new("half");
    let device = DeviceFolder::open(&scratch.0).unwrap();
    device.save(&DeviceState::new(FLEET, VAULT)).unwrap();
    fs::write(scratch.0.join("abababababababab.state.new"), "version").unwrap();
    assert!(device.load(FLEET, VAULT).unwrap().is_some());
    device.save(&DeviceState::new(FLEET, VAULT)).unwrap();
    assert_eq!(scratch.names(), ["abababababababab.state"]);
}
