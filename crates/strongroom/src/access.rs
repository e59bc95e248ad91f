//! The way from what the person gave to a vault: pin or trust root, account, device, locator.

use crate::{
    credentials::{CredentialOptions, CredentialSource},
    doubts::{confirmed, tell_warnings},
    error::{CommandError, explain},
    exit::Exit,
    password::Password,
    print::{note, short},
    repository::{Repository, RepositoryError, RepositoryKey, RepositoryLocation},
    settings::{FleetOptions, Settings, read_bounded},
    trust_options::read_root,
};
use std::{
    io,
    path::{Path, PathBuf},
};
use strongroom_client::{
    BackupKey, Builder, Client, ClientError, Confirmation, DeviceFolder, Locator, OverTheAir, Pin, Recovered,
    trust::Wanted,
};
use strongroom_trust::{VerifiedFleet, counted, limits::PIN_BYTES_MAX};

/// Bytes of a token's file at most.
const TOKEN_FILE_BYTES_MAX: u64 = 16 * 1024;

/// A device, and the fleet that it is told to trust.
pub struct Access {
    settings: Settings,
    device: DeviceFolder,
}

/// A client with the words for its errors.
pub struct FleetAccess {
    /// The client.
    pub client: Client,
    trust: PathBuf,
    insists: bool,
}

impl Access {
    /// Opens the device's folder; the fleet is opened where it is needed.
    ///
    /// # Errors
    /// The settings are wrong, or the folder cannot be made.
    pub fn open(options: &FleetOptions) -> Result<Self, CommandError> {
        let settings = Settings::read(options)?;
        let device = DeviceFolder::open(&settings.state_dir)?;
        Ok(Self { settings, device })
    }

    /// The device's own folder.
    #[must_use]
    pub fn device(&self) -> &DeviceFolder {
        &self.device
    }

    /// Whether fleets are trusted over the air, so that they come and go.
    #[must_use]
    pub fn is_over_the_air(&self) -> bool {
        self.settings.trust.is_some()
    }

    /// Opens the way to the fleet. Nothing is sent.
    ///
    /// # Errors
    /// Neither pin nor trust root was given, or one of them or the token cannot be used.
    pub fn fleet(&self) -> Result<FleetAccess, CommandError> {
        let (builder, trust) = self.trusting()?;
        let mut builder = builder.endpoints(&self.settings.endpoints).device(self.device.clone());
        if let Some(token) = &self.settings.token_file {
            builder = builder.token(read_token(token)?);
        }
        Ok(FleetAccess { client: builder.build()?, trust, insists: self.settings.insist })
    }

    fn trusting(&self) -> Result<(Builder, PathBuf), CommandError> {
        let Settings { fleet, trust, audit_log, .. } = &self.settings;
        if let Some(path) = trust {
            let mut trust = OverTheAir::new(read_root(path)?);
            if let Some(log) = audit_log {
                trust = trust.log(log.clone());
            }
            return Ok((Client::builder().trust(trust), path.clone()));
        }
        let nowhere = "No fleet to trust was named. Give its pin by --fleet PIN, or a trust root by --trust ROOT, by \
                       STRONGROOM_FLEET or STRONGROOM_TRUST, or the configuration file. It is never taken from the \
                       backup's storage, which nobody trusts.";
        let path = fleet.clone().ok_or_else(|| CommandError::usage(nowhere))?;
        Ok((Client::builder().trust(&read_pin(&path)?), path))
    }
}

/// Reads a pin's file.
///
/// # Errors
/// It cannot be read, or is no pin.
pub fn read_pin(path: &Path) -> Result<Pin, CommandError> {
    let bytes_max = u64::try_from(PIN_BYTES_MAX).unwrap_or(u64::MAX);
    let text = read_bounded(path, bytes_max).map_err(|error| {
        CommandError::usage(format!("The pin {} cannot be read: {error}.", path.display()))
    })?;
    text.parse().map_err(|error| CommandError::usage(format!("{}: {error}.", path.display())))
}

fn read_token(path: &Path) -> Result<String, CommandError> {
    let text = read_bounded(path, TOKEN_FILE_BYTES_MAX).map_err(|error| {
        CommandError::usage(format!("The token {} cannot be read: {error}.", path.display()))
    })?;
    Ok(text.trim().to_owned())
}

impl FleetAccess {
    /// Puts a client together with the file that its pin or trust root came from.
    #[must_use]
    pub fn new(client: Client, trust: PathBuf) -> Self {
        Self { client, trust, insists: false }
    }

    /// The fleet that is trusted; none while a trust root has led to none yet.
    #[must_use]
    pub fn fleet(&self) -> Option<VerifiedFleet> {
        self.client.fleet()
    }

    /// Comes to believe a fleet for a purpose, and asks the person where something has to be asked first.
    ///
    /// # Errors
    /// What the client says, in words.
    pub async fn believe(&self, wanted: Wanted) -> Result<(), CommandError> {
        loop {
            match self.client.believe(wanted).await {
                Ok(trusted) => {
                    tell_warnings(&trusted);
                    return Ok(());
                }
                Err(ClientError::Unconfirmed(questions)) if confirmed(&questions, self.insists) => {
                    self.client.insist(*questions);
                }
                Err(error) => return Err(self.explain(&error)),
            }
        }
    }

    /// The fleet in a few words: `4f2a…91c0 (5 nodes, 10 guesses)`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.fleet() {
            Some(fleet) => {
                let guesses = counted(fleet.guesses().into(), "guess", "guesses");
                format!("{} ({} nodes, {guesses})", short(fleet.id()), fleet.members())
            }
            None => "not known yet".into(),
        }
    }

    /// Puts an error of the client into words.
    #[must_use]
    pub fn explain(&self, error: &ClientError) -> CommandError {
        explain(error, self.fleet().as_ref(), &self.trust)
    }

    /// Makes a vault; the locator is put beside the backup before anything is sent.
    ///
    /// # Errors
    /// What the client says, in words.
    pub async fn register(
        &self,
        location: &RepositoryLocation,
        password: &Password,
    ) -> Result<(Locator, BackupKey), CommandError> {
        let made =
            self.client.register_keeping(password.credential(), |locator| keep(location, locator)).await;
        made.map_err(|error| self.explain(&error))
    }

    /// Gets the backup key back by password or recovery code. A person at a terminal who mistyped is asked again.
    ///
    /// # Errors
    /// What the client says, in words.
    pub async fn recover(
        &self,
        locator: &Locator,
        source: &CredentialSource,
    ) -> Result<Recovered, CommandError> {
        self.believe(Wanted::Vault(locator.fleet())).await?;
        loop {
            match self.client.recover(locator, source.read()?).await {
                Ok(recovered) => return Ok(recovered),
                Err(
                    error @ (ClientError::WrongPassword { left: 1.., .. } | ClientError::WrongRecoveryCode),
                ) if source.can_ask_again() => note(self.explain(&error).to_string()),
                Err(error) => return Err(self.explain(&error)),
            }
        }
    }
}

/// Reads the locator beside a backup.
///
/// # Errors
/// The storage cannot be read, or what lies there is no locator.
pub fn locator_at(location: &RepositoryLocation) -> Result<Option<Locator>, CommandError> {
    match location.read_locator()? {
        Some(bytes) => Ok(Some(Locator::from_bytes(&bytes)?)),
        None => Ok(None),
    }
}

/// Reads the locator that must lie beside a backup.
///
/// # Errors
/// As [`locator_at`], or there is none.
pub fn locator_beside(location: &RepositoryLocation) -> Result<Locator, CommandError> {
    locator_at(location)?.ok_or_else(|| no_locator(location))
}

/// Says that a backup has no locator.
#[must_use]
pub fn no_locator(location: &RepositoryLocation) -> CommandError {
    let message = format!(
        "There is no strongroom.json beside {location}, which says where its key is kept. Check the path, or whether \
         the disk is connected; or give the 64-digit key to `strongroom restore --key-file F`."
    );
    CommandError::new(Exit::Damaged, message)
}

/// Puts the locator beside the backup, in the client's terms.
///
/// # Errors
/// What the storage refuses.
pub fn keep(location: &RepositoryLocation, locator: &Locator) -> io::Result<()> {
    location.write_locator(locator.to_json().as_bytes()).map_err(io::Error::other)
}

/// The backup key of a vault: this device's own where it holds it and nothing else is given, else by password or recovery code.
///
/// # Errors
/// The device's state, the fleet or what the person gave fails, in words.
pub async fn backup_key(
    access: &Access,
    location: &RepositoryLocation,
    credentials: &CredentialOptions,
) -> Result<BackupKey, CommandError> {
    let locator = locator_beside(location)?;
    if !credentials.is_given()
        && let Some(key) = access.device().load_key(locator.vault())?
    {
        return Ok(key);
    }
    let recovered = access.fleet()?.recover(&locator, &credentials.source()).await?;
    tell_of_guesses(&recovered, location);
    Ok(recovered.key)
}

/// Says whether somebody else guessed, and whether the guesses are full again.
pub fn tell_of_guesses(recovered: &Recovered, location: &RepositoryLocation) {
    if let Some(text) = guesses_in_words(recovered.failed, recovered.failed_elsewhere, location) {
        note(text);
    }
    if recovered.confirmation == Confirmation::Undelivered {
        note("The fleet has not yet acknowledged this success; the next command tells it again.");
    }
}

fn guesses_in_words(failed: u32, elsewhere: u32, location: &RepositoryLocation) -> Option<String> {
    if failed == 0 {
        return None;
    }
    let guesses = if failed == 1 {
        "1 wrong guess was made".into()
    } else {
        format!("{failed} wrong guesses were made")
    };
    if elsewhere == 0 {
        return Some(format!("Since the vault was last opened, {guesses}, all on this device."));
    }
    Some(format!(
        "Since the vault was last opened, {guesses} ({elsewhere} of them not on this device). If that was not you, \
         change the password: strongroom vault change-password --repo {location}"
    ))
}

/// Derives what opens the repository.
///
/// # Errors
/// Never for a key that the client made; the repository's own check is kept all the same.
pub fn repository_key(key: &BackupKey) -> Result<RepositoryKey, CommandError> {
    RepositoryKey::from_hex(key.repository_key_hex())
        .map_err(|error| CommandError::other(format!("The repository key cannot be used: {error}.")))
}

/// Opens the repository, or makes it where nothing stands yet.
///
/// # Errors
/// See [`RepositoryError`].
pub fn open_or_create(
    location: &RepositoryLocation,
    key: &RepositoryKey,
) -> Result<Repository, RepositoryError> {
    match Repository::open(location, key) {
        Err(RepositoryError::Missing { .. }) => Repository::create(location, key),
        other => other,
    }
}

/// Reads a 64-digit key from a file.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn read_key_file(path: &Path) -> Result<BackupKey, CommandError> {
    let text = read_bounded(path, 1024).map_err(|error| CommandError::file(path, "read", &error))?;
    Ok(BackupKey::from_digits(&zeroize::Zeroizing::new(text))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_of_others_are_told_and_none_are_not() {
        let location = RepositoryLocation::folder("/mnt/backup");
        assert_eq!(guesses_in_words(0, 0, &location), None);
        let own = guesses_in_words(1, 0, &location).unwrap();
        assert_eq!(own, "Since the vault was last opened, 1 wrong guess was made, all on this device.");
        let others = guesses_in_words(3, 2, &location).unwrap();
        assert!(others.contains("3 wrong guesses were made (2 of them not on this device)"), "{others}");
        assert!(others.ends_with("strongroom vault change-password --repo /mnt/backup"), "{others}");
    }

    #[test]
    fn a_pin_that_is_none_is_a_usage_error() {
        assert_eq!(read_pin(Path::new("/nowhere/fleet.pin")).unwrap_err().exit(), Exit::Usage);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "version 2\n").unwrap();
        let error = read_pin(file.path()).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains("only version 1 is known"), "{error}");
    }
}
