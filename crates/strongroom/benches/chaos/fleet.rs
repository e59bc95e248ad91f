//! Five nodes of real processes on loopback, with a relay on every line between them and before each of them.

use super::{
    lines::{Flow, Line},
    quitter::Quitter,
    site::Site,
};
use crate::world::{Plan, found_as, hsm, program};
use rustix::process::Signal;
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use strongroom::new_fleet::{node_folders, token};
use strongroom_client::{Client, HttpTransport};
use strongroom_crypto::ChaChaRng;
use strongroom_host::{http::NodeStatus, node::NodeConfig};
use strongroom_trust::{Endpoint, Pin, TrustSource as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const NODES: usize = 5;
/// Guesses of each vault.
pub const GUESSES: u8 = 10;
/// Seconds between two checkpoints: eras go by quickly, and a node that was away comes back by a hand-over.
const CHECKPOINT_SECONDS: u32 = 10;
/// How long the tokens of the clients are good.
const TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long a client waits that is gone before it has its answer.
const QUITTER_DEADLINE: Duration = Duration::from_secs(2);
/// How often the nodes are asked how they stand.
const ASK_INTERVAL: Duration = Duration::from_millis(250);
/// How long a node may take to say it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// What each node said last, and when it was asked.
pub type Told = Arc<Mutex<Vec<Option<(Instant, NodeStatus)>>>>;

/// The fleet.
pub struct Fleet {
    pub sites: Vec<Site>,
    /// The line on which one node sends to another, by their places.
    peer_lines: BTreeMap<(usize, usize), Line>,
    /// The line on which clients reach each node.
    doors: Vec<Line>,
    pub told: Told,
    pub dialler: Dialler,
    pub home: TempDir,
}

/// Makes clients of the fleet.
#[derive(Clone)]
pub struct Dialler {
    pin: Arc<Pin>,
    folder: PathBuf,
    /// Where clients reach the nodes, past the relays.
    doors: Vec<String>,
}

impl Fleet {
    /// Founds the fleet, puts the relays in between, and starts it.
    pub fn found(runtime: &Runtime) -> Self {
        let (home, folder) = found_as(Plan {
            nodes: u8::try_from(NODES).unwrap(),
            guesses: GUESSES,
            checkpoint_seconds: Some(CHECKPOINT_SECONDS),
        });
        let folders = node_folders(&folder).unwrap();
        let mut configs: Vec<_> = folders.iter().map(|folder| NodeConfig::read(folder).unwrap()).collect();
        let addresses: Vec<_> = configs.iter().map(|config| config.peer_listen.clone()).collect();
        let mut peer_lines = BTreeMap::new();
        for (from, config) in configs.iter_mut().enumerate() {
            for peer in &mut config.peers {
                let to = usize::from(peer.node) - 1;
                let line = runtime.block_on(Line::to(addresses[to].clone()));
                peer.address = line.address.to_string();
                peer_lines.insert((from, to), line);
            }
            config.write().unwrap();
        }
        let doors: Vec<_> =
            configs.iter().map(|config| runtime.block_on(Line::to(config.listen.clone()))).collect();
        let pin: Pin = fs::read_to_string(folder.join("fleet.pin")).unwrap().parse().unwrap();
        let pin = Arc::new(pin);
        let dialler = Dialler {
            pin: pin.clone(),
            folder,
            doors: doors.iter().map(|door| format!("http://{}", door.address)).collect(),
        };
        let told = Told::new(Mutex::new(vec![None; NODES]));
        for (place, endpoint) in pin.endpoints().iter().enumerate() {
            runtime.spawn(keep_asking(place, endpoint.clone(), told.clone()));
        }
        let (program, hsm) = (program(), hsm());
        let mut sites: Vec<_> = folders.into_iter().map(|folder| Site::new(folder, &program, &hsm)).collect();
        sites.iter_mut().for_each(Site::start);
        Self { sites, peer_lines, doors, told, dialler, home }
    }

    /// Sets the lines from a node to the others and from them to it.
    pub fn set_lines(&self, node: usize, outgoing: Flow, incoming: Flow) {
        for ((from, to), line) in &self.peer_lines {
            if *from == node {
                line.set(outgoing);
            } else if *to == node {
                line.set(incoming);
            }
        }
    }

    /// Sets the line from clients to a node.
    pub fn set_door(&self, node: usize, flow: Flow) {
        self.doors[node].set(flow);
    }

    /// What a node said of itself, where it was asked after that time.
    pub fn said_since(&self, node: usize, since: Instant) -> Option<NodeStatus> {
        let told = self.told.lock().unwrap();
        told[node].as_ref().filter(|(asked, _)| *asked > since).map(|(_, said)| said.clone())
    }

    /// Kills every process of every node at once (SIGKILL).
    pub fn kill_all(&mut self) {
        let processes: Vec<_> =
            self.sites.iter().flat_map(|site| site.host().into_iter().chain(site.hsm())).collect();
        processes.iter().for_each(|process| process.signal(Signal::KILL));
        self.sites.iter_mut().for_each(Site::kill_host);
    }

    /// The latest term in which a node was seen to lead, and the node.
    pub fn leader_and_term(&self) -> Option<(u64, usize)> {
        let told = self.told.lock().unwrap();
        let leads = |(place, told): (usize, &Option<(Instant, NodeStatus)>)| {
            told.as_ref().filter(|(_, said)| said.state == "leader").map(|(_, said)| (said.term, place))
        };
        told.iter().enumerate().filter_map(leads).max()
    }

    /// The node that was seen to lead last.
    pub fn leader(&self) -> Option<usize> {
        self.leader_and_term().map(|(_, place)| place)
    }

    /// The highest entry that any node has said to be committed.
    pub fn committed(&self) -> u64 {
        let told = self.told.lock().unwrap();
        told.iter().flatten().map(|(_, said)| said.committed).max().unwrap_or_default()
    }
}

impl Dialler {
    /// A client of an account, at the doors of all nodes or of some.
    pub fn client(&self, account: &str, doors: &[usize], deadline: Option<Duration>) -> Client {
        let token = token(&self.folder, account, TOKEN_LIFETIME).unwrap();
        let doors = doors.iter().map(|door| &self.doors[*door]);
        let mut builder =
            Client::builder().trust(&*self.pin).endpoints(doors).token(token).allow_no_stretching();
        if let Some(deadline) = deadline {
            builder = builder.deadline(deadline);
        }
        builder.build().unwrap()
    }

    /// A client at the doors of all nodes that is gone after so many messages.
    pub fn quitter(&self, account: &str, messages: u32, sends_one_more: bool) -> Client<Quitter> {
        let token = token(&self.folder, account, TOKEN_LIFETIME).unwrap();
        let builder = Client::builder().trust(&*self.pin).endpoints(&self.doors).allow_no_stretching();
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let transport = Quitter::after(messages, sends_one_more, &token);
        builder.deadline(QUITTER_DEADLINE).build_with(transport, ChaChaRng::from_seed(seed)).unwrap()
    }

    /// A client at the doors of all nodes, beginning with any.
    pub fn client_of_all(&self, account: &str) -> Client {
        self.client(account, &[0, 1, 2, 3, 4], None)
    }
}

/// Asks one node again and again how it stands, past the relays.
async fn keep_asking(place: usize, endpoint: Endpoint, told: Told) {
    let transport = HttpTransport::new(None, Vec::new()).unwrap();
    loop {
        let asked = Instant::now();
        if let Ok(said) = transport.get(&endpoint, "/v1/status", ANSWER_TIMEOUT).await
            && let Ok(said) = serde_json::from_slice::<NodeStatus>(&said)
        {
            told.lock().unwrap()[place] = Some((asked, said));
        }
        tokio::time::sleep(ASK_INTERVAL).await;
    }
}
