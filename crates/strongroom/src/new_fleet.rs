//! Makes a fleet in a folder: its nodes, its pin, and an identity provider for development.
//!
//! INSECURE SIMULATION: there is no other platform yet.

use crate::error::CommandError;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use strongroom_host::{
    development_identity::{AUDIENCE, DevelopmentIdentity, ISSUER},
    founding::{FleetPlan, FoundedFleet, FoundingStep, found_fleet},
    node::AccountsConfig,
    rates::RateLimits,
};
use strongroom_trust::{Endpoint, Pin, verify_genesis_statement};

/// The pin's file in a fleet's folder.
pub const PIN_FILE: &str = "fleet.pin";
/// The development identity provider's folder in a fleet's folder.
const IDENTITY_FOLDER: &str = "identity";
/// The address that all nodes of such a fleet listen on.
const HOST: &str = "127.0.0.1";

/// A fleet to be made on this machine.
#[derive(Debug, Clone)]
pub struct NewFleet {
    /// Its folder, missing or empty.
    pub folder: PathBuf,
    /// How many nodes.
    pub nodes: u8,
    /// Guesses at a password between two successes.
    pub guesses: u8,
    /// Node N serves clients on this port + N; zero takes ports that are free.
    pub base_port: u16,
    /// How often accounts may ask.
    pub limits: RateLimits,
    /// The HSM program.
    pub hsm_program: PathBuf,
    /// Origins of pages whose scripts may ask the nodes.
    pub origins: Vec<String>,
}

impl NewFleet {
    /// Makes the fleet; `progress` hears of each step. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The folder is not empty, or the founding comes to nothing; what was made is removed again.
    pub async fn found(&self, mut progress: impl FnMut(&str) + Send) -> Result<Pin, CommandError> {
        let was_there = take_folder(&self.folder)?;
        let made = self.make(&mut progress).await;
        if made.is_err() {
            remove(&self.folder, was_there);
        }
        made
    }

    async fn make(&self, progress: &mut (impl FnMut(&str) + Send)) -> Result<Pin, CommandError> {
        DevelopmentIdentity::create(&self.folder.join(IDENTITY_FOLDER))?;
        progress("made a development identity provider");
        let founded = found_fleet(self.plan(), |step| progress(&in_words(step))).await?;
        let pin = pin_of(&founded)?;
        let path = self.folder.join(PIN_FILE);
        fs::write(&path, pin.to_string()).map_err(|error| CommandError::file(&path, "written", &error))?;
        progress(&format!("every signature verified; wrote {}", path.display()));
        Ok(pin)
    }

    fn plan(&self) -> FleetPlan {
        FleetPlan {
            dir: self.folder.clone(),
            nodes: self.nodes,
            guesses: self.guesses,
            rehearsal: false,
            base_port: self.base_port,
            host: HOST.into(),
            hsm_program: self.hsm_program.clone(),
            accounts: AccountsConfig {
                jwks: Path::new("..").join(IDENTITY_FOLDER).join("jwks.json").into(),
                issuer: ISSUER.into(),
                audience: AUDIENCE.into(),
            },
            limits: self.limits,
            checkpoint_seconds: None,
            origins: self.origins.clone(),
        }
    }
}

/// Makes a token of the development identity provider in a fleet's folder.
///
/// # Errors
/// There is none, or the account's name cannot be used.
pub fn token(folder: &Path, account: &str, lifetime: Duration) -> Result<String, CommandError> {
    let identity = DevelopmentIdentity::open(&folder.join(IDENTITY_FOLDER))?;
    Ok(identity.token(account, lifetime)?)
}

/// The folders `node-1`, `node-2` and so on in a fleet's folder, in the order of their numbers.
///
/// # Errors
/// There is none.
pub fn node_folders(folder: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let names =
        (1..=strongroom_protocol::limits::MEMBERS_MAX).map(|node| folder.join(format!("node-{node}")));
    let folders: Vec<_> =
        names.filter(|folder| folder.join(strongroom_host::node::CONFIG_FILE).is_file()).collect();
    if folders.is_empty() {
        let message = format!(
            "There is no fleet in {}. Make one with `strongroom fleet create {0}`.",
            folder.display()
        );
        return Err(CommandError::other(message));
    }
    Ok(folders)
}

/// Makes the folder, or takes an empty one; says whether it was there.
fn take_folder(folder: &Path) -> Result<bool, CommandError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(true),
            Some(_) => Err(CommandError::usage(format!(
                "{} is not empty. A fleet is made in a new folder: choose another, or remove what is in it.",
                folder.display()
            ))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(|error| CommandError::file(folder, "made", &error))?;
            Ok(false)
        }
        Err(error) => Err(CommandError::file(folder, "read", &error)),
    }
}

/// Removes what a founding that failed has made; it was in an empty folder.
fn remove(folder: &Path, was_there: bool) {
    // What stays is harmless, and the founding's own error is what the person needs to read.
    let _ = fs::remove_dir_all(folder.join(IDENTITY_FOLDER));
    let _ = fs::remove_file(folder.join(PIN_FILE));
    if !was_there {
        let _ = fs::remove_dir(folder);
    }
}

/// Believes the founding only after every member's signature was verified.
fn pin_of(founded: &FoundedFleet) -> Result<Pin, CommandError> {
    let verified = verify_genesis_statement(&founded.genesis, &founded.signatures)
        .map_err(|error| CommandError::other(format!("No fleet was made: {error}.")))?;
    let endpoint = |address: &String| format!("http://{address}").parse::<Endpoint>();
    let endpoints: Vec<_> = founded
        .addresses
        .iter()
        .map(endpoint)
        .collect::<Result<_, _>>()
        .map_err(|error| CommandError::other(format!("No fleet was made: {error}.")))?;
    Pin::from_genesis(&verified, endpoints)
        .map_err(|error| CommandError::other(format!("No fleet was made: {error}.")))
}

fn in_words(step: FoundingStep) -> String {
    match step {
        FoundingStep::Born(node) => format!("node-{node} made its identity key"),
        FoundingStep::Adopted(node) => format!("node-{node} checked the others and anchored the genesis"),
        FoundingStep::Signed(node) => {
            format!("node-{node} holds the first checkpoint and signed the genesis")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(take_folder(folder.path()), Ok(true));
        fs::write(folder.path().join("x"), "").unwrap();
        assert_eq!(take_folder(folder.path()).unwrap_err().exit().code(), 2);
        let new = folder.path().join("new");
        assert_eq!(take_folder(&new), Ok(false));
        assert!(new.is_dir());
    }

    #[test]
    fn a_folder_without_nodes_is_no_fleet() {
        let folder = tempfile::tempdir().unwrap();
        let error = node_folders(folder.path()).unwrap_err();
        assert!(error.to_string().contains("strongroom fleet create"), "{error}");
    }
}
