//! `strongroom snapshots`.

use super::RepoOption;
use crate::{
    access::{Access, backup_key, repository_key},
    credentials::CredentialOptions,
    error::CommandError,
    print::{grouped, json, say},
    progress::bytes_in_words,
    repository::{Repository, SnapshotSummary},
    settings::FleetOptions,
};
use clap::Args;
use tokio::task::block_in_place;

const EXAMPLES: &str = "\
Examples:
  strongroom snapshots --repo /mnt/backup
  strongroom snapshots --repo /mnt/backup --json | jq -r '.[-1].id'";

/// List the snapshots of a backup, the oldest first
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SnapshotsArguments {
    #[command(flatten)]
    repo: RepoOption,
    /// Print [{"id", "time", "host", "paths", "files", "bytes"}]
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    credential: CredentialOptions,
    #[command(flatten)]
    fleet: FleetOptions,
}

impl SnapshotsArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let location = self.repo.location()?;
        let key = backup_key(&Access::open(&self.fleet)?, &location, &self.credential).await?;
        let snapshots = block_in_place(|| {
            Ok::<_, CommandError>(Repository::open(&location, &repository_key(&key)?)?.snapshots()?)
        })?;
        if self.json {
            json(&snapshots);
        } else {
            snapshots.iter().for_each(|snapshot| say(line(snapshot)));
        }
        Ok(())
    }
}

fn line(snapshot: &SnapshotSummary) -> String {
    let files = snapshot.files.map_or_else(String::new, |files| format!("  {} files", grouped(files)));
    let bytes = snapshot.bytes.map_or_else(String::new, |bytes| format!("  {}", bytes_in_words(bytes)));
    format!(
        "{}  {}  {}{files}{bytes}  {}",
        snapshot.id.get(..8).unwrap_or(&snapshot.id),
        snapshot.time,
        snapshot.host.escape_debug(),
        snapshot.paths.join(", ").escape_debug()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> SnapshotSummary {
        SnapshotSummary {
            id: "3f".repeat(32),
            time: "2026-11-21T10:00:00Z".into(),
            host: "phone".into(),
            paths: vec!["/home/me/chats".into()],
            files: Some(12_480),
            bytes: Some(38_000_000),
        }
    }

    #[test]
    fn a_snapshot_is_one_line() {
        let expected = "3f3f3f3f  2026-11-21T10:00:00Z  phone  12,480 files  38 MB  /home/me/chats";
        assert_eq!(line(&snapshot()), expected);
    }

    #[test]
    fn its_json_shape_stands() {
        let text = serde_json::to_string(&snapshot()).unwrap();
        let rest = r#""time":"2026-11-21T10:00:00Z","host":"phone","paths":["/home/me/chats"],"files":12480,"bytes":38000000}"#;
        assert_eq!(text, format!(r#"{{"id":"{}",{rest}"#, "3f".repeat(32)));
    }
}
