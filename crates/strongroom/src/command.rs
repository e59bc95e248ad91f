//! The commands, one file each.

mod auditor;
mod backup;
mod bench;
mod bundle;
mod completions;
mod demo;
mod fleet;
mod key;
mod node;
mod restore;
mod snapshots;
#[cfg(test)]
mod tests;
mod trust;
mod vault;
mod verify;
mod witness;

use crate::{error::CommandError, repository::RepositoryLocation};
use clap::{Args, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  strongroom demo                                   the whole story on this machine
  strongroom backup ~/chats --repo /mnt/backup      back a folder up
  strongroom restore ~/chats --repo /mnt/backup     get it back, on any device

Exit codes: 0 done; 2 usage; 3 wrong password; 4 slot or vault erased; 5 no majority reachable;
6 the fleet is not the trusted one; 7 the backup is damaged or missing; 8 not authorised; 1 anything else.";

/// Backups whose key only their owner gets back.
///
/// The backup is encrypted end to end. Its key lies in a fleet of hardware security modules, which
/// gives it back for the right password, and destroys it after a few wrong ones.
#[derive(Debug, Parser)]
#[command(name = "strongroom", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArguments),
    #[command(subcommand)]
    Fleet(fleet::FleetCommand),
    #[command(subcommand)]
    Node(node::NodeCommand),
    Backup(backup::BackupArguments),
    Restore(restore::RestoreArguments),
    Snapshots(snapshots::SnapshotsArguments),
    #[command(subcommand)]
    Vault(vault::VaultCommand),
    Key(key::KeyArguments),
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    #[command(subcommand)]
    Bundle(bundle::BundleCommand),
    #[command(subcommand)]
    Verify(verify::VerifyCommand),
    #[command(subcommand)]
    Auditor(auditor::AuditorCommand),
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
    Bench(bench::BenchArguments),
    Completions(completions::CompletionsArguments),
}

impl Arguments {
    /// Does what the arguments say.
    ///
    /// # Errors
    /// Whatever keeps it from being done, in words and with its exit code.
    pub async fn run(self) -> Result<(), CommandError> {
        match self.command {
            Command::Demo(arguments) => arguments.run().await,
            Command::Fleet(command) => command.run().await,
            Command::Node(command) => command.run().await,
            Command::Backup(arguments) => arguments.run().await,
            Command::Restore(arguments) => arguments.run().await,
            Command::Snapshots(arguments) => arguments.run().await,
            Command::Vault(command) => command.run().await,
            Command::Key(arguments) => arguments.run().await,
            Command::Trust(command) => command.run(),
            Command::Bundle(command) => command.run(),
            Command::Verify(command) => command.run(),
            Command::Auditor(command) => command.run().await,
            Command::Witness(command) => command.run().await,
            Command::Bench(arguments) => arguments.run().await,
            Command::Completions(arguments) => arguments.run(),
        }
    }
}

/// Reads how many nodes a fleet is to have.
fn node_count(text: &str) -> Result<u8, String> {
    match text.parse() {
        Ok(count @ (3 | 5 | 7 | 9)) => Ok(count),
        _ => Err("a fleet has 3, 5, 7 or 9 nodes".into()),
    }
}

/// The repository that a command works on.
#[derive(Debug, Clone, Args)]
struct RepoOption {
    /// Where the backup stands: a folder, or opendal:SERVICE?OPTION=VALUE for an object store
    #[arg(long, value_name = "REPO")]
    repo: String,
}

impl RepoOption {
    fn location(&self) -> Result<RepositoryLocation, CommandError> {
        Ok(RepositoryLocation::parse(&self.repo)?)
    }
}

/// A time as the commands show it: `1.3 s`.
fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}
