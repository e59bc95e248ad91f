//! The reminder that a backup's vault has to move to another fleet, and the move.
//!
//! It comes with every backup, after it, and never keeps anybody from one.

use crate::{
    access::{Access, FleetAccess, keep, locator_at},
    error::CommandError,
    password::PasswordOptions,
    print::{note, say, short},
    repository::RepositoryLocation,
};
use std::io::{self, IsTerminal as _};
use strongroom_client::{Erasure, Locator, MoveNeed, Moved};

/// Moves the vault where its fleet drains or was revoked, and goes on with what an earlier run has left.
pub async fn remind_of_move(access: &Access, location: &RepositoryLocation, passwords: &PasswordOptions) {
    if let Err(error) = move_if_due(access, location, passwords).await {
        note(format!(
            "Whether the vault has to move was not settled; it is tried with the next backup. {error}"
        ));
    }
}

async fn move_if_due(
    access: &Access,
    location: &RepositoryLocation,
    passwords: &PasswordOptions,
) -> Result<(), CommandError> {
    let Some(locator) = locator_at(location)? else { return Ok(()) };
    let fleet = access.fleet()?;
    match fleet.client.move_need(&locator).await.map_err(|error| fleet.explain(&error))? {
        MoveNeed::None => Ok(()),
        MoveNeed::NoSuccessor => {
            note(
                "The fleet that keeps this backup's key is being retired. As soon as there is a new one, the vault moves.",
            );
            Ok(())
        }
        MoveNeed::Password { successor } => {
            note(format!(
                "The fleet that keeps this backup's key is being retired; the vault moves to {}.",
                short(successor)
            ));
            with_password(&fleet, location, &locator, passwords).await
        }
        MoveNeed::Unfinished => {
            let moved = go_on(&fleet, location, &locator, None).await?;
            if matches!(moved, Moved::NeedsCredential) {
                return with_password(&fleet, location, &locator, passwords).await;
            }
            tell(&fleet, location, &moved);
            Ok(())
        }
    }
}

async fn with_password(
    fleet: &FleetAccess,
    location: &RepositoryLocation,
    locator: &Locator,
    passwords: &PasswordOptions,
) -> Result<(), CommandError> {
    if !passwords.is_given() && !io::stdin().is_terminal() {
        note("It needs the password: run the backup at a terminal, or give --password-file.");
        return Ok(());
    }
    let password = passwords.source().read()?;
    let moved = go_on(fleet, location, locator, Some(password.credential())).await?;
    tell(fleet, location, &moved);
    Ok(())
}

async fn go_on(
    fleet: &FleetAccess,
    location: &RepositoryLocation,
    locator: &Locator,
    credential: Option<strongroom_client::Credential>,
) -> Result<Moved, CommandError> {
    let moved = fleet.client.move_vault(locator, credential, |locator| keep(location, locator)).await;
    moved.map_err(|error| fleet.explain(&error))
}

fn tell(fleet: &FleetAccess, location: &RepositoryLocation, moved: &Moved) {
    match moved {
        Moved::Needless | Moved::NeedsCredential => {}
        Moved::Unconfirmed => note("The new vault stands and is confirmed with the next backup."),
        Moved::Moved { locator, erasure } => {
            say(format!("The vault moved to fleet {}.", short(locator.fleet())));
            note(format!(
                "Its password moved with it, and nothing else: a recovery code or a passkey of the old vault opens \
                 nothing any more. Make new ones: strongroom vault add recovery-code --repo {location}"
            ));
            match erasure {
                Erasure::Acknowledged => say("The old one is erased."),
                Erasure::Owed(error) => note(format!(
                    "The old one is not erased yet; it is tried with every backup. {}",
                    fleet.explain(error)
                )),
                Erasure::Impossible(cause) => {
                    note(format!("The old one stays behind at a fleet that is spoken to no more: {cause}."));
                }
            }
        }
    }
}
