//! `strongroom demo`: the whole story on this machine.

mod narrator;
mod ota;
mod running_fleet;
mod source;
mod stage;

use crate::{
    error::CommandError,
    print::{INSECURE_SIMULATION, say},
    programs::HsmOptions,
    signals::interrupted,
};
use clap::Args;
use narrator::Narrator;
use ota::{Impostor, Scene};
use stage::Stage;
use std::{
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long what was made is tried to be removed while its last users end.
const REMOVE_PATIENCE: Duration = Duration::from_secs(5);

/// How many nodes the fleet has.
const NODES: u8 = 5;
/// How many nodes each of two fleets has.
const OTA_NODES: u8 = 3;

const EXAMPLES: &str = "\
Examples:
  strongroom demo                  with a made-up message history
  strongroom demo ~/Pictures       with a folder of your own, which is only read
  strongroom demo --json
  strongroom demo --ota                     a fleet that the device never heard of: auditor, witnesses, a successor
  strongroom demo --ota --impostor auditor  somebody stands in for the auditor, with keys of their own

It needs room for three copies of the folder in the temporary folder (TMPDIR), and leaves nothing behind.
Exit codes: 0 every step held; 6 with --impostor, whom the device does not believe.";

/// Live the whole story on this machine: back up, lose nodes, restore, guess wrong
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DemoArguments {
    /// The folder to back up; without it, a made-up message history
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// How many nodes: 3, 5, 7 or 9 [default: 5, and 3 with --ota, which has two fleets]
    #[arg(long, value_name = "N", value_parser = super::node_count)]
    nodes: Option<u8>,
    /// Begin with nothing but a trust root: auditor, two witnesses and operator are processes of their own
    #[arg(long)]
    ota: bool,
    /// With --ota, who is an impostor with keys of its own
    #[arg(long, value_name = "WHO", requires = "ota")]
    impostor: Option<Impostor>,
    /// Print {"ok", "steps": [{"name", "ok", "ms"}]} in place of the story
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hsm: HsmOptions,
}

impl DemoArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let mut interruption = pin!(interrupted());
        let hsm = self.hsm.find()?;
        if let Some(folder) = &self.folder {
            std::fs::read_dir(folder).map_err(|error| CommandError::file(folder, "backed up", &error))?;
        }
        let begun = Instant::now();
        let home = TempDir::with_prefix("strongroom-demo-")
            .map_err(|error| CommandError::file(&std::env::temp_dir(), "written", &error))?;
        let mut narrator = Narrator::new(!self.json);
        narrator.say(format!("{INSECURE_SIMULATION}\n"));
        let ended = tokio::select! {
            told = self.tell(home.path(), hsm, &mut narrator) => told,
            () = &mut interruption => Err(CommandError::other("Interrupted.")),
        };
        let ended = ended.and(remove(home).await);
        narrator.finish(ended.is_ok());
        if ended.is_ok() && !self.json {
            let total = begun.elapsed().as_secs();
            say(format!("\nEvery step held. Total {total} s. Nothing of it is left on this machine."));
        }
        ended
    }

    /// Whatever runs is gone when this ends, however it ends.
    async fn tell(&self, home: &Path, hsm: PathBuf, narrator: &mut Narrator) -> Result<(), CommandError> {
        let given = self.folder.as_deref();
        if self.ota {
            let nodes = self.nodes.unwrap_or(OTA_NODES);
            return Scene::new(home, given, nodes, hsm, self.impostor)?.tell(narrator).await;
        }
        story(&mut Stage::new(home, given, self.nodes.unwrap_or(NODES), hsm), narrator).await
    }
}

/// The story, step by step; the first step that does not hold ends it.
async fn story(stage: &mut Stage<'_>, narrator: &mut Narrator) -> Result<(), CommandError> {
    narrator.step("start", stage.start()).await?;
    narrator.step("sample", stage.prepare_source()).await?;
    narrator.step("register", stage.register()).await?;
    narrator.step("backup", stage.back_up()).await?;
    narrator.step("kill-leader", stage.kill_leader_and_one_more()).await?;
    narrator.step("restore", stage.restore_on("second device")).await?;
    narrator.step("heal", stage.start_again()).await?;
    narrator.step("kill-all", stage.kill_all_and_start_again()).await?;
    narrator.step("restore-again", stage.restore_on("third device")).await?;
    narrator.step("wrong-passwords", stage.guess_wrong()).await?;
    narrator.step("right-password-refused", stage.try_the_right_password()).await?;
    narrator.step("stop", stage.stop()).await
}

/// Removes all that the demo made. What a last writer still puts there is removed with it.
async fn remove(home: TempDir) -> Result<(), CommandError> {
    let (path, begun) = (home.keep(), Instant::now());
    loop {
        match std::fs::remove_dir_all(&path) {
            Err(error) if is_there(&path) && begun.elapsed() > REMOVE_PATIENCE => {
                return Err(CommandError::file(&path, "removed", &error));
            }
            Err(_) if is_there(&path) => tokio::time::sleep(Duration::from_millis(50)).await,
            Ok(()) | Err(_) => return Ok(()),
        }
    }
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
