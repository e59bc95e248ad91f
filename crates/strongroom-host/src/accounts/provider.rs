//! Keys that are fetched from the identity provider: at the start, now and then, and when a token names an unknown one.
//!
//! Invariants:
//! - A fetch that fails changes nothing: known keys stay good, for however long.
//! - A fetch that succeeds replaces all keys, so that what the provider withdraws is gone.
//! - Whatever clients send, the provider is asked at most once in [`FetchPace::pause`].

use super::{
    fetch::{FetchError, Fetcher},
    jwks::{TrustedKey, parse},
    kept::KeptKeys,
    source::JwksUrl,
};
use crate::limits::{
    JWKS_FETCH_INTERVAL, JWKS_FETCH_PAUSE, JWKS_FETCH_PAUSE_WITHOUT_KEYS, JWKS_FETCH_TIMEOUT,
};
use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

/// How often the provider is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct FetchPace {
    /// From a good answer to the next question.
    pub(super) interval: Duration,
    /// From any question to the next one at least, while there are keys.
    pub(super) pause: Duration,
    /// From a failure to the next question while there are none.
    pub(super) pause_without_keys: Duration,
}

impl Default for FetchPace {
    fn default() -> Self {
        Self {
            interval: JWKS_FETCH_INTERVAL,
            pause: JWKS_FETCH_PAUSE,
            pause_without_keys: JWKS_FETCH_PAUSE_WITHOUT_KEYS,
        }
    }
}

/// What became of all fetches since the start, for the meters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FetchCounts {
    /// Fetches that brought keys.
    pub(crate) done: u64,
    /// Fetches that failed.
    pub(crate) failed: u64,
}

/// The keys of a provider; dropping them ends the questions.
pub(super) struct ProviderKeys {
    shared: Arc<Shared>,
    questions: AbortHandle,
}

struct Shared {
    fetcher: Fetcher,
    kept: KeptKeys,
    pace: FetchPace,
    known: Mutex<Known>,
    wanted: Notify,
    /// Counts the fetches that have ended, well or not.
    ended: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    /// Zero while no keys are known.
    edition: u64,
    keys: Arc<Vec<TrustedKey>>,
    jwks: Vec<u8>,
    begun: Option<Instant>,
    is_fetching: bool,
    counts: FetchCounts,
}

impl ProviderKeys {
    /// Takes what was kept in `folder` and begins to ask. Must be called within a tokio runtime.
    pub(super) fn start(url: JwksUrl, folder: &Path, pace: FetchPace) -> Result<Self, rustls::Error> {
        let shared = Arc::new(Shared {
            kept: KeptKeys::in_folder(folder),
            fetcher: Fetcher::new(url)?,
            pace,
            known: Mutex::default(),
            wanted: Notify::new(),
            ended: watch::Sender::new(0),
        });
        shared.take_kept();
        let questions = tokio::spawn(ask_on(shared.clone())).abort_handle();
        Ok(Self { shared, questions })
    }

    /// The keys as they stand, and the number of their edition; zero where none were ever had.
    pub(super) fn current(&self) -> (u64, Arc<Vec<TrustedKey>>) {
        let known = self.shared.known();
        (known.edition, known.keys.clone())
    }

    /// What became of the fetches.
    pub(super) fn counts(&self) -> FetchCounts {
        self.shared.known().counts
    }

    /// Has the provider asked because a token names an unknown key, and waits for the end of it.
    ///
    /// False where it was asked too recently.
    pub(super) async fn ask_anew(&self) -> bool {
        let mut ended = self.shared.ended.subscribe();
        if !self.shared.is_fetching_or_may() {
            return false;
        }
        self.shared.wanted.notify_one();
        tokio::time::timeout(JWKS_FETCH_TIMEOUT, ended.changed()).await.is_ok_and(|ended| ended.is_ok())
    }
}

impl Drop for ProviderKeys {
    fn drop(&mut self) {
        self.questions.abort();
    }
}

/// Asks for ever: when it is time, and when somebody wants it and may.
async fn ask_on(shared: Arc<Shared>) {
    loop {
        let pause = shared.fetch_once().await;
        let next = tokio::time::sleep(pause);
        tokio::pin!(next);
        loop {
            tokio::select! {
                () = &mut next => break,
                () = shared.wanted.notified() => if shared.may_fetch() { break },
            }
        }
    }
}

impl Shared {
    /// Takes the keys that an earlier run has kept.
    fn take_kept(&self) {
        let Some(jwks) = self.kept.read(self.fetcher.url()) else { return };
        match parse(&jwks) {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "took the identity provider's keys as they were kept");
                self.known().replace(keys, jwks);
            }
            Err(cause) => tracing::warn!(%cause, "the kept keys of the identity provider are damaged"),
        }
    }

    /// Asks once; gives the pause until the next time.
    async fn fetch_once(&self) -> Duration {
        {
            let mut known = self.known();
            known.begun = Some(Instant::now());
            known.is_fetching = true;
        }
        let outcome = self.fetcher.fetch().await.and_then(|jwks| match parse(&jwks) {
            Ok(keys) => Ok((keys, jwks)),
            Err(cause) => Err(FetchError::Unusable(cause.to_string())),
        });
        let pause = match outcome {
            Ok((keys, jwks)) => self.take(keys, jwks),
            Err(cause) => self.complain(&cause),
        };
        self.known().is_fetching = false;
        self.ended.send_modify(|count| *count = count.wrapping_add(1));
        pause
    }

    fn take(&self, keys: Vec<TrustedKey>, jwks: Vec<u8>) -> Duration {
        let is_new = self.known().jwks != jwks;
        if is_new {
            tracing::info!(keys = keys.len(), url = %self.fetcher.url(), "took new keys of the identity provider");
            self.kept.write(self.fetcher.url(), &jwks);
        }
        let mut known = self.known();
        known.counts.done = known.counts.done.saturating_add(1);
        if is_new {
            known.replace(keys, jwks);
        }
        self.pace.interval
    }

    fn complain(&self, cause: &FetchError) -> Duration {
        let mut known = self.known();
        known.counts.failed = known.counts.failed.saturating_add(1);
        let url = self.fetcher.url();
        if known.edition == 0 {
            tracing::error!(%url, %cause, "the identity provider gives no keys, and none are known: no client is let in yet");
            return self.pace.pause_without_keys;
        }
        tracing::warn!(%url, %cause, "the identity provider gives no keys; those that are known stay good");
        self.pace.pause
    }

    fn is_fetching_or_may(&self) -> bool {
        self.known().is_fetching || self.may_fetch()
    }

    fn may_fetch(&self) -> bool {
        self.known().begun.is_none_or(|begun| begun.elapsed() >= self.pace.pause)
    }

    /// Locks, also after a panic elsewhere: every value here is whole between any two statements.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn replace(&mut self, keys: Vec<TrustedKey>, jwks: Vec<u8>) {
        self.edition = self.edition.wrapping_add(1);
        self.keys = Arc::new(keys);
        self.jwks = jwks;
    }
}
