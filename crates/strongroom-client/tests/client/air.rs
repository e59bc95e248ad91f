//! Two fleets and what their nodes hand out: bundles, statuses, roots, revocations, and the log's tiles.

use crate::fake_transport::FakeTransport;
use crate::folder::Folder;
use crate::trust_world::*;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use strongroom_client::{Client, DeviceFolder, Endpoint, OverTheAir, Transport, TransportError};
use strongroom_crypto::{ChaChaRng, Secret, sign::SigningKey};
use strongroom_trust::{tile::TileId, *};

/// The fleet that new vaults go to, and the one that drains.
pub const NEW: &str = "f2026a";
pub const OLD: &str = "f2023a";

/// What a node or the log answers to a fetch.
#[derive(Clone)]
pub enum Paper {
    Text(String),
    Nothing,
    Away,
}

/// What is handed out, and what was asked for.
pub struct Papers {
    pub clock: Moment,
    pub now: Duration,
    /// What every node hands out, and what single nodes do in its place, by port.
    pub unit: Paper,
    pub units: HashMap<u16, Paper>,
    pub roots: Paper,
    pub tiles: Option<Tiles>,
    pub fetched: Vec<String>,
    /// After so many exchanges nothing is heard of any fleet; the last one arrives or not.
    pub cut: Option<(usize, bool)>,
    pub exchanges: usize,
    /// What happens just before each exchange.
    pub watch: Option<Box<dyn FnMut(usize) + Send>>,
}

/// The log's tiles as they are served.
pub struct Tiles {
    pub tree: merkle::MemoryTree,
    /// Changes each tile.
    pub is_lying: bool,
}

#[derive(Clone)]
pub struct Air {
    pub old: FakeTransport,
    pub new: FakeTransport,
    papers: Arc<Mutex<Papers>>,
}

fn fleet(label: &str) -> FakeTransport {
    let seed = Secret::new(*digest(&format!("fleet {label}")).as_bytes());
    FakeTransport::of(id_of(label), SigningKey::from_seed(seed))
}

impl Air {
    /// Both fleets, and an honest unit at every node.
    pub fn new() -> Self {
        let papers = Papers {
            clock: at(NOW),
            now: Duration::ZERO,
            unit: Paper::Text(honest()),
            units: HashMap::new(),
            roots: Paper::Nothing,
            tiles: None,
            fetched: Vec::new(),
            cut: None,
            exchanges: 0,
            watch: None,
        };
        Self { old: fleet(OLD), new: fleet(NEW), papers: Arc::new(Mutex::new(papers)) }
    }

    pub fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap()
    }

    /// Has every node hand this out from now on.
    pub fn show(&self, unit: impl Into<String>) {
        self.papers().unit = Paper::Text(unit.into());
    }

    /// Has one node hand something else out.
    pub fn show_at(&self, port: u16, paper: Paper) {
        self.papers().units.insert(port, paper);
    }

    pub fn set_clock(&self, text: &str) {
        self.papers().clock = at(text);
    }

    /// A client that has a trust root and no folder.
    pub fn client(&self, seed: u8) -> Client<Air> {
        self.client_with(seed, trust(), None)
    }

    /// A client that keeps its state in a folder.
    pub fn device(&self, seed: u8, folder: &Folder) -> Client<Air> {
        self.client_with(seed, trust(), Some(folder))
    }

    pub fn client_with(&self, seed: u8, trust: OverTheAir, folder: Option<&Folder>) -> Client<Air> {
        let mut builder = Client::builder().trust(&trust).endpoints(endpoints()).allow_no_stretching();
        if let Some(folder) = folder {
            builder = builder.device(DeviceFolder::open(folder.path()).unwrap());
        }
        builder.build_with(self.clone(), ChaChaRng::from_seed([seed; 32])).unwrap()
    }

    /// Whether anything was sealed to either fleet.
    pub fn is_silent(&self) -> bool {
        self.papers().exchanges == 0
    }
}

pub fn endpoints() -> impl Iterator<Item = String> {
    [7401, 7402, 7501, 7502].into_iter().map(|port| format!("http://127.0.0.1:{port}"))
}

/// The trust root of the tests, which wants both witnesses.
pub fn trust() -> OverTheAir {
    OverTheAir::new(Actors::honest().root(2))
}

/// As [`trust`], with the log at hand.
pub fn trust_with_log() -> OverTheAir {
    trust().log("https://log.example".parse().unwrap())
}

pub fn honest() -> String {
    unit(&Draft::new())
}

pub fn unit(draft: &Draft) -> String {
    draft.sign(&Actors::honest()).unit.to_string()
}

/// A bundle of another epoch, with the status that names it.
pub fn draft_of(epoch: u64) -> Draft {
    let mut draft = Draft::with(BundleContents { epoch: Epoch(epoch), ..bundle() });
    draft.status.number = StatusNumber(24 + epoch);
    // Each stands in a log that is longer by ten.
    draft.size = 930 + 10 * epoch;
    draft
}

/// What lies in a device's folder under an ending.
pub fn files(folder: &Folder, ending: &str) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
}

impl Papers {
    fn answer(&mut self, url: &str) -> Result<Option<Vec<u8>>, TransportError> {
        self.fetched.push(url.into());
        let paper = match url.strip_prefix("https://log.example/") {
            Some(path) => {
                let bytes = self.tiles.as_ref().map(|tiles| tiles.read(path));
                return bytes.ok_or(TransportError::TimedOut);
            }
            None if url.contains("/v1/trust/roots?from=") => &self.roots,
            None => self.units.get(&port_of(url)).unwrap_or(&self.unit),
        };
        match paper {
            Paper::Text(text) => Ok(Some(text.clone().into_bytes())),
            Paper::Nothing => Ok(None),
            Paper::Away => Err(TransportError::Unreachable("connection refused".into())),
        }
    }

    /// Whether this exchange is heard of: not at all, half, or wholly.
    fn admit(&mut self) -> Option<bool> {
        if let Some(watch) = &mut self.watch {
            watch(self.exchanges);
        }
        let count = self.exchanges;
        self.exchanges += 1;
        match self.cut {
            Some((limit, arrives)) if count >= limit => arrives.then_some(false),
            _ => Some(true),
        }
    }
}

impl Tiles {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let tile = TileId::all(self.tree.size()).find(|tile| tile.to_string() == path)?;
        let mut bytes = tile.bytes(&self.tree).ok()?;
        if self.is_lying {
            bytes.iter_mut().for_each(|byte| *byte ^= 1);
        }
        Some(bytes)
    }
}

fn port_of(url: &str) -> u16 {
    url.split(':').nth(2).unwrap()[..4].parse().unwrap()
}

impl Air {
    fn fleet_at(&self, endpoint: &Endpoint) -> &FakeTransport {
        if port_of(endpoint.as_str()) < 7500 { &self.old } else { &self.new }
    }
}

impl Transport for Air {
    async fn exchange(
        &self,
        endpoint: &Endpoint,
        frame: Vec<u8>,
        timeout: Duration,
    ) -> Result<Vec<u8>, TransportError> {
        let admitted = self.papers().admit();
        let answer = match admitted {
            None => Err(TransportError::TimedOut),
            Some(is_heard) => {
                let answer = self.fleet_at(endpoint).exchange(endpoint, frame, timeout).await;
                if is_heard { answer } else { Err(TransportError::TimedOut) }
            }
        };
        self.papers().now += Duration::from_millis(if answer.is_err() { 1000 } else { 1 });
        answer
    }

    async fn keys(&self, endpoint: &Endpoint, timeout: Duration) -> Result<Vec<u8>, TransportError> {
        self.papers().now += Duration::from_millis(1);
        self.fleet_at(endpoint).keys(endpoint, timeout).await
    }

    async fn fetch(
        &self,
        url: &str,
        bytes_max: usize,
        _: Duration,
    ) -> Result<Option<Vec<u8>>, TransportError> {
        let answer = self.papers().answer(url)?;
        match answer {
            Some(bytes) if bytes.len() > bytes_max => Err(TransportError::Unexpected("too long".into())),
            answer => Ok(answer),
        }
    }

    fn clock(&self) -> Moment {
        self.papers().clock
    }

    fn now(&self) -> Duration {
        self.papers().now
    }

    async fn pause(&self, duration: Duration) {
        self.papers().now += duration;
    }
}
