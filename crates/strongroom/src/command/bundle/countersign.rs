//! `strongroom bundle countersign`.

mod status;

use crate::{
    error::CommandError,
    files::{create, read_at_most},
    note_text::NoteText,
    print::say,
    secret_keys::{NoteSigner, PassphraseOptions},
    trust_options::{TrustOptions, now},
};
use clap::Args;
use std::path::{Path, PathBuf};
use strongroom_trust::{
    BundleBody, ClaimedNote, CountersignedNote, NoteKey, StatusBody, TrustRoot, body::Body,
    limits::NOTE_BYTES_MAX,
};

const EXAMPLES: &str = "\
Examples:
  strongroom bundle countersign signed.note --trust root.note --key operator/bundle.key \\
    --proposal proposal.note --out bundle.note
  strongroom bundle countersign signed-status.note --trust root.note --key operator/status.key \\
    --bundle bundle.note --previous status-30.note --out status-31.note

A bundle is counter-signed only if it is the operator's own proposal, byte for byte. A status note is only if it names the
newest bundle that both signed (--bundle), follows the status before (--previous; none for the first), and leaves out no
revocation that the operator knows (--revocation). What comes out goes back to the auditor, who makes the delivery unit.
Exit codes: 0 written; 6 the auditor did not sign it, or it is not what was proposed; 2 usage.";

/// Put the operator's signature under what the auditor signed: a bundle or a status note
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct CountersignArguments {
    /// What the auditor signed, as it came back
    #[arg(value_name = "NOTE")]
    note: PathBuf,
    /// For a bundle: the proposal that it was
    #[arg(long, value_name = "FILE")]
    proposal: Option<PathBuf>,
    /// For a status: the newest bundle that both signed
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// For a status: the status before, counter-signed
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// For a status: a revocation that it has to name; can be given again
    #[arg(long = "revocation", value_name = "FILE")]
    revocations: Vec<PathBuf>,
    /// The operator's bundle key or status key, a file
    #[arg(long, value_name = "KEY_FILE")]
    key: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    trust: TrustOptions,
    #[command(flatten)]
    passphrase: PassphraseOptions,
}

impl CountersignArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let chain = self.trust.chain()?;
        let root = chain.newest();
        let bytes = read_at_most(&self.note, NOTE_BYTES_MAX)?;
        let text = NoteText::read(&bytes).map_err(|error| not_signed(&self.note, &error.to_string()))?;
        let keys = root.contents();
        let (own, auditors) = match text.header() {
            BundleBody::HEADER => {
                self.check_bundle(&text, root)?;
                (&keys.operator.bundle, &keys.auditor.bundle)
            }
            StatusBody::HEADER => {
                self.check_status(&text, &chain)?;
                (&keys.operator.status, &keys.auditor.status)
            }
            _ => return Err(not_signed(&self.note, "it is neither a bundle nor a status note")),
        };
        let note = self.countersign(&bytes, own, auditors)?;
        create(&self.out, note.as_str().as_bytes())?;
        say(format!("{} bears both signatures, sha256:{}", self.out.display(), note.digest()));
        say("It goes back to the auditor, who makes the delivery unit: strongroom bundle publish");
        Ok(())
    }

    /// Only what the operator itself proposed.
    fn check_bundle(&self, text: &NoteText, root: &TrustRoot) -> Result<(), CommandError> {
        let path = self.proposal.as_ref().ok_or_else(|| {
            CommandError::usage("A bundle is counter-signed against its proposal. Give --proposal FILE.")
        })?;
        let bytes = read_at_most(path, NOTE_BYTES_MAX)?;
        let proposal = ClaimedNote::parse(&bytes, NOTE_BYTES_MAX).and_then(|note| {
            note.verify(&root.contents().operator.bundle)?;
            Ok(note)
        });
        let proposal = proposal.map_err(|error| {
            CommandError::untrusted(format!(
                "{} is no proposal of this operator: {error}. Give the one that `strongroom bundle propose` wrote.",
                path.display()
            ))
        })?;
        if proposal.text() == text.body {
            return Ok(());
        }
        Err(CommandError::untrusted(format!(
            "The auditor signed something else than {} proposes. Counter-sign nothing: find out who sent it, and read the \
             log (strongroom verify log).",
            path.display()
        )))
    }

    fn countersign(
        &self,
        leaf: &[u8],
        own: &NoteKey,
        auditors: &NoteKey,
    ) -> Result<CountersignedNote, CommandError> {
        let refused = |cause: String| not_signed(&self.note, &cause);
        let note = ClaimedNote::parse(leaf, NOTE_BYTES_MAX).map_err(|error| refused(error.to_string()))?;
        note.verify(auditors).map_err(|error| refused(error.to_string()))?;
        let signer = NoteSigner::open(&self.key, &self.passphrase)?;
        if signer.key() != own {
            return Err(CommandError::usage(format!(
                "{} is not the key that signs this, which is {own}. Give that one's file.",
                signer.key()
            )));
        }
        let leaf = note.as_str();
        CountersignedNote::compose(leaf, signer.sign(leaf)?).map_err(|error| refused(error.to_string()))
    }

    fn check_status(&self, text: &NoteText, chain: &strongroom_trust::RootChain) -> Result<(), CommandError> {
        let bundle = self.bundle.as_ref().ok_or_else(|| {
            CommandError::usage(
                "A status note is counter-signed against the newest bundle. Give --bundle FILE.",
            )
        })?;
        status::check(text, chain, bundle, self.previous.as_deref(), &self.revocations, now())
    }
}

fn not_signed(path: &Path, cause: &str) -> CommandError {
    CommandError::untrusted(format!(
        "{} is nothing that the auditor signed and the operator has still to: {cause}. Counter-sign nothing; get it \
         from the auditor again.",
        path.display()
    ))
}
