//! What the tests are played with: a fleet of processes, folders, and the command.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Once,
    thread::sleep,
    time::{Duration, Instant},
};
use strongroom::{
    fleet_status::FleetStatus,
    local_fleet::{Lines, LocalFleet, Programs},
};
use strongroom_host::http::NodeStatus;
use strongroom_trust::{Pin, TrustSource as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The right password of every test.
pub const PASSWORD: &str = "correct horse battery staple";
/// How long a fleet may take to be whole.
const PATIENCE: Duration = Duration::from_secs(30);

/// A fleet on loopback, and a folder for everything.
pub struct World {
    pub runtime: Runtime,
    pub fleet: LocalFleet,
    pub pin: Pin,
    pub home: TempDir,
}

/// What fleet a world has.
#[derive(Clone, Copy)]
pub struct Plan {
    pub nodes: u8,
    pub guesses: u8,
    /// Seconds between two checkpoints, where not the HSM program's own choice.
    pub checkpoint_seconds: Option<u32>,
}

/// Three nodes, ten guesses.
impl Default for Plan {
    fn default() -> Self {
        Self { nodes: 3, guesses: 10, checkpoint_seconds: None }
    }
}

/// How a command ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// The standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }

    /// Fails the test unless the command ended with that code.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}

impl World {
    /// Founds and starts a fleet of three nodes, and makes a token.
    pub fn new(guesses: u8) -> Self {
        Self::of(Plan { guesses, ..Plan::default() })
    }

    /// Founds and starts a fleet, and makes a token.
    pub fn of(plan: Plan) -> Self {
        let (home, folder) = found_as(plan);
        let programs = Programs { own: program(), hsm: hsm() };
        let mut fleet = LocalFleet::open(&folder, programs, |_, node| Lines::File(node.join("log"))).unwrap();
        fleet.start().unwrap();
        let pin: Pin = fs::read_to_string(folder.join("fleet.pin")).unwrap().parse().unwrap();
        let runtime = Runtime::new().unwrap();
        let mut world = Self { runtime, fleet, pin, home };
        world.wait_until_whole();
        let token = world.run(["fleet", "token", folder.to_str().unwrap(), "--account", "me"]).expect_code(0);
        world.write("token", &token.out);
        world.write("password", &format!("{PASSWORD}\n"));
        world.write("source/notes", "first of all\n");
        world.write("source/photos/one", &"0123456789".repeat(50_000));
        world.write("source/empty", "");
        world
    }

    /// A path in the world's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, contents: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Waits until every node leads or follows; gives the leader's name.
    pub fn wait_until_whole(&mut self) -> String {
        let fleet = self.pin.fleet();
        let status =
            self.runtime.block_on(self.fleet.wait_until(&fleet, PATIENCE, FleetStatus::is_whole)).unwrap();
        status.leader().unwrap().name().to_owned()
    }

    /// How the fleet stands.
    pub fn status(&self) -> FleetStatus {
        let fleet = self.pin.fleet();
        let asked = FleetStatus::ask(Some(&fleet), self.pin.endpoints());
        self.runtime.block_on(asked).unwrap()
    }

    /// What a node says of itself; none where it does not answer.
    pub fn node_status(&self, name: &str) -> Option<NodeStatus> {
        self.status().nodes.into_iter().filter_map(|node| node.said.ok()).find(|said| said.name == name)
    }

    /// Waits until a node says something of itself that is enough, at most as long as a fleet may take to be whole.
    #[track_caller]
    pub fn wait_for(&self, name: &str, what: &str, enough: impl Fn(&NodeStatus) -> bool) -> NodeStatus {
        let begun = Instant::now();
        loop {
            let said = self.node_status(name);
            match said {
                Some(said) if enough(&said) => return said,
                _ if begun.elapsed() > PATIENCE => panic!("{name}: {what} did not come; it says {said:?}"),
                _ => sleep(Duration::from_millis(10)),
            }
        }
    }

    /// Kills a node's HSM process (SIGKILL), and nothing else.
    pub fn kill_hsm(&self, name: &str) {
        let process = self.node_status(name).unwrap().hsm.process;
        let process = i32::try_from(process).ok().and_then(Pid::from_raw).unwrap();
        kill_process(process, Signal::KILL).unwrap();
    }

    /// Kills every HSM process and every host at once (SIGKILL).
    pub fn kill_everything(&mut self) {
        let said = self.status().nodes.into_iter().filter_map(|node| node.said.ok());
        let processes: Vec<_> =
            said.filter_map(|said| Pid::from_raw(i32::try_from(said.hsm.process).ok()?)).collect();
        for process in processes {
            // One that its host has let go is dead already.
            let _ = kill_process(process, Signal::KILL);
        }
        self.fleet.kill_all();
    }

    /// Runs the command on the first device.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        self.run_on("first", arguments)
    }

    /// Runs the command on a device, in the world's folder.
    pub fn run_on<A: AsRef<OsStr>>(&self, device: &str, arguments: impl IntoIterator<Item = A>) -> Ended {
        self.command(device).args(arguments).output().unwrap().into()
    }

    /// Runs the command on a device, with something on its standard input.
    pub fn run_with_stdin(&self, device: &str, arguments: &[&str], stdin: &str) -> Ended {
        let mut command = self.command(device);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// The command on a device, not started yet.
    pub fn command(&self, device: &str) -> Command {
        let mut command = plain_command(self.home.path());
        command
            .env("STRONGROOM_FLEET", self.path("fleet/fleet.pin"))
            .env("STRONGROOM_TOKEN_FILE", self.path("token"))
            .env("STRONGROOM_STATE_DIR", self.path(&format!("devices/{device}")));
        command
    }

    /// Backs the source up on the first device.
    #[track_caller]
    pub fn back_up(&self) -> Ended {
        self.run(["backup", "source", "--repo", "repo", "--password-file", "password"]).expect_code(0)
    }
}

/// The command in a folder, with nothing of this machine's own settings.
pub fn plain_command(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command.env("HOME", folder).env("TMPDIR", folder).env("STRONGROOM_HSM", hsm());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Founds a fleet of three nodes on free ports.
pub fn found(guesses: u8) -> (TempDir, PathBuf) {
    found_as(Plan { guesses, ..Plan::default() })
}

/// Founds a fleet on free ports.
pub fn found_as(plan: Plan) -> (TempDir, PathBuf) {
    let home = TempDir::new().unwrap();
    let (nodes, guesses) = (plan.nodes.to_string(), plan.guesses.to_string());
    let arguments =
        ["fleet", "create", "fleet", "--nodes", &nodes, "--base-port", "0", "--guesses", &guesses];
    let ended: Ended = plain_command(home.path()).args(arguments).output().unwrap().into();
    let ended = ended.expect_code(0);
    assert!(ended.out.contains("INSECURE SIMULATION"), "{}", ended.out);
    let folder = home.path().join("fleet");
    if let Some(seconds) = plan.checkpoint_seconds {
        for node in 1..=plan.nodes {
            let path = folder.join(format!("node-{node}/node.toml"));
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, format!("checkpoint_seconds = {seconds}\n{text}")).unwrap();
        }
    }
    (home, folder)
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The command under test.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_strongroom"))
}

/// The HSM program beside it; built once, so that it is there and of this source.
pub fn hsm() -> PathBuf {
    static BUILT: Once = Once::new();
    let folder = program().parent().unwrap().to_path_buf();
    BUILT.call_once(|| build_hsm(&folder));
    let path = folder.join("strongroom-hsm");
    assert!(path.is_file(), "there is no {}", path.display());
    path
}

fn build_hsm(folder: &Path) {
    let profile = match folder.file_name().and_then(OsStr::to_str).unwrap() {
        "debug" => "dev",
        other => other,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.args(["build", "--quiet", "--package", "strongroom-hsm", "--profile", profile, "--target-dir"]);
    let status = command.arg(folder.parent().unwrap()).status().unwrap();
    assert!(status.success(), "the HSM program cannot be built");
}

/// Every entry below a folder with its contents, to compare two of them.
pub fn tree(folder: &Path) -> BTreeSet<(PathBuf, Option<Vec<u8>>)> {
    let mut entries = BTreeSet::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let contents = path.is_file().then(|| fs::read(&path).unwrap());
            if contents.is_none() {
                waiting.push(path.clone());
            }
            entries.insert((path.strip_prefix(folder).unwrap().to_path_buf(), contents));
        }
    }
    entries
}
