//! Other people's programs on what the auditor makes: Go's `sumdb/note` and `sumdb/tlog`, and `plexi`.
//!
//! Each test says that it skipped where its program is not installed:
//!
//! ```text
//! apt-get install golang-go golang-golang-x-mod-dev protobuf-compiler; cargo install plexi-cli --locked
//! cargo test -p strongroom-auditor --test auditor independent -- --nocapture
//! ```

use crate::{
    http::{Services, todays},
    storage::{Fate, Memory},
    world::*,
};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
};
use strongroom_auditor::{
    log::LogKeeper,
    service::clock,
    storage::{Directory, Storage},
};
use strongroom_crypto::{ChaChaRng, Rng};
use strongroom_trust::{ClaimedDelivery, ClaimedEpochs, DeviceView, Service, TrustRoot, verify_delivery};

const MUTATIONS: usize = 10_000;
/// Where Debian puts Go's libraries.
const GO_LIBRARY: &str = "/usr/share/gocode";

/// Builds the Go program and writes the keys that it needs; nothing where there is no Go with the library.
fn go(folder: &Path, root: &TrustRoot) -> Option<PathBuf> {
    let program = folder.join("verify");
    if !Path::new(GO_LIBRARY).join("src/golang.org/x/mod/sumdb").is_dir() {
        println!("skipped: Go's sumdb is not on this machine");
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/auditor/independent/verify.go");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(source)
        .env("GO111MODULE", "off")
        .env("GOPATH", GO_LIBRARY)
        .env("GOCACHE", folder.join("cache"))
        .env("GOFLAGS", "")
        .output()
        .expect("go is installed beside its library");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    std::fs::write(folder.join("keys"), root.contents().to_string()).unwrap();
    Some(program)
}

fn go_log(program: &Path, folder: &Path, public: &Path) -> Output {
    Command::new(program).arg("log").arg(public).arg(folder.join("keys")).output().unwrap()
}

#[test]
fn go_reads_the_whole_log_and_notices_every_changed_file() {
    let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
    let Some(program) = go(folder.path(), &world.root()) else { return };
    let home = folder.path().join("auditor");
    let directory: Arc<dyn Storage> = Arc::new(Directory::create(&home).unwrap());
    let keeper = LogKeeper::new(directory, world.log.key.clone(), Arc::new(secret(ORIGIN)));
    let public = home.join("public");
    for size in (20..=300).step_by(20) {
        let leaf = |number: u64| format!("leaf {number}\n").repeat(number as usize % 9 + 1).into_bytes();
        keeper.begin((size - 20..size).map(leaf).collect()).unwrap();
        keeper.complete(&world.policy(), &world.ways(&Fate::immortal())).unwrap();
        let accepted = go_log(&program, folder.path(), &public);
        assert_eq!(String::from_utf8_lossy(&accepted.stdout), format!("ok {size}\n"), "{accepted:?}");
    }
    for path in ["checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/entries/000", "tile/entries/001.p/44"] {
        let path = public.join(path);
        let whole = std::fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 3] ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(!go_log(&program, folder.path(), &public).status.success(), "{path:?}");
        std::fs::write(&path, whole).unwrap();
    }
}

/// Whatever this project's verifier believes of a unit, Go's libraries find signed and logged.
#[test]
fn go_agrees_on_ten_thousand_mutated_units() {
    let (world, files) = (World::new(), Memory::default());
    let office = world.office(&files, &Fate::immortal());
    office.adopt().unwrap();
    let first = first_bundle();
    office.enforce(&first).unwrap();
    office.enforce(&after(&first, vec![serving("f2026a", Service::Active)])).unwrap();
    let unit = files.text("public/delivery").unwrap().into_bytes();
    let mut rng = ChaChaRng::from_seed([9; 32]);
    let mut units = vec![unit.clone()];
    units.extend((0..MUTATIONS).map(|_| mutated(&unit, &mut rng)));

    let folder = tempfile::tempdir().unwrap();
    let Some(program) = go(folder.path(), &world.root()) else { return };
    let theirs = go_units(&program, folder.path(), &units);
    let ours: Vec<bool> = units.iter().map(|unit| is_believed(unit, &world.root())).collect();
    assert_eq!(theirs.len(), units.len());
    assert!(ours[0] && theirs[0] == "ok");
    let (mut both, mut strict) = (0, 0);
    for ((unit, ours), theirs) in units.iter().zip(&ours).zip(&theirs) {
        let is_ok = theirs == "ok";
        assert!(
            !ours || is_ok,
            "believed here and refused by Go ({theirs}): {}",
            String::from_utf8_lossy(unit)
        );
        both += u32::from(*ours && is_ok);
        strict += u32::from(!ours && is_ok);
    }
    println!(
        "{MUTATIONS} mutations: {both} believed by both, {strict} refused here by form alone, the rest by both"
    );
    assert!(strict < MUTATIONS as u32 / 20, "{strict}");
}

fn mutated(unit: &[u8], rng: &mut ChaChaRng) -> Vec<u8> {
    let mut draw = |below: usize| {
        let mut bytes = [0; 8];
        rng.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % below as u64) as usize
    };
    let mut mutated = unit.to_vec();
    let (kind, place, other) = (draw(5), draw(unit.len()), draw(unit.len()));
    match kind {
        0 => mutated[place] ^= 1 << draw(8),
        1 => drop(mutated.remove(place)),
        2 => mutated.truncate(place),
        3 => mutated.swap(place, other),
        _ => mutated.insert(place, unit[other]),
    }
    mutated
}

fn is_believed(unit: &[u8], root: &TrustRoot) -> bool {
    let view = DeviceView {
        clock: now(),
        build: at("2026-06-01T00:00:00Z"),
        epochs: ClaimedEpochs::default(),
        memory: None,
        consistency: None,
    };
    ClaimedDelivery::parse(unit).and_then(|claimed| verify_delivery(claimed, root, &view)).is_ok()
}

fn go_units(program: &Path, folder: &Path, units: &[Vec<u8>]) -> Vec<String> {
    let mut child = Command::new(program)
        .arg("units")
        .arg(folder.join("keys"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let units: Vec<u8> =
        units.iter().flat_map(|unit| [(unit.len() as u32).to_be_bytes().as_slice(), unit].concat()).collect();
    let writing = std::thread::spawn(move || input.write_all(&units).unwrap());
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect()
}

/// What plexi prints; nothing where there is none.
fn plexi(services: &Services, arguments: &[&str]) -> Option<String> {
    let program = std::env::var("STRONGROOM_PLEXI").unwrap_or_else(|_| "plexi".into());
    let output = Command::new(program)
        .args(arguments)
        .args(["--remote-url", &services.url])
        .env("NO_COLOR", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output();
    match output {
        Ok(output) => {
            let (out, error) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            Some(format!("{out}{error}"))
        }
        Err(_) => {
            println!("skipped: plexi is not on this machine");
            None
        }
    }
}

#[test]
fn plexi_lists_and_audits_every_epoch_of_a_running_auditor() {
    let world = World::new();
    let services = Services::start(&world);
    let (bundle, root) = todays(&world);
    services.auditor.adopt(root.as_str().as_bytes(), clock()).unwrap();
    services.enforce(&world, &bundle);
    let second = after(&bundle, vec![serving("f2026a", Service::Active)]);
    services.enforce(&world, &second);
    let Some(list) = plexi(&services, &["ls", "--long"]) else { return };
    assert!(
        list.contains(NAMESPACE) && list.contains("Online") && list.contains("ed25519(protobuf)"),
        "{list}"
    );
    // It ends with 0 whatever the signature is: what it prints is read.
    let audit = |more: &[&str]| {
        plexi(&services, &[&["audit", "--namespace", NAMESPACE, "--long"], more].concat()).unwrap()
    };
    let verdict = |printed: &str| {
        let line = printed.lines().find(|line| line.contains("Signature verification")).unwrap_or(printed);
        line.rsplit(": ").next().unwrap_or_default().to_string()
    };
    for (epoch, contents) in [("1", &bundle), ("2", &second)] {
        let printed = audit(&["--epoch", epoch]);
        assert!(
            printed.contains(&strongroom_trust::text_digest(&contents.to_string()).to_hex()),
            "{printed}"
        );
        assert_eq!(verdict(&printed), "success", "{printed}");
    }
    assert_eq!(
        audit(&[]).replace(" (", "\n("),
        audit(&["--epoch", "2"]).replace(" (", "\n("),
        "the newest is audited"
    );
    let other = secret("stranger").public().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(verdict(&audit(&["--epoch", "1", "--verifying-key", &other])).contains("does not verify"));
}
