//! What the story is played with: a fleet of processes, a backup, several devices.

mod attack;
mod devices;

use crate::{
    access::{open_or_create, repository_key},
    error::CommandError,
    local_fleet::{Lines, LocalFleet, Programs},
    new_fleet::{NewFleet, PIN_FILE, token},
    print::grouped,
    programs::own_program,
    progress::{Progress, bytes_in_words},
    repository::RepositoryLocation,
    sample::write_sample,
};
use devices::blocking;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use strongroom_client::{BackupKey, Locator, Pin, TrustSource as _};
use strongroom_host::rates::RateLimits;
use strongroom_trust::VerifiedFleet;

/// How long the fleet may take to be whole again.
const PATIENCE: Duration = Duration::from_secs(40);
/// Guesses that the demo's fleet allows.
const GUESSES: u8 = 10;
/// The sample history's seed.
const SAMPLE_SEED: u64 = 1;
/// How long the demo's token is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

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

/// A fleet that was made and started.
struct Running {
    fleet: LocalFleet,
    pin: Pin,
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
        let plan = NewFleet {
            folder: folder.clone(),
            nodes: self.nodes,
            guesses: GUESSES,
            base_port: 0,
            limits: RateLimits::default(),
            hsm_program: self.hsm.clone(),
        };
        let pin = plan.found(|_| {}).await?;
        let programs = Programs { own: own_program()?, hsm: self.hsm.clone() };
        let fleet = LocalFleet::open(&folder, programs, |_, node| Lines::File(node.join("log")))?;
        let token = token(&folder, "demo", TOKEN_LIFETIME)?;
        let running = self.running.insert(Running { fleet, pin, token });
        running.fleet.start()?;
        let leader = running.wait_until_whole().await?;
        Ok(format!("{} nodes made and started on 127.0.0.1, {leader} leads", in_words(self.nodes)))
    }

    /// Writes the sample history, or takes the given folder.
    pub(super) async fn prepare_source(&mut self) -> Result<String, CommandError> {
        let Some(given) = self.given else {
            let folder = self.source();
            let sample = blocking(move || Ok(write_sample(&folder, SAMPLE_SEED)?)).await?;
            return Ok(format!(
                "sample history: {} chats, {} messages, {} photos, {}",
                grouped(sample.chats),
                grouped(sample.messages),
                grouped(sample.media),
                bytes_in_words(sample.bytes)
            ));
        };
        let name = given.file_name().unwrap_or(given.as_os_str());
        Ok(format!("your folder {}, which is only read", name.to_string_lossy()))
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
        let leader = running.wait_until_whole().await?;
        let others = running.fleet.names().filter(|name| **name != leader);
        let others: Vec<_> = others.map(str::to_owned).take(one_more).collect();
        running.fleet.kill(&leader);
        others.iter().for_each(|name| running.fleet.kill(name));
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
        running.fleet.start()?;
        let leader = running.wait_until_whole().await?;
        Ok(format!("{killed} started again and caught up, {leader} leads"))
    }

    /// Kills every node at once, starts them again, and waits until they work together.
    pub(super) async fn kill_all_and_start_again(&mut self) -> Result<String, CommandError> {
        let nodes = in_words(self.nodes);
        let running = self.running()?;
        running.fleet.kill_all();
        running.fleet.start()?;
        let leader = running.wait_until_whole().await?;
        Ok(format!("all {nodes} killed at once, then started again, {leader} leads"))
    }

    /// Ends the fleet in order.
    pub(super) async fn stop(&mut self) -> Result<String, CommandError> {
        if let Some(mut running) = self.running.take() {
            blocking(move || {
                running.fleet.stop();
                Ok(())
            })
            .await?;
        }
        Ok("the nodes ended in order".into())
    }

    fn source(&self) -> PathBuf {
        self.given.map_or_else(|| self.home.join("history"), Path::to_path_buf)
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

impl Running {
    /// Waits until every node leads or follows; gives the leader's name.
    async fn wait_until_whole(&mut self) -> Result<String, CommandError> {
        let fleet: VerifiedFleet = self.pin.fleet();
        let status = self.fleet.wait_until(&fleet, PATIENCE, |status| status.is_whole()).await?;
        Ok(status.leader().map(|leader| leader.name().to_owned()).unwrap_or_default())
    }
}

fn in_words(nodes: u8) -> String {
    match nodes {
        3 => "three".into(),
        5 => "five".into(),
        7 => "seven".into(),
        9 => "nine".into(),
        other => other.to_string(),
    }
}
