//! What the story is played with: a fleet of processes, a backup, several devices.

mod attack;
mod devices;

use super::{
    running_fleet::RunningFleet,
    source::{prepare_source, source_folder},
};
use crate::{
    access::{open_or_create, repository_key},
    error::CommandError,
    new_fleet::{PIN_FILE, token},
    print::grouped,
    progress::{Progress, bytes_in_words},
    repository::RepositoryLocation,
};
pub(super) use devices::blocking;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use strongroom_client::{BackupKey, Locator};

/// Guesses that the demo's fleet allows.
pub(super) const GUESSES: u8 = 10;
/// The sample history's seed.
pub(super) const SAMPLE_SEED: u64 = 1;
/// How long the demo's token is good for.
pub(super) const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

/// What the story is played with. Dropping it kills the fleet's processes.
pub(super) struct Stage<'a> {
    home: &'a Path,
    given: Option<&'a Path>,
    nodes: u8,
    hsm: PathBuf,
    running: Option<Running>,
    killed: Vec<String>,
    vault: Option<(Locator, BackupKey)>,
}

/// The fleet, and who may ask it.
struct Running {
    fleet: RunningFleet,
    token: String,
}

impl<'a> Stage<'a> {
    /// Sets the stage in the folder `home`; nothing is made yet.
    pub(super) fn new(home: &'a Path, given: Option<&'a Path>, nodes: u8, hsm: PathBuf) -> Self {
        Self { home, given, nodes, hsm, running: None, killed: Vec::new(), vault: None }
    }

    /// Makes a fleet and starts its nodes.
    pub(super) async fn start(&mut self) -> Result<String, CommandError> {
        let folder = self.home.join("fleet");
        let fleet = RunningFleet::found(&folder, self.nodes, &self.hsm).await?;
        let token = token(&folder, "demo", TOKEN_LIFETIME)?;
        let running = self.running.insert(Running { fleet, token });
        let leader = running.fleet.start().await?;
        Ok(format!("{} nodes made and started on 127.0.0.1, {leader} leads", in_words(self.nodes)))
    }

    /// Writes the sample history, or takes the given folder.
    pub(super) async fn prepare_source(&mut self) -> Result<String, CommandError> {
        prepare_source(self.given, self.home).await
    }

    /// Makes the vault, from the first device.
    pub(super) async fn register(&mut self) -> Result<String, CommandError> {
        let device = self.device("first device")?;
        let made = device.register(&self.repository(), &devices::right_password()).await?;
        self.vault = Some(made);
        Ok("vault registered with a password, confirmed by one recovery".into())
    }

    /// Backs the source up.
    pub(super) async fn back_up(&mut self) -> Result<String, CommandError> {
        let (_, key) = self.vault()?;
        let (location, key, source) = (self.repository(), repository_key(key)?, self.source());
        let summary =
            blocking(move || Ok(open_or_create(&location, &key)?.backup(&source, &Progress::silent())?))
                .await?;
        if let Some(first) = summary.unreadable.first.first() {
            let message = format!("Not everything could be read: {first}. Give a folder that you may read.");
            return Err(CommandError::other(message));
        }
        Ok(format!(
            "backed up: {} files, {}, {} stored",
            grouped(summary.files),
            bytes_in_words(summary.bytes),
            bytes_in_words(summary.bytes_added)
        ))
    }

    /// Kills the leader and, where a majority stays, one more node.
    pub(super) async fn kill_leader_and_one_more(&mut self) -> Result<String, CommandError> {
        let one_more = usize::from(self.nodes > 3);
        let running = self.running()?;
        let leader = running.fleet.wait_until_whole().await?;
        let others = running.fleet.processes.names().filter(|name| **name != leader);
        let others: Vec<_> = others.map(str::to_owned).take(one_more).collect();
        running.fleet.processes.kill(&leader);
        others.iter().for_each(|name| running.fleet.processes.kill(name));
        let words = match others.first() {
            Some(other) => format!("killed {leader} (the leader) and {other}"),
            None => format!("killed {leader} (the leader)"),
        };
        self.killed = [vec![leader], others].concat();
        Ok(words)
    }

    /// Starts the killed nodes again, and waits until they have caught up.
    pub(super) async fn start_again(&mut self) -> Result<String, CommandError> {
        let killed = std::mem::take(&mut self.killed).join(" and ");
        let running = self.running()?;
        let leader = running.fleet.start().await?;
        Ok(format!("{killed} started again and caught up, {leader} leads"))
    }

    /// Kills every node at once, starts them again, and waits until they work together.
    pub(super) async fn kill_all_and_start_again(&mut self) -> Result<String, CommandError> {
        let nodes = in_words(self.nodes);
        let running = self.running()?;
        running.fleet.processes.kill_all();
        let leader = running.fleet.start().await?;
        Ok(format!("all {nodes} killed at once, then started again, {leader} leads"))
    }

    /// Ends the fleet in order.
    pub(super) async fn stop(&mut self) -> Result<String, CommandError> {
        if let Some(mut running) = self.running.take() {
            blocking(move || {
                running.fleet.processes.stop();
                Ok(())
            })
            .await?;
        }
        Ok("the nodes ended in order".into())
    }

    fn source(&self) -> PathBuf {
        source_folder(self.given, self.home)
    }

    fn repository(&self) -> RepositoryLocation {
        RepositoryLocation::folder(self.home.join("backup"))
    }

    fn pin_path(&self) -> PathBuf {
        self.home.join("fleet").join(PIN_FILE)
    }

    fn running(&mut self) -> Result<&mut Running, CommandError> {
        self.running.as_mut().ok_or_else(|| CommandError::other("The fleet was not started."))
    }

    fn vault(&self) -> Result<&(Locator, BackupKey), CommandError> {
        self.vault.as_ref().ok_or_else(|| CommandError::other("No vault was made."))
    }
}

/// A fleet's size in words.
pub(super) fn in_words(nodes: u8) -> String {
    match nodes {
        3 => "three".into(),
        5 => "five".into(),
        7 => "seven".into(),
        9 => "nine".into(),
        other => other.to_string(),
    }
}
