//! `strongroom vault remove`.

use super::{
    super::RepoOption,
    slots::{kind_name, named},
};
use crate::{
    access::{Access, backup_key, locator_beside},
    credentials::CredentialOptions,
    error::CommandError,
    print::say,
    settings::FleetOptions,
};
use clap::Args;
use strongroom_client::trust::Wanted;
use strongroom_protocol::{client::VaultStatus, ids::SlotNumber};

const EXAMPLES: &str = "\
Examples:
  strongroom vault remove recovery-code --repo /mnt/backup
  strongroom vault remove 3 --repo /mnt/backup                a slot by the number that `vault list` shows

What is removed opens the backup no more, at once and on every node. The last slot stays: to end a vault,
erase it.";

/// Take a password, recovery code or passkey from a backup's vault
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct RemoveArguments {
    /// The slot: its number, or password or recovery-code
    #[arg(value_name = "SLOT")]
    slot: String,
    #[command(flatten)]
    repo: RepoOption,
    #[command(flatten)]
    credential: CredentialOptions,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl RemoveArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        let locator = locator_beside(&location)?;
        let access = Access::open(&self.fleet)?;
        let fleet = access.fleet()?;
        fleet.believe(Wanted::Vault(locator.fleet())).await?;
        let status = fleet.client.status(&locator).await.map_err(|error| fleet.explain(&error))?;
        let slot = chosen(&status, &self.slot)?;
        let key = backup_key(&access, &location, &self.credential).await?;
        let removed = fleet.client.remove_slot(&locator, &key, slot).await;
        removed.map_err(|error| fleet.explain(&error))?;
        say(format!("Slot {} is removed: {}.", slot.get(), kind_of(&status, slot)));
        Ok(())
    }
}

fn chosen(status: &VaultStatus, name: &str) -> Result<SlotNumber, CommandError> {
    let slot = named(status, name).ok_or_else(|| {
        CommandError::usage(format!(
            "The vault has no slot {name:?}, or several. `strongroom vault list` shows their numbers."
        ))
    })?;
    if status.slots.as_slice().len() == 1 {
        return Err(CommandError::usage(
            "That is the only slot; without it nothing would open the vault. Add another first, or erase the vault: \
             strongroom vault erase",
        ));
    }
    Ok(slot)
}

fn kind_of(status: &VaultStatus, number: SlotNumber) -> &'static str {
    let slot = status.slots.as_slice().iter().find(|slot| slot.slot == number);
    slot.map_or("nothing", |slot| kind_name(&slot.kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_protocol::{
        bytes::List,
        client::{SlotKind, SlotStatus},
        ids::{Generation, RegistrationId},
    };

    fn status(kinds: &[SlotKind]) -> VaultStatus {
        let slots = kinds.iter().zip(1..).map(|(kind, number)| SlotStatus {
            slot: SlotNumber::new(number).unwrap(),
            kind: kind.clone(),
            registration: RegistrationId::new([number; 16]),
            erased: 0,
        });
        let slots = List::new(slots.collect()).unwrap();
        VaultStatus { generation: Generation(1), slots, left: 10, failed: 0 }
    }

    #[test]
    fn the_last_slot_and_an_unknown_one_are_refused_before_anything_is_asked() {
        let one = status(&[SlotKind::Password]);
        assert!(chosen(&one, "password").unwrap_err().to_string().contains("the only slot"));
        let two = status(&[SlotKind::Password, SlotKind::RecoveryCode]);
        assert_eq!(chosen(&two, "recovery-code").unwrap().get(), 2);
        assert_eq!(chosen(&two, "passkey").unwrap_err().exit().code(), 2);
    }
}
