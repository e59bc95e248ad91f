//! Starts the HSM, waits until it has ended, and starts it again, a bounded number of times.
//!
//! A store that fails is another matter than an HSM that dies: it is opened again until
//! it works, however often, because a full disk or a lost mount ends some day
//! and nothing is gained by giving up before.

use super::{
    Condition, Shared,
    launch::Launch,
    lock,
    outside::Serving,
    session::{Session, SessionEnd},
};
use crate::{
    limits::{RESTART_PAUSE, RESTART_PAUSE_MAX, RESTART_WINDOW, RESTARTS_MAX, STORE_PAUSE},
    store::{Store, StoreError},
};
use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};
use strongroom_protocol::{bytes::Bytes, pipe::Start};

/// How often, and after what pauses, an HSM is started again.
#[derive(Debug, Clone, Copy)]
pub struct RestartPolicy {
    /// Restarts within the window; one more fails the node.
    pub restarts_max: usize,
    /// The window.
    pub window: Duration,
    /// The first pause; it doubles with each restart in the window.
    pub pause: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// The pause before a store that failed is opened again.
    pub store_pause: Duration,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self {
            restarts_max: RESTARTS_MAX,
            window: RESTART_WINDOW,
            pause: RESTART_PAUSE,
            pause_max: RESTART_PAUSE_MAX,
            store_pause: STORE_PAUSE,
        }
    }
}

pub(super) fn start(
    shared: Arc<Shared>,
    launch: Box<dyn Launch>,
    store_folder: PathBuf,
    store: Store,
    policy: RestartPolicy,
) -> thread::JoinHandle<()> {
    let mut supervisor = Supervisor { shared, launch, store_folder, policy, deaths: VecDeque::new() };
    thread::spawn(move || supervisor.run(store))
}

struct Supervisor {
    shared: Arc<Shared>,
    launch: Box<dyn Launch>,
    store_folder: PathBuf,
    policy: RestartPolicy,
    deaths: VecDeque<Instant>,
}

impl Supervisor {
    fn run(&mut self, first: Store) {
        let mut store = Some(Arc::new(first));
        while !self.is_stopping() {
            let Some(open) = store.take().or_else(|| self.open_store()) else { continue };
            match self.serve_once(&open) {
                _ if self.is_stopping() => {}
                SessionEnd::Store(cause) => {
                    tracing::error!(%cause, "the store failed");
                    self.down(cause.to_string());
                    continue;
                }
                SessionEnd::Hsm(reason) => {
                    tracing::error!(%reason, "the HSM ended");
                    if !self.may_restart(&reason) {
                        break;
                    }
                }
            }
            store = Some(open);
        }
        self.finish(store);
    }

    /// One life of an HSM, from its start to its end.
    fn serve_once(&mut self, store: &Arc<Store>) -> SessionEnd {
        let session = match self.begin(store) {
            Ok(session) => session,
            Err(end) => return end,
        };
        *lock(&self.shared.store) = Some(store.clone());
        *lock(&self.shared.input) = Some(session.input());
        self.shared.process.store(session.process(), Ordering::Relaxed);
        self.shared.condition.send_replace(Condition::Running);
        if self.is_stopping() {
            // Whoever stops has looked for the way to the HSM before it was there.
            session.input().close();
        }
        let end = session.wait();
        *lock(&self.shared.input) = None;
        *lock(&self.shared.store) = None;
        *lock(&self.shared.report) = None;
        *lock(&self.shared.keys) = None;
        // Whoever waits for an answer learns that none comes.
        lock(&self.shared.waiting).clear();
        self.shared.process.store(0, Ordering::Relaxed);
        end
    }

    fn begin(&mut self, store: &Arc<Store>) -> Result<Session, SessionEnd> {
        let start = first_message(store).map_err(SessionEnd::Store)?;
        let name = self.launch.name();
        let launched = self
            .launch
            .launch()
            .map_err(|cause| SessionEnd::Hsm(format!("{name} cannot be started: {cause}")))?;
        let outside = Arc::new(Serving(self.shared.clone()));
        Session::begin(launched, store.clone(), outside, Some(start))
            .map_err(|cause| SessionEnd::Hsm(format!("{name} cannot be spoken to: {cause}")))
    }

    /// Counts a death and waits; false once there were too many.
    fn may_restart(&mut self, reason: &str) -> bool {
        let now = Instant::now();
        self.deaths.retain(|death| now.duration_since(*death) < self.policy.window);
        if self.deaths.len() >= self.policy.restarts_max {
            let reason = format!(
                "the HSM was started again {} times and died each time; last: {reason}",
                self.deaths.len()
            );
            tracing::error!(%reason, "the node has failed");
            self.shared.condition.send_replace(Condition::Failed { reason });
            return false;
        }
        let doublings = u32::try_from(self.deaths.len()).unwrap_or(u32::MAX).min(16);
        let pause = self.policy.pause.saturating_mul(1 << doublings).min(self.policy.pause_max);
        self.deaths.push_back(now);
        self.down(reason.to_owned());
        self.sleep(pause);
        self.shared.restarts.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn open_store(&mut self) -> Option<Arc<Store>> {
        self.sleep(self.policy.store_pause);
        if self.is_stopping() {
            return None;
        }
        match Store::open(&self.store_folder) {
            Ok(store) => Some(Arc::new(store)),
            Err(cause) => {
                tracing::warn!(%cause, "the store cannot be opened yet");
                self.down(cause.to_string());
                None
            }
        }
    }

    fn down(&self, reason: String) {
        self.shared.condition.send_replace(Condition::Down { reason });
    }

    fn finish(&self, store: Option<Arc<Store>>) {
        if let Some(Err(cause)) = store.map(|store| store.flush()) {
            tracing::error!(%cause, "the store could not be flushed at the end");
        }
        if self.is_stopping() {
            self.shared.condition.send_replace(Condition::Stopped);
        }
    }

    fn is_stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::SeqCst)
    }

    /// Sleeps, but not through the end of the node.
    fn sleep(&self, pause: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < pause && !self.is_stopping() {
            thread::sleep(Duration::from_millis(10).min(pause));
        }
    }
}

/// What a founded HSM hears first.
fn first_message(store: &Store) -> Result<Start, StoreError> {
    let bounds = store.bounds();
    let [newest, before] = store.head_tables()?;
    let head_table = Bytes::new(newest).unwrap_or_default();
    let head_table_before = Bytes::new(before).unwrap_or_default();
    Ok(Start { head_table, head_table_before, log_first: bounds.first, log_last: bounds.last })
}
