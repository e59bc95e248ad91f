//! Takes a flow from its first request to its outcome, storing before sending.

use super::{Client, Link, fresh_state};
use crate::{
    BackupKey, ClientError, DeviceFolder, DeviceState, Locator, Pending, StateError, Transport, Trusted,
    flow::{Flow, Next, PasswordChange, PasswordChangeOutcome, Tools},
};

/// The device's state of one vault, and where it is kept.
pub(super) struct Keeper<'a> {
    device: Option<&'a DeviceFolder>,
    pub(super) state: DeviceState,
}

impl<'a> Keeper<'a> {
    pub(super) fn load(device: Option<&'a DeviceFolder>, locator: &Locator) -> Result<Self, StateError> {
        let kept = match device {
            Some(device) => device.load(locator.fleet(), locator.vault())?,
            None => None,
        };
        Ok(Self { device, state: kept.unwrap_or_else(|| fresh_state(locator)) })
    }

    pub(super) fn save(&self) -> Result<(), StateError> {
        self.device.map_or(Ok(()), |device| device.save(&self.state))
    }

    pub(super) fn save_pending(&mut self, pending: Option<Pending>) -> Result<(), ClientError> {
        self.state.pending = pending;
        Ok(self.save()?)
    }

    pub(super) fn save_key(&self, key: &BackupKey) -> Result<(), ClientError> {
        Ok(self.device.map_or(Ok(()), |device| device.save_key(self.state.vault, key))?)
    }

    pub(super) fn load_key(&self) -> Result<BackupKey, ClientError> {
        let key = self.device.map_or(Ok(None), |device| device.load_key(self.state.vault))?;
        key.ok_or(ClientError::NoKey)
    }
}

/// What is done with a flow before its request is sent.
pub(super) type Before<'a, F> = &'a mut (dyn FnMut(&F) -> Result<(), ClientError> + Send);

/// Why a flow did not reach its outcome, and the flow where it can be looked at still.
pub(super) type Broken<F> = (ClientError, Option<F>);

impl<T: Transport> Client<T> {
    /// Drives a flow; `before` stores what it needs whenever its request is another one.
    pub(super) async fn drive<F: Flow>(
        &self,
        link: &mut Link<'_, T>,
        mut flow: F,
        before: Before<'_, F>,
    ) -> Result<F::Outcome, Broken<F>> {
        if let Err(error) = before(&flow) {
            return Err((error, Some(flow)));
        }
        loop {
            let answer = match link.exchange(flow.request()).await {
                Ok(answer) => answer,
                Err(error) => return Err((error, Some(flow))),
            };
            let began = self.transport.now();
            let next =
                self.with_rng(|rng| flow.answered(answer, &mut Tools { rng, stretching: self.stretching }));
            link.forgive(self.transport.now().saturating_sub(began));
            flow = match next.map_err(|error| (error.into(), None))? {
                Next::Done(outcome) => return Ok(outcome),
                Next::Send(flow) => match before(&flow) {
                    Ok(()) => flow,
                    Err(error) => return Err((error, Some(flow))),
                },
                Next::Again(flow, refusal) => match link.put_off(refusal).await {
                    Ok(()) => flow,
                    Err(error) => return Err((error, Some(flow))),
                },
            };
        }
    }

    /// Drives a flow that loses nothing when it is interrupted.
    pub(super) async fn drive_stateless<F: Flow>(
        &self,
        trusted: &Trusted,
        flow: F,
    ) -> Result<F::Outcome, ClientError> {
        let mut before = |_: &F| Ok(());
        self.drive(&mut Link::new(self, trusted), flow, &mut before).await.map_err(|(error, _)| error)
    }

    /// Drives a change of the password and keeps what it has pending.
    pub(super) async fn drive_change(
        &self,
        trusted: &Trusted,
        keeper: &mut Keeper<'_>,
        flow: PasswordChange,
    ) -> Result<PasswordChangeOutcome, ClientError> {
        let mut before = |flow: &PasswordChange| keeper.save_pending(flow.pending());
        match self.drive(&mut Link::new(self, trusted), flow, &mut before).await {
            Ok(outcome) => {
                keeper.state.pending = None;
                Ok(outcome)
            }
            // The password is set and was seen to work; what is not acknowledged yet stays pending.
            Err((error, flow)) => flow.and_then(PasswordChange::into_changed).ok_or(error),
        }
    }
}
