//! `strongroom restore`.

use super::RepoOption;
use crate::{
    access::{Access, backup_key, read_key_file, repository_key},
    credentials::CredentialOptions,
    error::CommandError,
    print::{grouped, note, say},
    progress::{Progress, bytes_in_words},
    repository::{Repository, RestoreSummary},
    settings::FleetOptions,
};
use clap::Args;
use std::path::PathBuf;
use tokio::task::block_in_place;

const EXAMPLES: &str = "\
Examples:
  strongroom restore ~/chats --repo /mnt/backup                    asks for the password on a new device
  strongroom restore ~/chats --repo /mnt/backup --snapshot 3f9a    an older snapshot
  strongroom restore ~/chats --repo /mnt/backup --recovery-code    asks for the recovery code instead
  strongroom restore ~/chats --repo /mnt/backup --key-file key     with the 64-digit key, without the fleet

Nothing is overwritten: TARGET_DIR must be missing or empty. Each wrong password costs one guess;
a wrong recovery code costs none.";

/// Put a backed-up tree under a folder
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RestoreArguments {
    /// The folder to restore into, missing or empty
    #[arg(value_name = "TARGET_DIR")]
    target: PathBuf,
    #[command(flatten)]
    repo: RepoOption,
    /// The snapshot: its id or the beginning of it; without it, the latest
    #[arg(long, value_name = "ID")]
    snapshot: Option<String>,
    /// A file with the 64-digit key, in place of a password
    #[arg(long, value_name = "F", conflicts_with_all = ["password_file", "password_stdin", "recovery_code", "recovery_code_file"])]
    key_file: Option<PathBuf>,
    #[command(flatten)]
    credential: CredentialOptions,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl RestoreArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        check_target(&self.target)?;
        let key = match &self.key_file {
            Some(path) => read_key_file(path)?,
            None => backup_key(&Access::open(&self.fleet)?, &location, &self.credential).await?,
        };
        let summary = block_in_place(|| {
            let repository = Repository::open(&location, &repository_key(&key)?)?;
            let progress = Progress::on_terminal(false);
            Ok::<_, CommandError>(repository.restore(self.snapshot.as_deref(), &self.target, &progress)?)
        })?;
        report(&summary);
        Ok(())
    }
}

/// A target that cannot be used is found before a guess is spent.
fn check_target(target: &PathBuf) -> Result<(), CommandError> {
    match std::fs::read_dir(target).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(crate::repository::RepositoryError::TargetNotEmpty { path: target.clone() }.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CommandError::file(target, "restored into", &error)),
    }
}

fn report(summary: &RestoreSummary) {
    say(format!(
        "restored snapshot {}: {} files, {} in {}",
        summary.snapshot.get(..8).unwrap_or(&summary.snapshot),
        grouped(summary.files),
        bytes_in_words(summary.bytes),
        super::seconds(summary.ms)
    ));
    if summary.special > 0 {
        note(format!("{} devices, pipes and sockets were left out.", grouped(summary.special)));
    }
}
