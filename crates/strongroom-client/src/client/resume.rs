//! Goes on with what was interrupted.

use super::{Client, PasswordChanged, drive::Keeper, finish_change};
use crate::{
    BackupKey, ClientError, Credential, Locator, Pending, Purpose, Transport, Trusted,
    flow::{Flow, FlowError, GuessMemory, Next, PasswordChange, Registration, Tools, is_passing},
    trust::Wanted,
};
use std::io;
use strongroom_protocol::{
    client::{Answer, AnswerBody, Outcome, Refusal, Request},
    decode,
};

/// What became of an interrupted operation.
#[derive(Debug)]
pub enum Resumed {
    /// Nothing was left to do, or what was left waits for the next recovery.
    Nothing,
    /// A confirmation that had got lost was delivered or has become needless.
    Confirmed,
    /// The registration was finished.
    Registered(Locator, BackupKey),
    /// The change of the password was finished.
    PasswordChanged(PasswordChanged),
    /// It goes on only with the password that it was begun with.
    NeedsCredential,
}

impl<T: Transport> Client<T> {
    /// Goes on with what this device has left unfinished at a vault: an upload that may not have arrived, or a
    /// confirmation that got lost. It costs no guess.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator, pin: &str)
    /// # -> Result<(), strongroom_client::ClientError> {
    /// use strongroom_client::{Credential, Resumed};
    ///
    /// if let Resumed::NeedsCredential = client.resume(&locator, None, |_| Ok(())).await? {
    ///     client.resume(&locator, Some(Credential::password(pin)), |_| Ok(())).await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// `keep` puts the locator beside the backup, as in [`Self::register_keeping`].
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn resume(
        &self,
        locator: &Locator,
        credential: Option<Credential>,
        mut keep: impl FnMut(&Locator) -> io::Result<()> + Send,
    ) -> Result<Resumed, ClientError> {
        let mut keeper = Keeper::load(self.device.as_ref(), locator)?;
        let Some(pending) = keeper.state.pending.take() else { return Ok(Resumed::Nothing) };
        let trusted = self.believe_vault(locator).await?;
        if let Some(success) = pending.success()
            && self.deliver(&trusted, success).await?
        {
            keeper.state.memory = GuessMemory::default();
            keeper.save()?;
            return Ok(Resumed::Confirmed);
        }
        if matches!(pending, Pending::Attempt(_)) {
            return Ok(Resumed::Nothing);
        }
        let Some(credential) = credential else { return Ok(Resumed::NeedsCredential) };
        // From here on the fleet gets something new to keep.
        let trusted = self.believe_at(Wanted::NewPassword(locator.fleet()), Some(locator)).await?;
        let (fleet, vault, slot) = (locator.fleet(), locator.vault(), locator.slot());
        let key = keeper.load_key()?;
        let registration = match pending {
            Pending::Attempt(_) => return Ok(Resumed::Nothing),
            Pending::Registration => {
                self.with_rng(|rng| Registration::begin_at(fleet, vault, slot, key, credential, rng))?
            }
            Pending::Upload(upload) if upload.purpose == Purpose::Create => {
                Registration::resume(fleet, vault, key, credential, upload)?
            }
            Pending::Upload(upload) => {
                let flow = PasswordChange::resume(locator, key, credential, upload)?;
                let outcome = self.drive_change(&trusted, &mut keeper, flow).await?;
                return finish_change(keeper, locator, outcome).map(Resumed::PasswordChanged);
            }
        };
        let (locator, key) = self.make(&trusted, registration, &mut keep).await?;
        Ok(Resumed::Registered(locator, key))
    }

    /// Sends message 2 again. `false` where the token has died, so that message 1 has to come first.
    pub(super) async fn deliver(&self, trusted: &Trusted, success: &[u8]) -> Result<bool, ClientError> {
        let request = decode(success).map_err(|_| ClientError::Flow(FlowError::Malformed))?;
        match self.drive_stateless(trusted, Delivery(request)).await? {
            Outcome::Refused(Refusal::TokenDead) => Ok(false),
            // A refusal for any other reason stays one: the attempt is closed, or the vault has moved on.
            Outcome::Done(_) | Outcome::Refused(_) => Ok(true),
        }
    }
}

/// One message 2 that was made before.
struct Delivery(Request);

impl Flow for Delivery {
    type Outcome = Outcome<u8>;

    fn request(&self) -> &Request {
        &self.0
    }

    fn pending(&self) -> Option<Pending> {
        None
    }

    fn answered(self, answer: Answer, _: &mut Tools<'_>) -> Result<Next<Self>, FlowError> {
        match answer.body {
            AnswerBody::Success(Outcome::Refused(refusal)) if is_passing(refusal) => {
                Ok(Next::Again(self, refusal))
            }
            AnswerBody::Success(outcome) => Ok(Next::Done(outcome)),
            _ => Err(FlowError::OtherAnswer),
        }
    }
}
