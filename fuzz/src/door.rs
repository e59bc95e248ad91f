//! A whole node in this process, reached as clients and other nodes reach it: over the loopback.
//!
//! Its host is the real one, started once; its HSM is played by [`fake_hsm`] in a process of its
//! own, because a host starts a program. That program is this one, unless a test names another.

mod answer;
pub mod fake_hsm;

pub use answer::Answer;

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    path::PathBuf,
    sync::{LazyLock, OnceLock},
    time::{Duration, Instant},
};
use strongroom_host::{
    development_identity::{AUDIENCE, DevelopmentIdentity, ISSUER},
    hsm::Condition,
    node::{AccountsConfig, Node, NodeConfig, PeerConfig},
    rates::RateLimits,
    trust::TRUST_FOLDER,
};
use strongroom_protocol::ids::NodeNumber;

/// Accounts that have a token.
pub const ACCOUNTS: usize = 64;
/// Bytes of all answers on one connection at most: a few of the longest that there are.
const ANSWERS_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a node may take to answer, and to close a connection whose client has said its last.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait for an answer before the connection's sending half is closed.
const PAUSE: Duration = Duration::from_millis(3);
/// How long a token lasts: longer than any run.
const TOKEN_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A running node and what its clients know.
pub struct Door {
    address: SocketAddr,
    peer_address: SocketAddr,
    /// A token for each account.
    pub tokens: Vec<String>,
    trust: PathBuf,
    _runtime: tokio::runtime::Runtime,
    _node: Node,
    _folder: tempfile::TempDir,
}

/// Opened at its first use.
pub static DOOR: LazyLock<Door> = LazyLock::new(open);

/// The program that plays the HSM, where it is not this one.
pub static HSM_PROGRAM: OnceLock<PathBuf> = OnceLock::new();

fn open() -> Door {
    let folder = tempfile::tempdir().expect("a folder");
    let identity =
        DevelopmentIdentity::create(&folder.path().join("identity")).expect("an identity provider");
    let token =
        |account: usize| identity.token(&format!("account-{account}"), TOKEN_LIFETIME).expect("a token");
    let tokens = (0..ACCOUNTS).map(token).collect();
    let trust = folder.path().join(TRUST_FOLDER);
    fs::create_dir(&trust).expect("a folder");
    let program = HSM_PROGRAM.get().cloned();
    let program = program.unwrap_or_else(|| std::env::current_exe().expect("this program"));
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(1).enable_all().build().expect("a runtime");
    let node = runtime.block_on(Node::start(config(folder.path().into()), &program)).expect("a node");
    let mut condition = node.hsm().watch();
    let is_running = |condition: &Condition| *condition == Condition::Running;
    runtime.block_on(condition.wait_for(is_running)).expect("a running HSM");
    let (address, peer_address) = (node.address(), node.peer_address());
    Door { address, peer_address, tokens, trust, _runtime: runtime, _node: node, _folder: folder }
}

fn config(folder: PathBuf) -> NodeConfig {
    NodeConfig {
        node: NodeNumber(1),
        name: "node-1".into(),
        fleet: fake_hsm::FLEET,
        listen: "127.0.0.1:0".into(),
        peer_listen: "127.0.0.1:0".into(),
        hsm_program: None,
        checkpoint_seconds: None,
        origins: Vec::new(),
        accounts: AccountsConfig {
            jwks: folder.join("identity/jwks.json").into(),
            issuer: ISSUER.into(),
            audience: AUDIENCE.into(),
        },
        limits: RateLimits::default(),
        // Nobody listens there; the host tries it once a second.
        peers: vec![PeerConfig { node: 2, address: "127.0.0.1:1".into() }],
        folder,
    }
}

impl Door {
    /// Sends one request that asks for the connection to be closed, and reads the one answer.
    pub fn ask(&self, request: &[u8], has_body: bool) -> Answer {
        Answer::only(&say(self.address, request, None), has_body)
    }

    /// Says bytes to the HTTP door, then that no more comes, and hears all that comes.
    pub fn say(&self, bytes: &[u8]) -> Vec<u8> {
        say(self.address, bytes, Some(PAUSE))
    }

    /// Says bytes to the door for other nodes.
    pub fn say_as_peer(&self, bytes: &[u8]) -> Vec<u8> {
        say(self.peer_address, bytes, Some(PAUSE))
    }

    /// Asks for a path, and reads the one answer.
    pub fn get(&self, path: &str, headers: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n{headers}\r\n");
        self.ask(request.as_bytes(), true)
    }

    /// Puts a file into the folder that the operator hands out, as an operator does: beside, then by rename.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.trust.join("new"), bytes).expect("a file");
        fs::rename(self.trust.join("new"), self.trust.join(name)).expect("a file");
    }

    /// Takes a file out of that folder, if it is there.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.trust.join(name));
    }
}

/// Says bytes and hears whatever comes until the node closes the connection; after a pause without an answer, if one
/// is given, it says that no more comes.
fn say(address: SocketAddr, bytes: &[u8], pause: Option<Duration>) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("a node that listens");
    stream.set_nodelay(true).expect("a socket");
    // A node that refuses early may close before all is said.
    let _ = stream.write_all(bytes);
    let mut heard = Vec::new();
    let mut piece = [0; 16 * 1024];
    let (begun, mut pause) = (Instant::now(), pause);
    stream.set_read_timeout(pause.or(Some(PATIENCE))).expect("a socket");
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return heard,
            Ok(length) => heard.extend_from_slice(&piece[..length]),
            Err(cause) => {
                let is_slow = matches!(cause.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                if !is_slow {
                    if std::env::var_os("STRONGROOM_FUZZ_TRACE").is_some() {
                        eprintln!("the connection broke off: {cause}");
                    }
                    return heard;
                }
                assert!(pause.take().is_some(), "the node neither answers nor closes");
                let _ = stream.shutdown(Shutdown::Write);
                stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
            }
        }
        assert!(heard.len() <= ANSWERS_BYTES_MAX && begun.elapsed() < PATIENCE, "an endless answer");
    }
}
