//! `strongroom auditor sign`.

use super::AuditorFolder;
use crate::{
    error::CommandError,
    files::read_at_most,
    manifests::Manifests,
    print::{json, say},
};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use strongroom_auditor::{auditor::SignedBundle, service::clock};
use strongroom_trust::{ClaimedNote, limits::NOTE_BYTES_MAX, text_digest};

const EXAMPLES: &str = "\
Examples:
  strongroom auditor sign auditor proposal.note --evidence evidence
  strongroom auditor sign auditor proposal.note --evidence https://operator.example/evidence

The proposal is checked against every rule of docs/spec/bundle.md (\"Admission\"), the manifests that it names against their
digests. Then it is signed and logged, the witnesses cosign, and only then it lies in DIR/public/to-countersign/bundle, which
goes to the operator. A proposal that was signed already is given out again.
Exit codes: 0 signed; 6 it breaks a rule; 5 too few witnesses answered, the same command goes on; 1 a manifest is missing.";

/// Sign a bundle that the operator proposed, and log it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct SignArguments {
    #[command(flatten)]
    auditor: AuditorFolder,
    /// The operator's proposal
    #[arg(value_name = "BUNDLE")]
    proposal: PathBuf,
    /// Where the manifests are that it names: a folder, a file, or a URL below which they lie by their digests
    #[arg(long, value_name = "FOLDER|URL")]
    evidence: Option<String>,
    /// Print {"epoch", "digest", "index", "size", "witnessed", "file"}
    #[arg(long)]
    json: bool,
}

/// The JSON shape.
#[derive(Debug, Serialize)]
struct SignedJson {
    epoch: u64,
    digest: String,
    index: u64,
    size: u64,
    witnessed: Vec<String>,
    file: PathBuf,
}

impl SignArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let proposal = read_at_most(&self.proposal, NOTE_BYTES_MAX)?;
        let manifests = Manifests::at(self.evidence.as_deref())?;
        let signed = self.auditor.open()?.sign(&proposal, &manifests, clock())?;
        let shown = SignedJson::of(&signed, self.auditor.folder.join("public/to-countersign/bundle"))?;
        if self.json {
            json(&shown);
            return Ok(());
        }
        say(format!("Epoch {} is signed: sha256:{}", shown.epoch, shown.digest));
        say(format!(
            "It is entry {} of {}, cosigned by {}.",
            shown.index,
            shown.size,
            shown.witnessed.join(", ")
        ));
        say(format!("{} goes to the operator: strongroom bundle countersign", shown.file.display()));
        Ok(())
    }
}

impl SignedJson {
    fn of(signed: &SignedBundle, file: PathBuf) -> Result<Self, CommandError> {
        let leaf = ClaimedNote::parse(signed.leaf.as_bytes(), NOTE_BYTES_MAX)
            .map_err(|error| CommandError::other(format!("What was signed is no note: {error}.")))?;
        Ok(Self {
            epoch: signed.epoch.0,
            digest: text_digest(leaf.text()).to_hex(),
            index: signed.index,
            size: signed.checkpoint.body().size,
            witnessed: signed.checkpoint.times().iter().map(|(name, _)| name.clone()).collect(),
            file,
        })
    }
}
