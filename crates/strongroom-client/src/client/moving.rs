//! Moves a vault from a fleet that drains, or was revoked, to one that takes new vaults. Page: `docs/spec/flows.md`,
//! "Moving".
//!
//! Each step is on the disk before the next begins, so that whatever interrupts it, a later call goes on: the new
//! vault is made and confirmed, then its locator is put beside the backup, then the old vault is erased until the
//! fleet acknowledges it. Both vaults hold one backup key, so the backup stays what it is.

use super::{Client, drive::Keeper};
use crate::{
    BackupKey, ClientError, Credential, DeviceFolder, Locator, MoveStage, Pending, PendingMove, Transport,
    flow::{OwnerAction, OwnerActionOutcome, Registration},
    trust::{Trusted, Wanted},
};
use std::io;
use strongroom_protocol::ids::{FleetId, SlotNumber};
use strongroom_trust::{Service, TrustError};

/// Whether a vault has to move, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveNeed {
    /// Its fleet serves.
    None,
    /// Its fleet drains or was revoked: at the next reminder the password is to be asked for, for
    /// [`Client::move_vault`].
    Password {
        /// The fleet that it moves to.
        successor: FleetId,
    },
    /// Its fleet drains or was revoked, and no fleet takes new vaults yet.
    NoSuccessor,
    /// A move is under way; [`Client::move_vault`] goes on with it, and asks for the password only where it must.
    Unfinished,
}

/// How far a move has come.
#[derive(Debug)]
pub enum Moved {
    /// There is nothing to be moved.
    Needless,
    /// It goes on only with the password.
    NeedsCredential,
    /// The new vault stands and its confirmation was not acknowledged yet; call again.
    Unconfirmed,
    /// The new vault serves from now on.
    Moved {
        /// Where it is; [`Client::move_vault`] has put it beside the backup.
        locator: Locator,
        /// What became of the old vault.
        erasure: Erasure,
    },
}

/// What became of the old vault.
#[derive(Debug)]
pub enum Erasure {
    /// The old fleet acknowledged it.
    Acknowledged,
    /// It did not, for this reason; call again, at every backup.
    Owed(ClientError),
    /// The old fleet is not to be spoken to any more, so its vault stays behind.
    Impossible(TrustError),
}

/// Puts the locator beside the backup.
type KeepLocator<'a> = &'a mut (dyn FnMut(&Locator) -> io::Result<()> + Send);

impl<T: Transport> Client<T> {
    /// Says whether a vault has to move. It spends nothing and sends nothing to the vault's fleet.
    ///
    /// # Errors
    /// What keeps this client from believing anybody; see [`Self::believe`].
    pub async fn move_need(&self, locator: &Locator) -> Result<MoveNeed, ClientError> {
        if let Some(device) = &self.device
            && device.load_move(locator)?.is_some()
        {
            return Ok(MoveNeed::Unfinished);
        }
        if !self.is_to_move(locator).await? {
            return Ok(MoveNeed::None);
        }
        match self.believe(Wanted::NewVault).await {
            Ok(trusted) => Ok(MoveNeed::Password { successor: trusted.fleet().id() }),
            Err(ClientError::Trust { .. }) => Ok(MoveNeed::NoSuccessor),
            Err(error) => Err(error),
        }
    }

    /// Moves a vault to the fleet that takes new ones, or goes on with a move that was interrupted.
    ///
    /// The old fleet, where it may be spoken to and answers, says first whether the password is the right one. `keep`
    /// puts the new locator beside the backup; it is called once the new vault is confirmed.
    ///
    /// ```no_run
    /// # async fn example(client: strongroom_client::Client, locator: strongroom_client::Locator, pin: &str)
    /// # -> Result<(), strongroom_client::ClientError> {
    /// use strongroom_client::{Credential, LOCATOR_FILE, MoveNeed};
    ///
    /// let keep = |locator: &strongroom_client::Locator| std::fs::write(LOCATOR_FILE, locator.to_json());
    /// match client.move_need(&locator).await? {
    ///     MoveNeed::Password { .. } => drop(client.move_vault(&locator, Some(Credential::password(pin)), keep).await?),
    ///     MoveNeed::Unfinished => drop(client.move_vault(&locator, None, keep).await?),
    ///     MoveNeed::None | MoveNeed::NoSuccessor => {}
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See [`ClientError`]; what was reached is kept, and the next call goes on.
    pub async fn move_vault(
        &self,
        locator: &Locator,
        credential: Option<Credential>,
        mut keep: impl FnMut(&Locator) -> io::Result<()> + Send,
    ) -> Result<Moved, ClientError> {
        let device = self.device.as_ref().ok_or(ClientError::NoDevice)?;
        let mut moving = match device.load_move(locator)? {
            Some(moving) => moving,
            None if !self.is_to_move(locator).await? => return Ok(Moved::Needless),
            None => PendingMove { old: locator.clone(), new: None, stage: MoveStage::Registering },
        };
        if moving.stage == MoveStage::Registering {
            match self.make_successor(device, &mut moving, credential).await? {
                Made::Confirmed => {}
                Made::Unconfirmed => return Ok(Moved::Unconfirmed),
                Made::Needless => return Ok(Moved::Needless),
                Made::NeedsCredential => return Ok(Moved::NeedsCredential),
            }
        }
        let Some(new) = moving.new.as_ref().map(|new| new.clone().reached_at(&self.endpoints)) else {
            return Ok(Moved::NeedsCredential);
        };
        if moving.stage == MoveStage::Publishing {
            self.publish(device, &mut moving, &new, &mut keep)?;
        }
        let erasure = self.erase_old(device, &moving, &new).await?;
        Ok(Moved::Moved { locator: new, erasure })
    }

    /// Whether a vault's fleet drains, or is not to be spoken to any more.
    async fn is_to_move(&self, locator: &Locator) -> Result<bool, ClientError> {
        match self.believe_vault(locator).await {
            Ok(trusted) => Ok(trusted.service() != Service::Active),
            Err(ClientError::Trust { cause, .. }) if is_over(&cause) => Ok(true),
            // A fleet that one party revoked is left without being spoken to.
            Err(ClientError::Unconfirmed(questions)) => {
                Ok(questions.concerns().iter().any(|concern| concern.name() == "revoked-by-one"))
            }
            Err(error) => Err(error),
        }
    }

    /// Makes the new vault, or goes on with the making.
    async fn make_successor(
        &self,
        device: &DeviceFolder,
        moving: &mut PendingMove,
        credential: Option<Credential>,
    ) -> Result<Made, ClientError> {
        let trusted = self.believe(Wanted::NewVault).await?;
        if let Some(new) = moving.new.take_if(|new| new.fleet() != trusted.fleet().id()) {
            // The chosen fleet takes no vaults any more, and what was begun there is confirmed nowhere.
            device.forget(new.vault())?;
            device.save_move(moving)?;
        }
        if trusted.fleet().id() == moving.old.fleet() {
            device.forget_move(moving)?;
            return Ok(Made::Needless);
        }
        let flow = match &moving.new {
            None => {
                let Some(credential) = credential else { return Ok(Made::NeedsCredential) };
                let key = self.checked_key(device, &moving.old, &credential).await?;
                self.with_rng(|rng| Registration::begin(trusted.fleet().id(), key, credential, rng))?
            }
            Some(new) => match self.go_on(device, &trusted, new, credential).await? {
                GoOn::Flow(flow) => *flow,
                GoOn::Made(made) => {
                    return self.confirmed(device, moving, made);
                }
            },
        };
        let mut begin = |new: &Locator| {
            moving.new = Some(new.clone());
            device.save_move(moving).map_err(io::Error::other)
        };
        let (new, _) = self.make(&trusted, flow, &mut begin).await?;
        let state = device.load(new.fleet(), new.vault())?;
        let is_confirmed = state.is_some_and(|state| state.pending.is_none());
        moving.new = Some(new);
        self.confirmed(device, moving, if is_confirmed { Made::Confirmed } else { Made::Unconfirmed })
    }

    fn confirmed(
        &self,
        device: &DeviceFolder,
        moving: &mut PendingMove,
        made: Made,
    ) -> Result<Made, ClientError> {
        if matches!(made, Made::Confirmed) {
            moving.stage = MoveStage::Publishing;
            device.save_move(moving)?;
        }
        Ok(made)
    }

    /// What an earlier run has left of the making.
    async fn go_on(
        &self,
        device: &DeviceFolder,
        trusted: &Trusted,
        new: &Locator,
        credential: Option<Credential>,
    ) -> Result<GoOn, ClientError> {
        let mut keeper = Keeper::load(Some(device), new)?;
        let pending = keeper.state.pending.take();
        if pending.is_none() && keeper.state.generation.0 > 0 {
            return Ok(GoOn::Made(Made::Confirmed));
        }
        if let Some(success) = pending.as_ref().and_then(Pending::success)
            && self.deliver(trusted, success).await?
        {
            keeper.save()?;
            return Ok(GoOn::Made(Made::Confirmed));
        }
        let Some(credential) = credential else { return Ok(GoOn::Made(Made::NeedsCredential)) };
        let key = match keeper.load_key() {
            Err(ClientError::NoKey) => self.kept_key(device, new)?,
            other => other?,
        };
        let (fleet, vault) = (new.fleet(), new.vault());
        let flow = match pending {
            Some(Pending::Upload(upload)) => Registration::resume(fleet, vault, key, credential, upload)?,
            Some(Pending::Registration | Pending::Attempt(_)) | None => self.with_rng(|rng| {
                Registration::begin_at(fleet, vault, SlotNumber::FIRST, key, credential, rng)
            })?,
        };
        Ok(GoOn::Flow(Box::new(flow)))
    }

    /// The backup key, with the password checked at the old fleet where that fleet may be asked and answers.
    async fn checked_key(
        &self,
        device: &DeviceFolder,
        old: &Locator,
        credential: &Credential,
    ) -> Result<BackupKey, ClientError> {
        match self.recover(old, credential.duplicate()).await {
            Ok(recovered) => Ok(recovered.key),
            Err(error) if says_nothing_of_the_password(&error) => device.load_key(old.vault())?.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// The key that the old vault's files hold, where the new vault's were not written yet.
    fn kept_key(&self, device: &DeviceFolder, new: &Locator) -> Result<BackupKey, ClientError> {
        let old = device.load_move(new)?.map(|moving| moving.old);
        let key = old.map(|old| device.load_key(old.vault())).transpose()?.flatten();
        key.ok_or(ClientError::NoKey)
    }

    fn publish(
        &self,
        device: &DeviceFolder,
        moving: &mut PendingMove,
        new: &Locator,
        keep: KeepLocator<'_>,
    ) -> Result<(), ClientError> {
        keep(new).map_err(ClientError::Locator)?;
        moving.stage = MoveStage::Erasing;
        Ok(device.save_move(moving)?)
    }

    /// Erases the old vault, and forgets the move once that is acknowledged or no more to be had.
    async fn erase_old(
        &self,
        device: &DeviceFolder,
        moving: &PendingMove,
        new: &Locator,
    ) -> Result<Erasure, ClientError> {
        let key = device.load_key(new.vault())?.ok_or(ClientError::NoKey)?;
        let erasure = match self.erase_at_old(&moving.old, &key).await {
            Ok(()) => Erasure::Acknowledged,
            Err(ClientError::Trust { cause, .. }) if is_over(&cause) => Erasure::Impossible(*cause),
            Err(error) => return Ok(Erasure::Owed(error)),
        };
        device.forget(moving.old.vault())?;
        device.forget_move(moving)?;
        Ok(erasure)
    }

    async fn erase_at_old(&self, old: &Locator, key: &BackupKey) -> Result<(), ClientError> {
        let trusted = self.believe_vault(old).await?;
        match self.drive_stateless(&trusted, OwnerAction::erase(old, key)).await? {
            OwnerActionOutcome::Done { .. } | OwnerActionOutcome::Erased | OwnerActionOutcome::Absent => {
                Ok(())
            }
            OwnerActionOutcome::Refused(refusal) => Err(refusal.into()),
        }
    }
}

/// How far the making of the new vault has come.
enum Made {
    Confirmed,
    Unconfirmed,
    NeedsCredential,
    /// The old fleet takes new vaults again.
    Needless,
}

enum GoOn {
    Flow(Box<Registration>),
    Made(Made),
}

/// Whether a fleet is never to be spoken to again.
fn is_over(cause: &TrustError) -> bool {
    matches!(
        cause,
        TrustError::Revoked { .. } | TrustError::RevokedByBundle { .. } | TrustError::UnknownFleet(_)
    )
}

/// Whether a recovery failed for a reason that has nothing to do with what was typed.
fn says_nothing_of_the_password(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::NoMajority { .. }
            | ClientError::Unreachable { .. }
            | ClientError::Busy
            | ClientError::RateLimited { .. }
            | ClientError::Erased
            | ClientError::Absent
            | ClientError::Trust { .. }
            | ClientError::Unconfirmed(_)
    )
}
