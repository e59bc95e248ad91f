//! The HSM of this node, as the rest of the host sees it.
//!
//! [`Hsm`] outlives the HSM's process: while there is none, what is asked is
//! refused at once, and when there is one again it is asked.
//!
//! - `launch`: starts the program with one socket pair.
//! - `frames`: the length and the message, both ways.
//! - `session`: one life of one HSM process, its threads and their order.
//! - `desk`: what the HSM asks of the store.
//! - `supervisor`: starts sessions one after the other, a bounded number of times.
//!
//! Absent on purpose: any look into what HSMs and clients say to each other.

mod desk;
pub(crate) mod frames;
pub(crate) mod launch;
mod outside;
pub(crate) mod session;
mod supervisor;
#[cfg(test)]
mod tests;

pub(crate) use desk::{divide, shipped};
pub use supervisor::RestartPolicy;

use crate::{
    limits::{EXCHANGE_TIMEOUT, EXCHANGES_PENDING_MAX, REPORT_AGE_MAX, SHIPMENTS_MAX},
    peers::Peers,
    store::{Store, StoreError},
};
use launch::Launch;
use session::HsmInput;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Instant,
};
use strongroom_protocol::{
    bytes::Bytes,
    pipe::{FromClient, HostMessage, HsmStatus},
};
use tokio::sync::{Semaphore, oneshot, watch};

/// How the HSM stands, apart from what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It is being started.
    Starting,
    /// Its process runs.
    Running,
    /// It does not run, and is started again when that can help.
    Down {
        /// Why, for the operator.
        reason: String,
    },
    /// It died too often; somebody has to look.
    Failed {
        /// Why it died the last time.
        reason: String,
    },
    /// The node is stopping.
    Stopped,
}

/// Why an exchange had no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Too many requests wait already.
    #[error("too many requests wait for the HSM")]
    Busy,
    /// No HSM runs, or it died before it answered.
    #[error("the HSM does not run")]
    NotServing,
    /// The HSM did not answer in time.
    #[error("the HSM did not answer in time")]
    TimedOut,
}

/// The HSM of this node. A clone is another handle to the same one.
#[derive(Clone)]
pub struct Hsm {
    shared: Arc<Shared>,
}

/// What the handles, the supervisor and the running session share.
pub(crate) struct Shared {
    input: Mutex<Option<HsmInput>>,
    store: Mutex<Option<Arc<Store>>>,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Vec<u8>>>>,
    next_exchange: AtomicU64,
    keys: Mutex<Option<Vec<u8>>>,
    report: Mutex<Option<(Instant, HsmStatus)>>,
    condition: watch::Sender<Condition>,
    process: AtomicU32,
    restarts: AtomicU64,
    stopping: AtomicBool,
    peers: OnceLock<Peers>,
    runtime: tokio::runtime::Handle,
    shipments: Arc<Semaphore>,
}

impl Hsm {
    /// Opens the store, then starts the HSM and keeps it running until [`Hsm::stop`].
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub(crate) fn start(
        launch: Box<dyn Launch>,
        store_folder: PathBuf,
        policy: RestartPolicy,
    ) -> Result<(Self, std::thread::JoinHandle<()>), StoreError> {
        let store = Store::open(&store_folder)?;
        let shared = Arc::new(Shared::new());
        let thread = supervisor::start(shared.clone(), launch, store_folder, store, policy);
        Ok((Self { shared }, thread))
    }

    /// Names the peers that the HSM's frames are sent to; before that they are dropped.
    pub(crate) fn connect(&self, peers: Peers) {
        // A second call changes nothing; there is one mesh a node.
        let _ = self.shared.peers.set(peers);
    }

    /// What is handed to the peers, so that they can reach the HSM and its store.
    pub(crate) fn inbox(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// Has the HSM answer a client's request frame.
    ///
    /// # Errors
    /// No HSM runs, too many requests wait, or there was no answer in time.
    pub async fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, ExchangeError> {
        let frame = Bytes::new(frame).ok_or(ExchangeError::NotServing)?;
        let input = self.shared.input().ok_or(ExchangeError::NotServing)?;
        let waiting = Waiting::register(self.shared.clone())?;
        let message = HostMessage::Client(FromClient { id: waiting.id, frame });
        input.try_tell(&message).map_err(|_| ExchangeError::Busy)?;
        waiting.answer().await
    }

    /// The keys that clients are shown, encoded, once the HSM has given them.
    pub fn keys(&self) -> Option<Vec<u8>> {
        lock(&self.shared.keys).clone()
    }

    /// What the HSM said of itself last.
    pub fn status(&self) -> Option<HsmStatus> {
        lock(&self.shared.report).as_ref().map(|(_, status)| status.clone())
    }

    /// Whether what the HSM said last is recent.
    pub fn reports(&self) -> bool {
        lock(&self.shared.report).as_ref().is_some_and(|(when, _)| when.elapsed() < REPORT_AGE_MAX)
    }

    /// How the HSM's process stands.
    pub fn condition(&self) -> Condition {
        self.shared.condition.borrow().clone()
    }

    /// Watches how the HSM's process stands.
    pub fn watch(&self) -> watch::Receiver<Condition> {
        self.shared.condition.subscribe()
    }

    /// The number of the HSM's process; zero where none runs.
    pub fn process(&self) -> u32 {
        self.shared.process.load(Ordering::Relaxed)
    }

    /// How often the HSM was started anew.
    pub fn restarts(&self) -> u64 {
        self.shared.restarts.load(Ordering::Relaxed)
    }

    /// Requests that wait for an answer.
    pub fn waiting(&self) -> usize {
        lock(&self.shared.waiting).len()
    }

    /// Lets the HSM end and starts it no more; the supervisor's thread ends when it has.
    pub(crate) fn stop(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        if let Some(input) = self.shared.input() {
            input.close();
        }
    }
}

impl Shared {
    fn new() -> Self {
        Self {
            input: Mutex::default(),
            store: Mutex::default(),
            waiting: Mutex::default(),
            next_exchange: AtomicU64::new(1),
            keys: Mutex::default(),
            report: Mutex::default(),
            condition: watch::Sender::new(Condition::Starting),
            process: AtomicU32::new(0),
            restarts: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            peers: OnceLock::new(),
            runtime: tokio::runtime::Handle::current(),
            shipments: Arc::new(Semaphore::new(SHIPMENTS_MAX)),
        }
    }

    /// The way to the running HSM.
    pub(crate) fn input(&self) -> Option<HsmInput> {
        lock(&self.input).clone()
    }

    /// The store, while it is open.
    pub(crate) fn store(&self) -> Option<Arc<Store>> {
        lock(&self.store).clone()
    }
}

/// A request that waits; forgotten when this is dropped.
struct Waiting {
    shared: Arc<Shared>,
    id: u64,
    answer: Option<oneshot::Receiver<Vec<u8>>>,
}

impl Waiting {
    fn register(shared: Arc<Shared>) -> Result<Self, ExchangeError> {
        let id = shared.next_exchange.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        {
            let mut waiting = lock(&shared.waiting);
            if waiting.len() >= EXCHANGES_PENDING_MAX {
                return Err(ExchangeError::Busy);
            }
            waiting.insert(id, sender);
        }
        Ok(Self { shared, id, answer: Some(receiver) })
    }

    async fn answer(mut self) -> Result<Vec<u8>, ExchangeError> {
        let receiver = self.answer.take().ok_or(ExchangeError::NotServing)?;
        match tokio::time::timeout(EXCHANGE_TIMEOUT, receiver).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(ExchangeError::NotServing),
            Err(_) => Err(ExchangeError::TimedOut),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        lock(&self.shared.waiting).remove(&self.id);
    }
}

/// Locks, also after a panic elsewhere: every value here is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
