//! `strongroom bundle propose`.

use crate::{
    error::CommandError,
    files::create,
    fleet_entry::{FleetChanges, Labelled, labelled_folder},
    print::say,
    secret_keys::{NoteSigner, PassphraseOptions},
    signed_bundle::read_signed_bundle,
    trust_options::{TrustOptions, now},
};
use clap::Args;
use std::path::PathBuf;
use strongroom_trust::{
    BundleBody, BundleContents, Epoch, FleetLabel, Moment, PlatformWord, Reason, TrustRoot,
    admission::{History, admit_bundle},
    body::Body,
    limits::BUNDLE_LIFETIME_DAYS_MAX,
    proposed,
};

const EXAMPLES: &str = "\
Examples:
  strongroom bundle propose --trust root.note --key operator/bundle.key --fleet f2026a=fleet \\
    --evidence f2026a=manifest.note --out proposal.note                       the first bundle
  strongroom bundle propose --trust root.note --key operator/bundle.key --previous unit.txt \\
    --successor f2027a=new --evidence f2027a=manifest.note --out proposal.note  a new fleet; the old ones drain
  strongroom bundle propose --trust root.note --key operator/bundle.key --previous unit.txt \\
    --revoke f2023a=key-compromise --out proposal.note
  strongroom bundle propose --trust root.note --key operator/bundle.key --previous unit.txt --out proposal.note
                                                                              the same fleets, another year

Fleets of the bundle before stay as they are unless something else is said. --previous is the last bundle that the auditor
signed, void ones included: as it came back, counter-signed, or in a delivery unit. The proposal goes to the auditor
(strongroom auditor sign). Exit codes: 0 written; 2 the auditor would refuse it; 6 --previous is not the auditor's.";

/// Write the operator's signed proposal of the next bundle
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct ProposeArguments {
    /// A fleet that joins and takes new vaults: its folder, or LABEL=FOLDER; can be given again
    #[arg(long = "fleet", value_name = "[LABEL=]FLEET_DIR", value_parser = labelled_folder)]
    fleets: Vec<Labelled<PathBuf>>,
    /// The same, and every fleet that took new vaults so far drains
    #[arg(long = "successor", value_name = "[LABEL=]FLEET_DIR", value_parser = labelled_folder)]
    successors: Vec<Labelled<PathBuf>>,
    /// A fleet that takes no new vaults any more; can be given again
    #[arg(long = "drain", value_name = "LABEL")]
    draining: Vec<FleetLabel>,
    /// A fleet that is never to be spoken to again, and why; can be given again
    #[arg(long = "revoke", value_name = "LABEL=REASON")]
    revoked: Vec<Labelled<Reason>>,
    /// A fleet that is not listed any more; who still has a vault there cannot open it then
    #[arg(long = "drop", value_name = "LABEL")]
    dropped: Vec<FleetLabel>,
    /// What a joining fleet stands on; a simulation needs none
    #[arg(long = "platform", value_name = "LABEL=WORD")]
    platforms: Vec<Labelled<PlatformWord>>,
    /// The manifest of a joining fleet's deployment evidence, a file
    #[arg(long = "evidence", value_name = "LABEL=FILE")]
    evidence: Vec<Labelled<PathBuf>>,
    /// The last bundle that the auditor signed; none for the first
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// For how many days it is good
    #[arg(long, value_name = "DAYS", default_value_t = 365,
        value_parser = clap::value_parser!(u64).range(1..=BUNDLE_LIFETIME_DAYS_MAX))]
    days: u64,
    /// The operator's bundle key, a file
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

impl ProposeArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let chain = self.trust.chain()?;
        let root = chain.newest();
        let previous = self.previous.as_deref().map(|path| read_signed_bundle(path, &chain)).transpose()?;
        let issued = now();
        let body = self.body(root, previous.as_ref(), issued)?;
        let signer = NoteSigner::open(&self.key, &self.passphrase)?;
        if *signer.key() != root.contents().operator.bundle {
            return Err(CommandError::usage(format!(
                "{} is not the operator's bundle key of trust root {}, which is {}. Give that one's file.",
                signer.key(),
                root.version(),
                root.contents().operator.bundle
            )));
        }
        let text = body.to_string();
        let proposal = proposed(&text, signer.sign(&text)?)
            .map_err(|error| CommandError::other(format!("The proposal is no note: {error}.")))?;
        admit(proposal.as_str(), root, previous.as_ref(), issued)?;
        create(&self.out, proposal.as_str().as_bytes())?;
        let (epoch, digest) = (body.contents().epoch, body.digest());
        say(format!("{} proposes epoch {epoch}, sha256:{digest}", self.out.display()));
        say("It goes to the auditor; what comes back is counter-signed: strongroom bundle countersign");
        Ok(())
    }

    fn body(
        &self,
        root: &TrustRoot,
        previous: Option<&BundleBody>,
        issued: Moment,
    ) -> Result<BundleBody, CommandError> {
        let before = previous.map(Body::contents);
        let epoch = before.map_or(Some(Epoch(1)), |before| before.epoch.next());
        let epoch = epoch.ok_or_else(|| CommandError::other("No epoch follows."))?;
        let fleets = self.changes().apply(before.map_or(&[], |before| &before.fleets), epoch)?;
        let contents = BundleContents {
            namespace: root.contents().namespace.clone(),
            epoch,
            previous: previous.map(Body::digest),
            issued,
            expires: issued.plus_days(self.days),
            trust_root: root.version(),
            fleets,
        };
        BundleBody::compose(&contents).map_err(|error| {
            CommandError::usage(format!(
                "These fleets make no bundle: {error}. See docs/spec/bundle.md, \"Lines\"."
            ))
        })
    }

    fn changes(&self) -> FleetChanges {
        FleetChanges {
            joining: self.successors.iter().chain(&self.fleets).cloned().collect(),
            others_drain: !self.successors.is_empty(),
            draining: self.draining.clone(),
            revoked: self.revoked.clone(),
            dropped: self.dropped.clone(),
            platforms: self.platforms.clone(),
            evidence: self.evidence.clone(),
        }
    }
}

/// Whatever the auditor would refuse of this proposal is told here, as far as the bundle before shows it.
fn admit(
    proposal: &str,
    root: &TrustRoot,
    previous: Option<&BundleBody>,
    at: Moment,
) -> Result<(), CommandError> {
    let mut history = History::default();
    previous.into_iter().for_each(|bundle| history.record(bundle));
    admit_bundle(proposal.as_bytes(), root, &history, at).map(|_| ()).map_err(|error| {
        CommandError::usage(format!("Nothing was written, since the auditor would refuse it: {error}."))
    })
}
