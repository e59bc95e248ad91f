//! `strongroom auditor run`.

use super::AuditorFolder;
use crate::{error::CommandError, serving::ServiceOptions};
use clap::Args;
use std::{net::SocketAddr, sync::Arc};
use strongroom_auditor::{auditor::auditor_keys, service::run_auditor};

const EXAMPLES: &str = "\
Examples:
  strongroom auditor run auditor
  strongroom auditor run auditor --listen 127.0.0.1:0 --json        on a free port, which is printed

It serves the log, the delivery unit and the log page, takes what the operator counter-signed (POST /notes), signs the weekly
status and has the log cosigned anew every day. Signing bundles, revoking and adopting are commands of their own, on the same
folder, while it runs. ^C or SIGTERM ends it in order. docs/spec/auditor.md tells every path.
Exit codes: 0 ended; 1 the address cannot be had; 2 the folder or the passphrase is wrong.";

/// Serve the log and do what is due, until it is told to end
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct RunArguments {
    #[command(flatten)]
    auditor: AuditorFolder,
    /// Where it listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7380")]
    listen: SocketAddr,
    #[command(flatten)]
    service: ServiceOptions,
}

impl RunArguments {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let auditor = Arc::new(self.auditor.open()?);
        let name = auditor_keys(&self.auditor.folder)?.log.name().to_string();
        self.service.serve(&name, self.listen, |listener, stop| run_auditor(auditor, listener, stop)).await
    }
}
