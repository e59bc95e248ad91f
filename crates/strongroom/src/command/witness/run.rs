//! `strongroom witness run`.

use super::WitnessFolder;
use crate::{error::CommandError, print::note, serving::ServiceOptions};
use clap::Args;
use std::net::SocketAddr;
use strongroom_auditor::service::run_witness;

const EXAMPLES: &str = "\
Examples:
  strongroom witness run witness-1
  strongroom witness run witness-1 --listen 127.0.0.1:0 --json      on a free port, which is printed

It answers C2SP tlog-witness (POST /add-checkpoint), and shows what it cosigned last and its key. What it cosigned is on the
disk before it answers; never run two copies of one folder. ^C or SIGTERM ends it in order.
Exit codes: 0 ended; 1 the address cannot be had; 2 the folder or the passphrase is wrong.";

/// Cosign the logs that are watched, until it is told to end
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct RunArguments {
    #[command(flatten)]
    witness: WitnessFolder,
    /// Where it listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7390")]
    listen: SocketAddr,
    #[command(flatten)]
    service: ServiceOptions,
}

impl RunArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let witness = self.witness.open()?;
        if witness.logs()?.is_empty() {
            note("It watches no log yet: strongroom witness watch");
        }
        let name = witness.key().name().to_string();
        self.service.serve(&name, self.listen, |listener, stop| run_witness(witness, listener, stop)).await
    }
}
