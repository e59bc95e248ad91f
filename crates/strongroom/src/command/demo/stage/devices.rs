//! Devices of the story: each has a folder of its own and knows nothing but the password.

use super::{super::source::compare_and_remove, Stage};
use crate::{
    access::{FleetAccess, repository_key},
    error::CommandError,
    password::Password,
    print::grouped,
    progress::{Progress, bytes_in_words},
    repository::Repository,
};
use strongroom_client::{Client, DeviceFolder};
use strongroom_trust::Endpoint;

/// The password of the story.
pub(super) fn right_password() -> Password {
    Password::of("correct horse battery staple")
}

/// A password that is wrong.
pub(super) fn wrong_password(number: u8) -> Password {
    Password::of(&format!("wrong guess number {number}"))
}

impl Stage<'_> {
    /// A device with a folder of its own.
    pub(super) fn device(&self, name: &str) -> Result<FleetAccess, CommandError> {
        self.client(Some(DeviceFolder::open(self.home.join("devices").join(name))?), &[])
    }

    /// A client at these endpoints, or at all nodes where none is given.
    pub(super) fn client(
        &self,
        device: Option<DeviceFolder>,
        endpoints: &[Endpoint],
    ) -> Result<FleetAccess, CommandError> {
        let running =
            self.running.as_ref().ok_or_else(|| CommandError::other("The fleet was not started."))?;
        let mut builder =
            Client::builder().trust(&running.fleet.pin).token(running.token.as_str()).endpoints(endpoints);
        if let Some(device) = device {
            builder = builder.device(device);
        }
        Ok(FleetAccess::new(builder.build()?, self.pin_path()))
    }

    /// Gets the key back on a new device by the password, restores, and compares every byte.
    pub(in super::super) async fn restore_on(&mut self, name: &str) -> Result<String, CommandError> {
        let device = self.device(name)?;
        let (locator, _) = self.vault()?;
        let recovered = device.client.recover(locator, right_password().credential()).await;
        let recovered = recovered.map_err(|error| device.explain(&error))?;
        let (location, key) = (self.repository(), repository_key(&recovered.key)?);
        let (source, target) = (self.source(), self.home.join("restored"));
        let summary = blocking(move || {
            let summary = Repository::open(&location, &key)?.restore(None, &target, &Progress::silent())?;
            compare_and_remove(&source, &target)?;
            Ok(summary)
        })
        .await?;
        Ok(format!(
            "new device, same password: restored {} files, {}, every byte equal",
            grouped(summary.files),
            bytes_in_words(summary.bytes)
        ))
    }
}

/// Does work that waits for disks on a thread of its own, so that ^C is heard meanwhile.
pub(in super::super) async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> Result<R, CommandError> + Send + 'static,
) -> Result<R, CommandError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(CommandError::other(format!("The work came to a sudden end: {error}."))),
    }
}
