//! The client: what an app calls.
//!
//! Every operation stores what it needs to go on *before* it sends anything, repeats what got lost without
//! costing a guess, and ends with a typed error that says what helps.
//!
//! Key stretching takes a good part of a second and 64 MiB; it is done on the thread that polls the future.

mod believe;
mod builder;
mod drive;
mod link;
mod moving;
mod register;
mod resume;
mod slots;

pub use builder::Builder;
pub use moving::{Erasure, MoveNeed, Moved};
pub use resume::Resumed;
pub use slots::Added;

use crate::{
    BackupKey, ClientError, Credential, CredentialError, DefaultTransport, DeviceFolder, DeviceState,
    Locator, Pending, Purpose, StretchingPolicy, Transport,
    flow::{
        Confirmation, GuessMemory, OwnerAction, OwnerActionOutcome, PasswordChange, PasswordChangeOutcome,
        Recovered, Recovery, RecoveryOutcome, StatusQuery,
    },
    trust::{FleetTrust, Wanted},
};
use believe::Belief;
use core::time::Duration;
use drive::Keeper;
use link::Link;
use std::sync::{Arc, Mutex, PoisonError};
use strongroom_crypto::Rng;
use strongroom_protocol::{
    client::{StatusAnswer, VaultStatus},
    ids::{Generation, SlotNumber},
};
use strongroom_trust::{Endpoint, VerifiedNodeKeys};

/// A client of the fleet that is pinned, or of those that a trust root leads to.
pub struct Client<T = DefaultTransport> {
    trust: Arc<dyn FleetTrust>,
    belief: Mutex<Belief>,
    endpoints: Vec<Endpoint>,
    known_keys: Mutex<Vec<Option<VerifiedNodeKeys>>>,
    transport: T,
    rng: Mutex<Box<dyn Rng + Send>>,
    stretching: StretchingPolicy,
    device: Option<DeviceFolder>,
    deadline: Duration,
}

/// A password that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordChanged {
    /// The locator to be kept from now on; it is the same, unless the password took another slot.
    pub locator: Locator,
    /// The vault's generation.
    pub generation: Generation,
    /// Guesses left. Where none is, the password is set and not yet usable.
    pub left: u8,
    /// Whether the change was confirmed, which refills the guesses.
    pub is_confirmed: bool,
}

impl Client {
    /// Begins to put a client together; see [`Builder`].
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl<T: Transport> Client<T> {
    /// Gets the backup key back. With a password it costs a guess, which a right one gives back; attempts with a recovery
    /// code or a passkey are not counted.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator, pin: &str) {
    /// use strongroom_client::{ClientError, Credential};
    ///
    /// match client.recover(&locator, Credential::password(pin)).await {
    ///     Ok(recovered) => println!("{} wrong guesses elsewhere", recovered.failed_elsewhere),
    ///     Err(ClientError::WrongPassword { left, .. }) => println!("wrong password, {left} guesses left"),
    ///     Err(error) => println!("{error}"),
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ClientError`]. Where the key was opened and only its confirmation got lost, the key is given with
    /// [`Confirmation::Undelivered`]; [`Self::resume`] delivers it later.
    pub async fn recover(&self, locator: &Locator, credential: Credential) -> Result<Recovered, ClientError> {
        if !credential.is_counted() {
            return self.recover_uncounted(locator, credential).await;
        }
        let trusted = self.believe_vault(locator).await?;
        let mut keeper = Keeper::load(self.device.as_ref(), locator)?;
        let (pending, may_keep) = match keeper.state.pending.take() {
            Some(Pending::Attempt(attempt)) => (Some(attempt), true),
            None => (None, true),
            // What is uploaded and not confirmed is worth more than the guess that an interruption costs.
            other => {
                keeper.state.pending = other;
                (None, false)
            }
        };
        let memory = keeper.state.memory;
        let flow = self.with_rng(|rng| Recovery::begin(locator, credential, memory, pending, rng))?;
        let mut before = |flow: &Recovery| {
            keeper.state.memory = flow.memory();
            if let Some(opened) = flow.opened() {
                keeper.save_key(&opened.key)?;
            }
            if may_keep { keeper.save_pending(crate::flow::Flow::pending(flow)) } else { Ok(()) }
        };
        let outcome = match self.drive(&mut Link::new(self, &trusted), flow, &mut before).await {
            Ok(outcome) => outcome,
            Err((error, flow)) => match flow.and_then(Recovery::into_opened) {
                Some(opened) => RecoveryOutcome::Recovered(opened),
                None => return Err(error),
            },
        };
        finish_recovery(keeper, outcome, may_keep)
    }

    /// Says how a vault stands. It costs no guess.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator)
    /// # -> Result<(), strongroom_client::ClientError> {
    /// let status = client.status(&locator).await?;
    /// println!("{} guesses left, {} wrong ones since the last success", status.left, status.failed);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Absent`] and [`ClientError::Erased`] where there is no vault any more.
    pub async fn status(&self, locator: &Locator) -> Result<VaultStatus, ClientError> {
        let trusted = self.believe_vault(locator).await?;
        let flow = StatusQuery::begin(locator.vault());
        match self.drive_stateless(&trusted, flow).await? {
            StatusAnswer::Present(status) => Ok(status),
            StatusAnswer::Absent => Err(ClientError::Absent),
            StatusAnswer::Erased => Err(ClientError::Erased),
            StatusAnswer::Refused(refusal) => Err(refusal.into()),
        }
    }

    /// Sets a new password. Guesses already spent carry over until the change is confirmed, which is part of it.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator,
    /// # key: strongroom_client::BackupKey) -> Result<(), strongroom_client::ClientError> {
    /// use strongroom_client::Credential;
    ///
    /// let changed = client.change_password(&locator, &key, Credential::password("a new one")).await?;
    /// // keep changed.locator beside the backup
    /// # let _ = changed;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`ClientError`]. Where the password is set and only its confirmation got lost, [`PasswordChanged::is_confirmed`]
    /// says so; [`Self::resume`] delivers it later.
    pub async fn change_password(
        &self,
        locator: &Locator,
        key: &BackupKey,
        credential: Credential,
    ) -> Result<PasswordChanged, ClientError> {
        if !credential.is_counted() {
            return Err(CredentialError::NoPassword.into());
        }
        let trusted = self.believe_at(Wanted::NewPassword(locator.fleet()), Some(locator)).await?;
        let mut keeper = Keeper::load(self.device.as_ref(), locator)?;
        match keeper.state.pending.take() {
            Some(Pending::Registration) => return Err(ClientError::Unfinished),
            Some(Pending::Upload(pending)) if pending.purpose == Purpose::Create => {
                if pending.success.is_none() {
                    return Err(ClientError::Unfinished);
                }
            }
            Some(Pending::Upload(pending)) => {
                let flow = PasswordChange::resume(locator, key.duplicate(), credential.duplicate(), pending)?;
                let outcome = self.drive_change(&trusted, &mut keeper, flow).await?;
                if matches!(outcome, PasswordChangeOutcome::Changed { .. }) {
                    return finish_change(keeper, locator, outcome);
                }
            }
            Some(Pending::Attempt(_)) | None => {}
        }
        let flow = PasswordChange::begin(locator, key.duplicate(), credential);
        let outcome = self.drive_change(&trusted, &mut keeper, flow).await?;
        finish_change(keeper, locator, outcome)
    }

    /// Erases the vault for ever, at once and on every node. The backup stays readable with the backup key.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator,
    /// # key: strongroom_client::BackupKey) -> Result<(), strongroom_client::ClientError> {
    /// client.erase(&locator, &key).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`ClientError`]. A vault that is erased already is no error.
    pub async fn erase(&self, locator: &Locator, key: &BackupKey) -> Result<(), ClientError> {
        let trusted = self.believe_vault(locator).await?;
        let outcome = self.drive_stateless(&trusted, OwnerAction::erase(locator, key)).await?;
        action_done(outcome)
    }

    /// Removes one slot.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator,
    /// # key: strongroom_client::BackupKey) -> Result<(), strongroom_client::ClientError> {
    /// client.remove_slot(&locator, &key, locator.slot()).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`ClientError`]. A slot that does not stand is no error.
    pub async fn remove_slot(
        &self,
        locator: &Locator,
        key: &BackupKey,
        slot: SlotNumber,
    ) -> Result<(), ClientError> {
        let trusted = self.believe_vault(locator).await?;
        let outcome = self.drive_stateless(&trusted, OwnerAction::remove(locator, key, slot)).await?;
        action_done(outcome)
    }

    fn with_rng<R>(&self, draw: impl FnOnce(&mut dyn Rng) -> R) -> R {
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        draw(&mut **rng)
    }

    fn random_byte(&self) -> u8 {
        let mut byte = [0];
        self.with_rng(|rng| rng.fill(&mut byte));
        u8::from_be_bytes(byte)
    }

    fn known_keys(&self, place: usize) -> Option<VerifiedNodeKeys> {
        self.known_keys.lock().unwrap_or_else(PoisonError::into_inner).get(place).cloned().flatten()
    }

    fn remember_keys(&self, place: usize, keys: VerifiedNodeKeys) {
        self.set_keys(place, Some(keys));
    }

    fn forget_keys(&self, place: usize) {
        self.set_keys(place, None);
    }

    fn set_keys(&self, place: usize, keys: Option<VerifiedNodeKeys>) {
        if let Some(known) = self.known_keys.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
            *known = keys;
        }
    }
}

fn finish_recovery(
    mut keeper: Keeper<'_>,
    outcome: RecoveryOutcome,
    may_keep: bool,
) -> Result<Recovered, ClientError> {
    if may_keep && !is_undelivered(&outcome) {
        keeper.state.pending = None;
    }
    match outcome {
        RecoveryOutcome::Recovered(recovered) => {
            keeper.state.generation = recovered.generation;
            if recovered.confirmation != Confirmation::Undelivered {
                keeper.state.memory = GuessMemory::default();
            }
            keeper.save_key(&recovered.key)?;
            keeper.save()?;
            Ok(recovered)
        }
        RecoveryOutcome::WrongPassword { left, failed, failed_elsewhere, memory } => {
            keeper.state.memory = memory;
            keeper.save()?;
            Err(ClientError::WrongPassword { left, failed, failed_elsewhere })
        }
        over => {
            keeper.save()?;
            Err(match over {
                RecoveryOutcome::Erased => ClientError::Erased,
                RecoveryOutcome::Absent => ClientError::Absent,
                RecoveryOutcome::Later => ClientError::Later,
                RecoveryOutcome::Refused(refusal) => refusal.into(),
                RecoveryOutcome::Recovered(_) | RecoveryOutcome::WrongPassword { .. } => ClientError::Busy,
            })
        }
    }
}

fn is_undelivered(outcome: &RecoveryOutcome) -> bool {
    matches!(outcome, RecoveryOutcome::Recovered(recovered) if recovered.confirmation == Confirmation::Undelivered)
}

fn finish_change(
    mut keeper: Keeper<'_>,
    locator: &Locator,
    outcome: PasswordChangeOutcome,
) -> Result<PasswordChanged, ClientError> {
    match outcome {
        PasswordChangeOutcome::Changed { slot, generation, left, is_confirmed } => {
            keeper.state.generation = generation;
            if is_confirmed {
                keeper.state.memory = GuessMemory::default();
            }
            keeper.save()?;
            let locator = locator.clone().with_slot(slot);
            Ok(PasswordChanged { locator, generation, left, is_confirmed })
        }
        PasswordChangeOutcome::OtherPassword => Err(ClientError::OtherPassword),
        PasswordChangeOutcome::Absent => Err(ClientError::Absent),
        PasswordChangeOutcome::Erased => Err(ClientError::Erased),
        PasswordChangeOutcome::Refused(refusal) => Err(refusal.into()),
    }
}

fn action_done(outcome: OwnerActionOutcome) -> Result<(), ClientError> {
    match outcome {
        OwnerActionOutcome::Done { .. } => Ok(()),
        OwnerActionOutcome::Erased => Err(ClientError::Erased),
        OwnerActionOutcome::Absent => Err(ClientError::Absent),
        OwnerActionOutcome::Refused(refusal) => Err(refusal.into()),
    }
}

/// The state of a vault that nothing is kept of.
fn fresh_state(locator: &Locator) -> DeviceState {
    DeviceState::new(locator.fleet(), locator.vault())
}
