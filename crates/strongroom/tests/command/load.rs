//! Clients that register one vault after the other, without key stretching, while things happen to the fleet.

use crate::world::World;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};
use strongroom::new_fleet::token;
use strongroom_client::{BackupKey, Client, ClientError, Credential, Locator};
use strongroom_trust::Pin;
use tokio::task::JoinSet;

/// The password of every vault of the load.
pub const LOAD_PASSWORD: &str = "load";
/// How long the load may take to make as many vaults as a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A vault whose making was acknowledged, and the key that it must give back.
pub struct Acknowledged {
    pub locator: Locator,
    pub key: BackupKey,
}

/// Registrations that go on until they are stopped.
pub struct Load {
    acknowledged: Arc<Mutex<Vec<Acknowledged>>>,
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl World {
    /// A client of an account that stretches no passwords.
    pub fn client(&self, account: &str) -> Client {
        client(&self.pin, &self.token(account))
    }

    /// A client that knows one node only.
    pub fn client_of(&self, account: &str, endpoints: &[String]) -> Client {
        let builder = Client::builder().trust(&self.pin).endpoints(endpoints).token(self.token(account));
        builder.allow_no_stretching().build().unwrap()
    }

    fn token(&self, account: &str) -> String {
        token(&self.path("fleet"), account, Duration::from_secs(3600)).unwrap()
    }

    /// Makes one vault.
    pub fn register(&self, account: &str) -> Acknowledged {
        let client = self.client(account);
        let registered = client.register(Credential::password(LOAD_PASSWORD));
        let (locator, key) = self.runtime.block_on(registered).unwrap();
        Acknowledged { locator, key }
    }

    /// Opens one vault with the right password, which must give back its key.
    #[track_caller]
    pub fn open(&self, client: &Client, vault: &Acknowledged) {
        let opened = self.runtime.block_on(open(client, &vault.locator)).unwrap();
        assert!(opened.matches(&vault.key), "the vault gives another key");
    }

    /// Begins to register, with so many clients, each an account of its own.
    pub fn begin_load(&self, clients: usize) -> Load {
        let mut load = Load { acknowledged: Arc::default(), stop: Arc::default(), clients: JoinSet::new() };
        for number in 0..clients {
            let client = self.client(&format!("load {number}"));
            let (acknowledged, stop) = (load.acknowledged.clone(), load.stop.clone());
            load.clients.spawn_on(register_on(client, acknowledged, stop), self.runtime.handle());
        }
        load
    }

    /// Opens every vault with a fresh client; gives the first few that do not open, in words.
    pub fn open_all(&self, vaults: Vec<Acknowledged>) -> Vec<String> {
        let vaults = Arc::new(Mutex::new(vaults));
        let mut opening = JoinSet::new();
        for number in 0..8 {
            let (client, vaults) = (self.client(&format!("opener {number}")), vaults.clone());
            opening.spawn_on(open_on(client, vaults), self.runtime.handle());
        }
        self.runtime.block_on(opening.join_all()).concat()
    }
}

impl Load {
    /// Waits until so many more vaults are acknowledged.
    #[track_caller]
    pub fn wait_for_more(&self, vaults: usize) {
        let (begun, from) = (Instant::now(), self.count());
        while self.count() < from + vaults {
            assert!(begun.elapsed() < PATIENCE, "{} of {vaults} vaults were made", self.count() - from);
            sleep(Duration::from_millis(2));
        }
    }

    /// Vaults acknowledged so far.
    pub fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Stops the clients in the middle of what they do, and gives what was acknowledged.
    pub fn stop(mut self, world: &World) -> Vec<Acknowledged> {
        self.stop.store(true, Ordering::SeqCst);
        world.runtime.block_on(self.clients.shutdown());
        std::mem::take(&mut self.acknowledged.lock().unwrap())
    }
}

fn client(pin: &Pin, token: &str) -> Client {
    Client::builder().trust(pin).token(token).allow_no_stretching().build().unwrap()
}

async fn register_on(client: Client, acknowledged: Arc<Mutex<Vec<Acknowledged>>>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        match client.register(Credential::password(LOAD_PASSWORD)).await {
            Ok((locator, key)) => acknowledged.lock().unwrap().push(Acknowledged { locator, key }),
            // What fails while nodes die was not acknowledged, and nothing is said about it.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn open_on(client: Client, vaults: Arc<Mutex<Vec<Acknowledged>>>) -> Vec<String> {
    let mut failures = Vec::new();
    let next = || vaults.lock().unwrap().pop();
    while let Some(Acknowledged { locator, key }) = next() {
        match open(&client, &locator).await {
            Ok(opened) if opened.matches(&key) => {}
            Ok(_) => failures.push("a vault gives another key".into()),
            Err(error) => failures.push(error.to_string()),
        }
        if failures.len() > 3 {
            break;
        }
    }
    failures
}

async fn open(client: &Client, locator: &Locator) -> Result<BackupKey, ClientError> {
    Ok(client.recover(locator, Credential::password(LOAD_PASSWORD)).await?.key)
}
