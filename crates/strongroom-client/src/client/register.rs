//! Makes a vault.

use super::{Client, Link, drive::Keeper};
use crate::{
    BackupKey, ClientError, Credential, Locator, Transport, Trusted,
    flow::{Flow, GuessMemory, Registration, RegistrationOutcome},
    trust::Wanted,
};
use std::io;

/// Puts the locator beside the backup.
pub(super) type KeepLocator<'a> = &'a mut (dyn FnMut(&Locator) -> io::Result<()> + Send);

impl<T: Transport> Client<T> {
    /// Makes a vault with a fresh backup key, and sees that its password opens it.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use strongroom_client::{Credential, LOCATOR_FILE};
    ///
    /// let (locator, key) = client.register(Credential::password("one that nobody guesses")).await?;
    /// std::fs::write(LOCATOR_FILE, locator.to_json())?;   // beside the backup
    /// # let _ = key;
    /// # Ok(()) }
    /// ```
    ///
    /// Where only the confirmation at the end was not acknowledged, the vault stands all the same; [`Self::resume`]
    /// delivers it later.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn register(&self, credential: Credential) -> Result<(Locator, BackupKey), ClientError> {
        self.register_keeping(credential, |_| Ok(())).await
    }

    /// As [`Self::register`], and hands the locator over to be kept beside the backup *before* anything is
    /// sent, so that an interruption leaves no vault that nobody can find. It is handed over again in the
    /// unlikely case that somebody else has a vault under its id.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client) -> Result<(), strongroom_client::ClientError> {
    /// use strongroom_client::{Credential, LOCATOR_FILE};
    ///
    /// let keep = |locator: &strongroom_client::Locator| std::fs::write(LOCATOR_FILE, locator.to_json());
    /// let (locator, key) = client.register_keeping(Credential::password("one that nobody guesses"), keep).await?;
    /// # let _ = (locator, key);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::Locator`] where the locator could not be kept.
    pub async fn register_keeping(
        &self,
        credential: Credential,
        mut keep: impl FnMut(&Locator) -> io::Result<()> + Send,
    ) -> Result<(Locator, BackupKey), ClientError> {
        let trusted = self.believe(Wanted::NewVault).await?;
        let fleet = trusted.fleet().id();
        let flow = self.with_rng(|rng| {
            let key = BackupKey::random(rng);
            Registration::begin(fleet, key, credential, rng)
        })?;
        self.make(&trusted, flow, &mut keep).await
    }

    /// Drives a registration, with locator, key and state stored before each message.
    pub(super) async fn make(
        &self,
        trusted: &Trusted,
        flow: Registration,
        keep: KeepLocator<'_>,
    ) -> Result<(Locator, BackupKey), ClientError> {
        let (fleet, epoch) = (trusted.fleet().id(), trusted.locator_epoch());
        let place = |vault, slot| Locator::new(fleet, vault, slot, &self.endpoints).named_by_epoch(epoch);
        let locate = |flow: &Registration| place(flow.vault(), flow.slot());
        let mut keeper = Keeper::load(self.device.as_ref(), &locate(&flow))?;
        let mut kept: Option<Locator> = None;
        let mut before = |flow: &Registration| {
            let locator = locate(flow);
            if kept.as_ref() != Some(&locator) {
                keeper = Keeper::load(self.device.as_ref(), &locator)?;
                keep(&locator).map_err(ClientError::Locator)?;
                keeper.save_key(flow.key())?;
                kept = Some(locator);
            }
            keeper.save_pending(flow.pending())
        };
        let (outcome, is_over) = match self.drive(&mut Link::new(self, trusted), flow, &mut before).await {
            Ok(outcome) => (outcome, true),
            // The vault stands and was seen to work; what is not acknowledged yet stays pending.
            Err((error, flow)) => (flow.and_then(Registration::into_made).ok_or(error)?, false),
        };
        match outcome {
            RegistrationOutcome::Made { vault, slot, key, generation, .. } => {
                if is_over {
                    keeper.state.pending = None;
                }
                keeper.state.generation = generation;
                keeper.state.memory = GuessMemory::default();
                keeper.save()?;
                Ok((place(vault, slot), key))
            }
            RegistrationOutcome::OtherPassword => Err(ClientError::OtherPassword),
            RegistrationOutcome::Refused(refusal) => Err(refusal.into()),
        }
    }
}
