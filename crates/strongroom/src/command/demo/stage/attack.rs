//! The end of the story: somebody has the backup and an account, and guesses.

use super::{GUESSES, Stage, devices};
use crate::error::CommandError;
use strongroom_client::ClientError;

impl Stage<'_> {
    /// Guesses wrong as often as the fleet allows; every answer must say one guess less.
    pub(in super::super) async fn guess_wrong(&mut self) -> Result<String, CommandError> {
        let (locator, _) = self.vault()?;
        for left in (0..GUESSES).rev() {
            let thief = self.client(None, &[])?;
            match thief.client.recover(locator, devices::wrong_password(left).credential()).await {
                Err(ClientError::WrongPassword { left: said, .. }) if said == left => {}
                Err(ClientError::WrongPassword { left: said, .. }) => {
                    return Err(CommandError::other(format!(
                        "{said} guesses are left where {left} must be."
                    )));
                }
                Err(error) => return Err(thief.explain(&error)),
                Ok(_) => return Err(CommandError::other("A wrong password opened the vault.")),
            }
        }
        let last = GUESSES.saturating_sub(1);
        Ok(format!("{GUESSES} wrong passwords: {GUESSES} answers, {last} guesses left … none left"))
    }

    /// Tries the right password at every node; each must say that the slot is erased.
    pub(in super::super) async fn try_the_right_password(&mut self) -> Result<String, CommandError> {
        let endpoints = self.running()?.fleet.processes.endpoints();
        let (locator, _) = self.vault()?;
        for endpoint in endpoints {
            let device = self.client(None, std::slice::from_ref(&endpoint))?;
            match device.client.recover(locator, devices::right_password().credential()).await {
                Err(ClientError::Erased) => {}
                Err(error) => return Err(device.explain(&error)),
                Ok(_) => {
                    let message = format!("The right password still opens the vault at {endpoint}.");
                    return Err(CommandError::other(message));
                }
            }
        }
        Ok("the right password now: the slot is erased, on every node".into())
    }
}
