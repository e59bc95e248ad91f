//! The load: clients that do nothing but ask.

use super::Operation;
use crate::error::CommandError;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use strongroom_client::{Client, ClientError, Credential, Locator, Pin};
use tokio::task::JoinSet;

/// Times that one vault is opened at most; it remembers 32 attempts between checkpoints.
const RECOVERIES_PER_VAULT: u64 = 28;
/// Clients that make the vaults.
const MAKERS: u32 = 16;
/// Measured operations that one client keeps.
const SAMPLES_MAX: usize = 1_000_000;
/// One in so many operations of the mixed load is a registration.
const REGISTRATION_EVERY: u64 = 10;
/// The password of every vault of the load.
const PASSWORD: &str = "bench";

/// Which fleet is asked, by whom.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) pin: Pin,
    pub(super) token: String,
}

/// The vaults that are opened, each in its turn.
pub(super) struct Load {
    vaults: Arc<Vec<Locator>>,
}

/// What a run measured.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// The times of the operations that were done, in microseconds.
    pub(super) micros: Vec<u64>,
    /// Operations that failed.
    pub(super) errors: u64,
    /// What the first failure was.
    pub(super) first_error: Option<String>,
    /// How long the run took.
    pub(super) length: Duration,
    /// Vaults that the fleet held for the run.
    pub(super) vaults: u64,
    /// Whether the vaults could not be opened more often before the time was over.
    pub(super) is_cut_short: bool,
}

/// What the clients of one run share.
struct Shared {
    vaults: Arc<Vec<Locator>>,
    turns: AtomicU64,
    turns_max: u64,
    until: Instant,
    operation: Operation,
}

impl Target {
    fn client(&self) -> Result<Client, CommandError> {
        Ok(Client::builder().trust(&self.pin).token(self.token.as_str()).allow_no_stretching().build()?)
    }
}

impl Load {
    /// Makes the vaults.
    ///
    /// # Errors
    /// One cannot be made.
    pub(super) async fn prepare(target: &Target, count: u32, clients: u32) -> Result<Self, CommandError> {
        let makers = MAKERS.min(clients.max(1)).min(count);
        let left = Arc::new(AtomicU64::new(u64::from(count)));
        let mut making = JoinSet::new();
        for _ in 0..makers {
            let (client, left) = (target.client()?, Arc::clone(&left));
            making.spawn(async move { make_vaults(&client, &left).await });
        }
        let mut vaults = Vec::new();
        while let Some(made) = making.join_next().await {
            let made = made
                .map_err(|error| CommandError::other(format!("A client came to a sudden end: {error}.")))?;
            vaults.extend(
                made.map_err(|error| CommandError::other(format!("A vault cannot be made: {error}.")))?,
            );
        }
        Ok(Self { vaults: Arc::new(vaults) })
    }

    /// Lets the clients ask for so long.
    ///
    /// # Errors
    /// A client cannot be put together.
    pub(super) async fn run(
        &mut self,
        target: &Target,
        operation: Operation,
        clients: u32,
        length: Duration,
    ) -> Result<Measured, CommandError> {
        let count = u64::try_from(self.vaults.len()).unwrap_or(u64::MAX);
        let begun = Instant::now();
        let shared = Arc::new(Shared {
            vaults: Arc::clone(&self.vaults),
            turns: AtomicU64::new(0),
            turns_max: turns_max(operation, count),
            until: begun.checked_add(length).unwrap_or(begun),
            operation,
        });
        let together = Arc::new(Mutex::new(Measured::default()));
        let mut asking = JoinSet::new();
        for _ in 0..clients {
            let (client, shared, together) = (target.client()?, Arc::clone(&shared), Arc::clone(&together));
            asking.spawn(async move {
                let own = ask(&client, &shared).await;
                together.lock().unwrap_or_else(PoisonError::into_inner).add(own);
            });
        }
        while asking.join_next().await.is_some() {}
        let mut measured = std::mem::take(&mut *together.lock().unwrap_or_else(PoisonError::into_inner));
        measured.length = begun.elapsed();
        measured.vaults = count;
        measured.is_cut_short = shared.turns.load(Ordering::Relaxed) >= shared.turns_max;
        Ok(measured)
    }
}

/// How many operations the vaults stand.
fn turns_max(operation: Operation, vaults: u64) -> u64 {
    let recoveries = vaults.saturating_mul(RECOVERIES_PER_VAULT);
    match operation {
        Operation::Recover => recoveries,
        Operation::Register => u64::MAX,
        Operation::Mixed => recoveries.saturating_mul(REGISTRATION_EVERY) / (REGISTRATION_EVERY - 1),
    }
}

async fn make_vaults(client: &Client, left: &AtomicU64) -> Result<Vec<Locator>, ClientError> {
    let mut made = Vec::new();
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let (locator, _) = client.register(Credential::password(PASSWORD)).await?;
        made.push(locator);
    }
    Ok(made)
}

/// One client, until the time is over.
async fn ask(client: &Client, shared: &Shared) -> Measured {
    let mut own = Measured::default();
    while Instant::now() < shared.until {
        let turn = shared.turns.fetch_add(1, Ordering::Relaxed);
        if turn >= shared.turns_max {
            break;
        }
        let begun = Instant::now();
        match one(client, shared, turn).await {
            Ok(()) => own.note(begun.elapsed()),
            Err(error) => own.note_error(&error),
        }
    }
    own
}

async fn one(client: &Client, shared: &Shared, turn: u64) -> Result<(), ClientError> {
    let is_registration = match shared.operation {
        Operation::Recover => false,
        Operation::Register => true,
        Operation::Mixed => turn.is_multiple_of(REGISTRATION_EVERY),
    };
    let count = u64::try_from(shared.vaults.len()).unwrap_or(u64::MAX).max(1);
    let place = usize::try_from(turn % count).unwrap_or(0);
    match shared.vaults.get(place).filter(|_| !is_registration) {
        Some(vault) => client.recover(vault, Credential::password(PASSWORD)).await.map(|_| ()),
        None => client.register(Credential::password(PASSWORD)).await.map(|_| ()),
    }
}

impl Measured {
    fn note(&mut self, time: Duration) {
        if self.micros.len() < SAMPLES_MAX {
            self.micros.push(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        }
    }

    fn note_error(&mut self, error: &ClientError) {
        self.errors = self.errors.saturating_add(1);
        self.first_error.get_or_insert_with(|| error.to_string());
    }

    fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.errors = self.errors.saturating_add(other.errors);
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_vault_is_opened_more_often_than_it_remembers() {
        assert_eq!(turns_max(Operation::Recover, 200), 5_600);
        assert_eq!(turns_max(Operation::Mixed, 200), 6_222);
        assert_eq!(turns_max(Operation::Register, 200), u64::MAX);
    }
}
