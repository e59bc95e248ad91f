//! `strongroom vault add recovery-code`.

use super::super::super::RepoOption;
use crate::{
    access::{Access, FleetAccess, backup_key, locator_beside},
    credentials::CredentialOptions,
    error::CommandError,
    print::{note, say},
    settings::FleetOptions,
    sheet::{Sheet, SheetFile},
};
use clap::Args;
use std::path::PathBuf;
use strongroom_client::{Locator, Place, RecoveryCode, trust::Wanted};
use strongroom_crypto::ChaChaRng;
use strongroom_protocol::client::SlotKind;

const EXAMPLES: &str = "\
Examples:
  strongroom vault add recovery-code --repo /mnt/backup --print code.pdf    a sheet to print and put away
  strongroom vault add recovery-code --repo /mnt/backup                     the code on the terminal
  strongroom vault add recovery-code --repo /mnt/backup --replace           in place of the old one

Forty characters that open the backup on any device, without password and without limit to the tries: whoever reads
them and has the backup has everything. The code is shown once, and only after it was seen to open the vault.";

/// Make a recovery code: forty characters to keep on paper
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct RecoveryCodeArguments {
    #[command(flatten)]
    repo: RepoOption,
    /// Put the code on a sheet: FILE.pdf or FILE.svg, which must not exist yet
    #[arg(long, value_name = "FILE")]
    print: Option<PathBuf>,
    /// Put the new code in the place of the old one, whose sheet opens nothing any more
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    credential: CredentialOptions,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl RecoveryCodeArguments {
    pub(in crate::command) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        let locator = locator_beside(&location)?;
        let access = Access::open(&self.fleet)?;
        let fleet = access.fleet()?;
        // A sheet that cannot be written is found before anything is changed.
        let file = self.print.as_deref().map(SheetFile::create).transpose()?;
        fleet.believe(Wanted::Vault(locator.fleet())).await?;
        let place = place_of(&fleet, &locator, self.replace).await?;
        let key = backup_key(&access, &location, &self.credential).await?;
        let code = RecoveryCode::random(&mut fresh_rng()?);
        let added = fleet.client.add_slot(&locator, &key, code.credential(), place).await;
        let added = added.map_err(|error| fleet.explain(&error))?;
        let Some(file) = file else {
            note("Write this recovery code down and keep it where nobody else looks. It is shown this once:");
            say(code.to_text().as_str());
            return Ok(());
        };
        let sheet = Sheet::new(&code, &locator, added.slot, &location.to_string());
        let path = file.write(&sheet)?;
        say(format!(
            "The recovery code is on {}. Print it, put it away, and delete the file.",
            path.display()
        ));
        Ok(())
    }
}

/// Where the code goes: with `--replace`, in place of the one that stands.
async fn place_of(fleet: &FleetAccess, locator: &Locator, replace: bool) -> Result<Place, CommandError> {
    if !replace {
        return Ok(Place::Free);
    }
    let status = fleet.client.status(locator).await.map_err(|error| fleet.explain(&error))?;
    let old = status.slots.as_slice().iter().find(|slot| slot.kind == SlotKind::RecoveryCode);
    Ok(old.map_or(Place::Free, |slot| Place::Of(slot.slot)))
}

fn fresh_rng() -> Result<ChaChaRng, CommandError> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice())
        .map_err(|error| CommandError::other(format!("The system gives no random numbers: {error}.")))?;
    Ok(ChaChaRng::from_seed(*seed))
}
