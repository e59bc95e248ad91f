//! Recovery codes and passkeys: adds them, lists them, and recovers by them.

use super::{Client, drive::Keeper};
use crate::{
    BackupKey, ClientError, Credential, KnownPasskey, Locator, PasskeyOffer, Place, Transport, Trusted,
    flow::{
        FlowError, Recovered, SlotAddition, SlotAdditionOutcome, UncountedOutcome, UncountedRecovery,
        random_vault,
    },
    trust::Wanted,
};
use strongroom_protocol::ids::{Generation, SlotNumber};

/// A slot that was added, and was seen to open the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Its number.
    pub slot: SlotNumber,
    /// The vault's generation.
    pub generation: Generation,
}

impl<T: Transport> Client<T> {
    /// Adds a recovery code or a passkey to a vault, and sees that it opens the vault. The other slots stay as they are,
    /// unless one is to be replaced.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator,
    /// # key: strongroom_client::BackupKey, rng: &mut dyn strongroom_crypto::Rng)
    /// # -> Result<(), strongroom_client::ClientError> {
    /// use strongroom_client::{Place, RecoveryCode};
    ///
    /// let code = RecoveryCode::random(rng);
    /// client.add_slot(&locator, &key, code.credential(), Place::Free).await?;
    /// // only now show or print code.to_text()
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`ClientError`]; [`ClientError::SlotTaken`] where the vault has a recovery code or this passkey already.
    pub async fn add_slot(
        &self,
        locator: &Locator,
        key: &BackupKey,
        credential: Credential,
        place: Place,
    ) -> Result<Added, ClientError> {
        let trusted = self.believe_at(Wanted::NewPassword(locator.fleet()), Some(locator)).await?;
        let flow = SlotAddition::begin(locator, key.duplicate(), credential.duplicate(), place)?;
        let added = match self.drive_stateless(&trusted, flow).await? {
            SlotAdditionOutcome::Added { slot, generation } => Added { slot, generation },
            SlotAdditionOutcome::Taken(slot) => return Err(ClientError::SlotTaken(slot)),
            SlotAdditionOutcome::Full => return Err(ClientError::Full),
            SlotAdditionOutcome::NothingToReplace => return Err(missing(&credential)),
            SlotAdditionOutcome::Absent => return Err(ClientError::Absent),
            SlotAdditionOutcome::Erased => return Err(ClientError::Erased),
            SlotAdditionOutcome::Refused(refusal) => return Err(refusal.into()),
        };
        let opened = self.open_uncounted(&trusted, locator, credential).await?;
        if !opened.key.matches(key) {
            return Err(ClientError::Flow(FlowError::WrapDoesNotOpen));
        }
        Ok(added)
    }

    /// Draws what an authenticator is asked for, so that a passkey for this vault can be made.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn offer_passkey(&self, locator: &Locator, rp_id: &str) -> Result<PasskeyOffer, ClientError> {
        let status = self.status(locator).await?;
        let (fleet, vault) = (locator.fleet(), locator.vault());
        let known = status.slots.as_slice();
        Ok(self.with_rng(|rng| PasskeyOffer::new(fleet, vault, rp_id, known, rng))?)
    }

    /// Draws what an authenticator is asked for, so that [`Self::register`] can make a vault that a passkey alone opens. A
    /// password or a recovery code should follow: synced passkeys have been seen to change.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn offer_first_passkey(&self, rp_id: &str) -> Result<PasskeyOffer, ClientError> {
        let fleet = self.believe(Wanted::NewVault).await?.fleet().id();
        Ok(self.with_rng(|rng| {
            let vault = random_vault(rng);
            PasskeyOffer::new(fleet, vault, rp_id, &[], rng)
        })?)
    }

    /// The vault's passkeys, each with what its authenticator is asked for.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn passkeys(&self, locator: &Locator) -> Result<Vec<KnownPasskey>, ClientError> {
        let status = self.status(locator).await?;
        Ok(KnownPasskey::among(locator.fleet(), locator.vault(), status.slots.as_slice()))
    }

    /// Recovers by a recovery code or a passkey.
    pub(super) async fn recover_uncounted(
        &self,
        locator: &Locator,
        credential: Credential,
    ) -> Result<Recovered, ClientError> {
        let trusted = self.believe_vault(locator).await?;
        let recovered = self.open_uncounted(&trusted, locator, credential).await?;
        let mut keeper = Keeper::load(self.device.as_ref(), locator)?;
        keeper.state.generation = recovered.generation;
        keeper.save_key(&recovered.key)?;
        keeper.save()?;
        Ok(recovered)
    }

    async fn open_uncounted(
        &self,
        trusted: &Trusted,
        locator: &Locator,
        credential: Credential,
    ) -> Result<Recovered, ClientError> {
        let memory = Keeper::load(self.device.as_ref(), locator)?.state.memory;
        let flow = UncountedRecovery::begin(locator, credential.duplicate(), memory)?;
        match self.drive_stateless(trusted, flow).await? {
            UncountedOutcome::Recovered(recovered) => Ok(recovered),
            UncountedOutcome::Wrong if credential.registration().is_some() => Err(ClientError::WrongPasskey),
            UncountedOutcome::Wrong => Err(ClientError::WrongRecoveryCode),
            UncountedOutcome::NoSlot => Err(missing(&credential)),
            UncountedOutcome::Absent => Err(ClientError::Absent),
            UncountedOutcome::Erased => Err(ClientError::Erased),
            UncountedOutcome::Refused(refusal) => Err(refusal.into()),
        }
    }
}

fn missing(credential: &Credential) -> ClientError {
    match credential.registration() {
        Some(_) => ClientError::NoPasskey,
        None => ClientError::NoRecoveryCode,
    }
}
