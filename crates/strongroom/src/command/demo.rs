//! `strongroom demo`: the whole story on this machine.

mod narrator;
mod stage;

use crate::{
    error::CommandError,
    print::{INSECURE_SIMULATION, say},
    programs::HsmOptions,
    signals::interrupted,
};
use clap::Args;
use narrator::Narrator;
use stage::Stage;
use std::{
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long what was made is tried to be removed while its last users end.
const REMOVE_PATIENCE: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  strongroom demo                  with a made-up message history
  strongroom demo ~/Pictures       with a folder of your own, which is only read
  strongroom demo --json

It needs room for three copies of the folder in the temporary folder (TMPDIR), and leaves nothing behind.
Exit code 0: every step held.";

/// Live the whole story on this machine: back up, lose nodes, restore, guess wrong
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DemoArguments {
    /// The folder to back up; without it, a made-up message history
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// How many nodes: 3, 5, 7 or 9
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = super::node_count)]
    nodes: u8,
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
        let ended = {
            let mut stage = Stage::new(home.path(), self.folder.as_deref(), self.nodes, hsm);
            tokio::select! {
                told = story(&mut stage, &mut narrator) => told,
                () = &mut interruption => Err(CommandError::other("Interrupted.")),
            }
        };
        let ended = ended.and(remove(home).await);
        narrator.finish(ended.is_ok());
        if ended.is_ok() && !self.json {
            let total = begun.elapsed().as_secs();
            say(format!("\nEvery step held. Total {total} s. Nothing of it is left on this machine."));
        }
        ended
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
