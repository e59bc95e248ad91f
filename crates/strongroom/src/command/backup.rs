//! `strongroom backup`.

use super::RepoOption;
use crate::{
    access::{Access, FleetAccess, keep, locator_at, open_or_create, repository_key, tell_of_guesses},
    credentials::CredentialSource,
    error::CommandError,
    exit::Exit,
    moving::remind_of_move,
    password::{PasswordOptions, PasswordSource},
    print::{INSECURE_SIMULATION, grouped, note, say},
    progress::{Progress, bytes_in_words},
    repository::{BackupSummary, RepositoryLocation},
    settings::FleetOptions,
};
use clap::Args;
use std::path::{Path, PathBuf};
use strongroom_client::{
    BackupKey, ClientError, Credential, Locator, Pending, Purpose, Resumed, trust::Wanted,
};
use tokio::task::block_in_place;

const EXAMPLES: &str = "\
Examples:
  strongroom backup ~/chats --repo /mnt/backup --fleet fleet.pin --token-file token
  strongroom backup ~/chats --repo /mnt/backup        with the fleet in the configuration file

The first time a vault is made, and its password is asked for. Later runs on the same device need neither
password nor fleet; another device asks for the password once.";

/// Back up a folder, end-to-end encrypted
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BackupArguments {
    /// The folder to back up
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    repo: RepoOption,
    #[command(flatten)]
    password: PasswordOptions,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl BackupArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        check_source(&self.folder)?;
        let access = Access::open(&self.fleet)?;
        let had_vault = locator_at(&location)?.is_some();
        let key = key_for_backup(&access, &location, &self.password.source()).await?;
        let summary = block_in_place(|| {
            let repository = open_or_create(&location, &repository_key(&key)?)?;
            Ok::<_, CommandError>(repository.backup(&self.folder, &Progress::on_terminal(false))?)
        })?;
        if had_vault && access.is_over_the_air() {
            remind_of_move(&access, &location, &self.password).await;
        }
        report(&summary)
    }
}

/// A missing folder is found before a vault is made for it.
fn check_source(folder: &Path) -> Result<(), CommandError> {
    std::fs::read_dir(folder).map(|_| ()).map_err(|error| CommandError::file(folder, "backed up", &error))
}

/// The backup key: the one this device holds, one got by the password, or a new one in a new vault.
async fn key_for_backup(
    access: &Access,
    location: &RepositoryLocation,
    passwords: &PasswordSource,
) -> Result<BackupKey, CommandError> {
    let Some(locator) = locator_at(location)? else {
        if location.holds_backup()? {
            return Err(backup_without_locator(location));
        }
        return make_vault(access, location, passwords).await;
    };
    let state = access.device().load(locator.fleet(), locator.vault())?;
    let pending = state.and_then(|state| state.pending);
    match access.device().load_key(locator.vault())? {
        // Nothing was uploaded yet, and perhaps the fleet was the wrong one.
        Some(_) if matches!(pending, Some(Pending::Registration)) && !location.holds_backup()? => {
            access.device().forget(locator.vault())?;
            make_vault(access, location, passwords).await
        }
        Some(key) => {
            if let Some(pending) = pending {
                finish(access, location, &locator, passwords, &pending).await?;
            }
            Ok(key)
        }
        // What stands here was begun and never made; a vault that stands may keep the key of something else.
        None if !location.holds_backup()? && !stands(access, &locator).await? => {
            make_vault(access, location, passwords).await
        }
        None => {
            note("This device does not hold the key of the vault that strongroom.json names yet.");
            let recovered =
                access.fleet()?.recover(&locator, &CredentialSource::Password(passwords.clone())).await?;
            tell_of_guesses(&recovered, location);
            Ok(recovered.key)
        }
    }
}

/// Whether a vault stands where a locator says.
async fn stands(access: &Access, locator: &Locator) -> Result<bool, CommandError> {
    let fleet = access.fleet()?;
    fleet.believe(Wanted::Vault(locator.fleet())).await?;
    match fleet.client.status(locator).await {
        Ok(_) => Ok(true),
        Err(ClientError::Absent | ClientError::Erased) => Ok(false),
        Err(error) => Err(fleet.explain(&error)),
    }
}

fn backup_without_locator(location: &RepositoryLocation) -> CommandError {
    let message = format!(
        "There is a backup at {location}, but no strongroom.json beside it, which says where its key is kept. Get that \
         file from another copy of the storage, or back up to a new place."
    );
    CommandError::new(Exit::Damaged, message)
}

async fn make_vault(
    access: &Access,
    location: &RepositoryLocation,
    passwords: &PasswordSource,
) -> Result<BackupKey, CommandError> {
    let fleet = access.fleet()?;
    fleet.believe(Wanted::NewVault).await?;
    warn_of_simulation(&fleet);
    note("No vault yet for this backup. Choose a password or PIN for getting it back on another device.");
    let password = passwords.read_new()?;
    let (_, key) = fleet.register(location, &password).await?;
    say(made(&fleet));
    note(format!(
        "Print a recovery code as well? strongroom vault add recovery-code --repo {location} --print code.pdf"
    ));
    Ok(key)
}

fn warn_of_simulation(fleet: &FleetAccess) {
    if fleet.fleet().is_some_and(|fleet| fleet.is_simulation()) {
        note(INSECURE_SIMULATION);
    }
}

fn made(fleet: &FleetAccess) -> String {
    format!("Vault made at fleet {} and checked with one recovery.", fleet.in_words())
}

/// Finishes what an interruption left: a registration must be, everything else is tried.
async fn finish(
    access: &Access,
    location: &RepositoryLocation,
    locator: &Locator,
    passwords: &PasswordSource,
    pending: &Pending,
) -> Result<(), CommandError> {
    let is_needed = is_unmade(pending);
    match resume(access, location, locator, passwords, is_needed).await {
        Err(error) if !is_needed => {
            note(format!(
                "Telling the fleet of an earlier success did not work; it is tried again next time. {error}"
            ));
            Ok(())
        }
        other => other,
    }
}

/// Whether the vault may not stand yet.
fn is_unmade(pending: &Pending) -> bool {
    match pending {
        Pending::Registration => true,
        Pending::Upload(upload) => upload.purpose == Purpose::Create && upload.success.is_none(),
        Pending::Attempt(_) => false,
    }
}

async fn resume(
    access: &Access,
    location: &RepositoryLocation,
    locator: &Locator,
    passwords: &PasswordSource,
    is_needed: bool,
) -> Result<(), CommandError> {
    let fleet = access.fleet()?;
    let mut resumed = resume_once(&fleet, location, locator, None).await?;
    if matches!(resumed, Resumed::NeedsCredential) && is_needed {
        note("The making of this vault was interrupted. Give the password that it was begun with.");
        let credential = passwords.read()?.credential();
        resumed = resume_once(&fleet, location, locator, Some(credential)).await?;
    }
    if let Resumed::Registered(..) = resumed {
        say(made(&fleet));
    }
    Ok(())
}

async fn resume_once(
    fleet: &FleetAccess,
    location: &RepositoryLocation,
    locator: &Locator,
    credential: Option<Credential>,
) -> Result<Resumed, CommandError> {
    let resumed = fleet.client.resume(locator, credential, |locator| keep(location, locator)).await;
    resumed.map_err(|error| fleet.explain(&error))
}

fn report(summary: &BackupSummary) -> Result<(), CommandError> {
    say(in_words(summary));
    let unreadable = &summary.unreadable;
    if unreadable.count == 0 {
        return Ok(());
    }
    let shown = unreadable.first.join("\n  ");
    Err(CommandError::other(format!(
        "{} files or folders could not be read and are not in the snapshot:\n  {shown}\nMake them readable and run the \
         backup again.",
        grouped(unreadable.count)
    )))
}

fn in_words(summary: &BackupSummary) -> String {
    format!(
        "snapshot {}: {} files, {} ({} new, {} changed); {} stored in {}",
        summary.snapshot.get(..8).unwrap_or(&summary.snapshot),
        grouped(summary.files),
        bytes_in_words(summary.bytes),
        grouped(summary.files_new),
        grouped(summary.files_changed),
        bytes_in_words(summary.bytes_added),
        super::seconds(summary.ms)
    )
}
