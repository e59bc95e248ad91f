//! `strongroom verify log`.

mod report;

use crate::{
    error::CommandError,
    files::read_at_most,
    log_files::{FileFault, LogPlace, MeteredFiles},
    log_view::no_checkpoint,
    print::{INSECURE_SIMULATION, json, note, say},
    progress::Progress,
    trust_options::TrustOptions,
};
use clap::Args;
use std::path::{Path, PathBuf};
use strongroom_trust::{
    CheckpointBody, RootChain, counted,
    limits::CHECKPOINT_BYTES_MAX,
    log::{LogError, LogReport, verify_log},
    read_checkpoint_note,
    tile::CHECKPOINT_PATH,
};

const EXAMPLES: &str = "\
Examples:
  strongroom verify log https://auditor.example/log --trust root.note
  strongroom verify log /srv/log --trust root.note --since yesterday.checkpoint
  curl -s https://auditor.example/log/checkpoint > today.checkpoint      keep it, for --since

Every entry and tile is read, every signature verified, and the root computed anew. It prints which fleets and
keys came and went with each bundle. Memory does not grow with the log.
Exit codes: 0 all of it holds; 6 something does not; 1 the log cannot be read; 2 the trust root cannot be used.";

/// Read a public log whole, and verify every entry of it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct LogArguments {
    /// The log: its URL, or its folder
    #[arg(value_name = "URL|DIR")]
    log: String,
    /// An older checkpoint, a file: the log has to have grown out of it
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<PathBuf>,
    /// Print {"origin", "size", "root", "witnessed", "entries", "epochs", "status", "revocations", "others", "left_out"}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    trust: TrustOptions,
}

impl LogArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let chain = self.trust.chain()?;
        let since = self.since.as_deref().map(|path| older(path, &chain)).transpose()?;
        let place = LogPlace::open(&self.log)?;
        let name = place.to_string();
        let files = MeteredFiles::new(place, Progress::on_terminal(self.json).entries("verifying"));
        let verified = verify_log(&files, &chain, since.as_ref());
        let bytes = files.bytes();
        drop(files);
        let report = verified.map_err(|error| failed(&name, error))?;
        self.tell(&report, &chain, since.as_ref(), bytes);
        Ok(())
    }

    fn tell(&self, report: &LogReport, chain: &RootChain, since: Option<&CheckpointBody>, bytes: u64) {
        if self.json {
            return json(&report::LogJson::of(report));
        }
        if chain.newest().contents().is_simulation {
            note(INSECURE_SIMULATION);
        }
        report::lines(report, bytes).for_each(say);
        if let Some(since) = since {
            let entries = counted(since.size, "entry", "entries");
            say(format!("It grew out of the checkpoint of {entries}."));
        }
        say("Every entry, tile and signature holds.");
    }
}

/// An older checkpoint that bears its log's signature; who cosigned it does not matter any more.
fn older(path: &Path, chain: &RootChain) -> Result<CheckpointBody, CommandError> {
    let bytes = read_at_most(path, CHECKPOINT_BYTES_MAX)?;
    let policy = chain.policy_of_all_logs();
    let read = read_checkpoint_note(&bytes).and_then(|note| policy.verify_log(&note));
    read.map_err(|error| {
        CommandError::usage(format!(
            "{} is no checkpoint to begin with: {error}. Give one that a log of this trust root signed.",
            path.display()
        ))
    })
}

fn failed(name: &str, error: LogError<FileFault>) -> CommandError {
    match error {
        LogError::Read { path, cause } if path == CHECKPOINT_PATH => no_checkpoint(name, &cause),
        LogError::Read { path, cause: cause @ FileFault::Unreachable(_) } => CommandError::other(format!(
            "{path} of {name} cannot be had: {cause}. Nothing is said about the log by that; try again later."
        )),
        LogError::Read { path, cause } => CommandError::untrusted(format!(
            "{path} of {name} cannot be had: {cause}. The log does not show what its checkpoint counts: try again \
             in a minute; if it stays so, something is held back, so tell its auditor and the witnesses."
        )),
        error => {
            CommandError::untrusted(format!("This log is not to be believed: {error}. {}", advice(&error)))
        }
    }
}

fn advice(error: &LogError<FileFault>) -> &'static str {
    match error {
        LogError::Checkpoint(_) => {
            "Either it is not the log of this trust root, or its witnesses do not vouch for it: rely on nothing in it, \
             and ask the auditor."
        }
        LogError::OtherLog => "Give --since a checkpoint of this very log.",
        LogError::Shrunk { .. } | LogError::Forked(_) => {
            "A log only grows, so its keeper broke the rules or was broken into: keep your checkpoint, and tell the \
             witnesses and the operator (strongroom verify gossip makes the proof)."
        }
        LogError::Entries { .. } | LogError::Tile(_) | LogError::Root => {
            "Its files do not fit together: they were changed after they were signed, or are just being written. Try \
             again in a minute, and tell its auditor if it stays so."
        }
        LogError::Leaf { .. } => {
            "The auditor logged what its own rules forbid, or trust roots are missing here (--roots): tell the operator \
             and the witnesses, and keep a copy of the log."
        }
        LogError::Read { .. } => "Try again later.",
    }
}
