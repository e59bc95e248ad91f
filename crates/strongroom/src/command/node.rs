//! `strongroom node`: one node, the way a site runs it.

use crate::{error::CommandError, programs::HsmOptions, signals::end_when_stdin_closes};
use clap::{Args, Subcommand};
use std::{io, path::PathBuf};
use strongroom_host::node::run_node;
use tracing_subscriber::filter::LevelFilter;

const EXAMPLES: &str = "\
Example:
  strongroom node run /srv/strongroom/node-1

The folder's node.toml says where it listens and who its peers are. SIGTERM or ^C ends it in order.
It speaks plain HTTP: put your own TLS proxy in front. STRONGROOM_LOG=debug shows more.";

/// Run one node of a fleet
#[derive(Debug, Subcommand)]
pub(super) enum NodeCommand {
    Run(RunArguments),
}

/// Run one node until it is told to end
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RunArguments {
    /// The node's folder
    #[arg(value_name = "NODE_DIR")]
    folder: PathBuf,
    /// End when standard input closes, as it does when the process that started this one ends
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
    /// How much the log says: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", env = "STRONGROOM_LOG", default_value = "info")]
    log: LevelFilter,
    #[command(flatten)]
    hsm: HsmOptions,
}

impl NodeCommand {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        match self {
            Self::Run(arguments) => arguments.run().await,
        }
    }
}

impl RunArguments {
    async fn run(self) -> Result<(), CommandError> {
        tracing_subscriber::fmt().with_max_level(self.log).with_writer(io::stderr).with_ansi(false).init();
        let hsm = self.hsm.find()?;
        if self.until_stdin_closes {
            end_when_stdin_closes()?;
        }
        Ok(run_node(&self.folder, &hsm).await?)
    }
}
