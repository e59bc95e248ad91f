//! `strongroom auditor show`.

use crate::{
    error::CommandError,
    print::{json, say},
};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use strongroom_auditor::{
    auditor::{AuditorError, auditor_keys},
    config::AuditorConfig,
    keys::AuditorKeys,
    storage::{Directory, Storage as _},
};
use strongroom_trust::{
    BundleBody, CountersignedNote, RootChain, StatusBody, TrustRoot, WitnessedCheckpoint,
    body::Body as _,
    counted,
    limits::{CHECKPOINT_BYTES_MAX, NOTE_BYTES_MAX, ROOTS_BYTES_MAX},
    read_checkpoint_note,
};

const EXAMPLES: &str = "\
Examples:
  strongroom auditor show auditor
  strongroom auditor show auditor --json | jq .to_countersign

It needs no passphrase and signs nothing. `strongroom verify log DIR/public` reads every entry.
Exit codes: 0 shown; 2 the folder is no auditor's; 7 it is damaged.";

/// Show an auditor's keys, how far its log is, and what waits for the operator
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct ShowArguments {
    /// The auditor's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print {"namespace", "origin", "keys", "witnesses", "trust_root", "log", "in_force", "to_countersign"}
    #[arg(long)]
    json: bool,
}

/// The JSON shape.
#[derive(Debug, Serialize)]
struct AuditorJson {
    namespace: String,
    origin: String,
    keys: KeysJson,
    witnesses: Vec<WitnessJson>,
    trust_root: Option<u64>,
    log: Option<LogJson>,
    in_force: Option<InForceJson>,
    to_countersign: WaitingJson,
}

#[derive(Debug, Serialize)]
struct KeysJson {
    bundle: String,
    status: String,
    revocation: String,
    log: String,
    plexi: String,
}

#[derive(Debug, Serialize)]
struct WitnessJson {
    key: String,
    url: String,
}

#[derive(Debug, Serialize)]
struct LogJson {
    size: u64,
    root: String,
    witnessed: Vec<CosignedJson>,
}

#[derive(Debug, Serialize)]
struct CosignedJson {
    witness: String,
    at: String,
}

/// What both parties signed last.
#[derive(Debug, Serialize)]
struct InForceJson {
    status: u64,
    epoch: u64,
    issued: String,
    revocations: usize,
}

/// What the auditor signed and the operator has not yet.
#[derive(Debug, Serialize)]
struct WaitingJson {
    bundle: Option<u64>,
    status: Option<u64>,
}

impl ShowArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let shown = self.read()?;
        if self.json {
            json(&shown)
        } else {
            shown.lines().iter().for_each(say)
        }
        Ok(())
    }

    fn read(&self) -> Result<AuditorJson, CommandError> {
        let keys = auditor_keys(&self.folder)?;
        let files = Directory::open(&self.folder)?;
        let config = AuditorConfig::read(&files)?;
        let roots = roots(&files)?;
        let log = roots.as_ref().map(|roots| checkpoint(&files, roots.newest())).transpose()?.flatten();
        let witness = |witness: &strongroom_auditor::config::WitnessAddress| WitnessJson {
            key: witness.key.to_string(),
            url: witness.url.clone(),
        };
        Ok(AuditorJson {
            namespace: config.namespace.to_string(),
            origin: config.origin.to_string(),
            keys: KeysJson::of(&keys),
            witnesses: config.witnesses.iter().map(witness).collect(),
            trust_root: roots.map(|roots| roots.newest().version().0),
            log: log.as_ref().map(LogJson::of),
            in_force: in_force(&files)?,
            to_countersign: WaitingJson {
                bundle: waiting::<BundleBody>(&files, "bundle")?.map(|bundle| bundle.contents().epoch.0),
                status: waiting::<StatusBody>(&files, "status")?.map(|status| status.contents().number.0),
            },
        })
    }
}

fn damaged(path: &str) -> CommandError {
    AuditorError::Broken(path.into()).into()
}

fn roots(files: &Directory) -> Result<Option<RootChain>, CommandError> {
    let Some(told) = files.read("private/root", NOTE_BYTES_MAX)? else { return Ok(None) };
    let mut roots = RootChain::new(TrustRoot::told(&told).map_err(AuditorError::from)?);
    if let Some(newer) = files.read("public/trust-roots", ROOTS_BYTES_MAX)? {
        roots.follow(&newer).map_err(AuditorError::from)?;
    }
    Ok(Some(roots))
}

fn checkpoint(files: &Directory, root: &TrustRoot) -> Result<Option<WitnessedCheckpoint>, CommandError> {
    let path = "public/checkpoint";
    let Some(bytes) = files.read(path, CHECKPOINT_BYTES_MAX)? else { return Ok(None) };
    let note = read_checkpoint_note(&bytes).map_err(|_| damaged(path))?;
    root.contents().policy.verify(&note).map(Some).map_err(|_| damaged(path))
}

fn in_force(files: &Directory) -> Result<Option<InForceJson>, CommandError> {
    let path = "public/status";
    let Some(bytes) = files.read(path, NOTE_BYTES_MAX)? else { return Ok(None) };
    let note = CountersignedNote::parse(&bytes).map_err(|_| damaged(path))?;
    let status = StatusBody::parse(note.body()).map_err(|_| damaged(path))?;
    let said = status.contents();
    Ok(Some(InForceJson {
        status: said.number.0,
        epoch: said.epoch.0,
        issued: said.issued.to_string(),
        revocations: said.revocations.len(),
    }))
}

fn waiting<B: strongroom_trust::body::Body>(
    files: &Directory,
    kind: &str,
) -> Result<Option<B>, CommandError> {
    let path = format!("public/to-countersign/{kind}");
    let Some(bytes) = files.read(&path, NOTE_BYTES_MAX)? else { return Ok(None) };
    let note = strongroom_trust::ClaimedNote::parse(&bytes, NOTE_BYTES_MAX).map_err(|_| damaged(&path))?;
    B::parse(note.text()).map(Some).map_err(|_| damaged(&path))
}

impl KeysJson {
    fn of(keys: &AuditorKeys) -> Self {
        Self {
            bundle: keys.party.bundle.to_string(),
            status: keys.party.status.to_string(),
            revocation: keys.party.revocation.to_string(),
            log: keys.log.to_string(),
            plexi: keys.plexi.to_string(),
        }
    }
}

impl LogJson {
    fn of(checkpoint: &WitnessedCheckpoint) -> Self {
        let times = checkpoint.times().iter();
        let cosigned = |(witness, at): &(String, strongroom_trust::Moment)| CosignedJson {
            witness: witness.clone(),
            at: at.to_string(),
        };
        Self {
            size: checkpoint.body().size,
            root: checkpoint.body().root.to_hex(),
            witnessed: times.map(cosigned).collect(),
        }
    }
}

impl AuditorJson {
    fn lines(&self) -> Vec<String> {
        let mut lines =
            vec![format!("namespace   {}", self.namespace), format!("log         {}", self.keys.log)];
        for (kind, key) in [
            ("bundle", &self.keys.bundle),
            ("status", &self.keys.status),
            ("revocation", &self.keys.revocation),
            ("plexi", &self.keys.plexi),
        ] {
            lines.push(format!("{kind:<12}{key}"));
        }
        lines.extend(
            self.witnesses.iter().map(|witness| format!("witness     {} at {}", witness.key, witness.url)),
        );
        lines.push(match self.trust_root {
            Some(version) => format!("trust root  {version}"),
            None => "trust root  none yet: strongroom auditor adopt".into(),
        });
        if let Some(log) = &self.log {
            lines.push(format!("entries     {}, root {}", log.size, log.root));
            lines.extend(
                log.witnessed.iter().map(|seen| format!("cosigned    {} by {}", seen.at, seen.witness)),
            );
        }
        lines.push(match &self.in_force {
            Some(now) => format!(
                "in force    bundle {} by status {} of {}, {}",
                now.epoch,
                now.status,
                now.issued,
                counted(now.revocations as u64, "revocation", "revocations")
            ),
            None => "in force    no bundle yet".into(),
        });
        for (kind, waits) in [("bundle", self.to_countersign.bundle), ("status", self.to_countersign.status)]
        {
            lines.extend(waits.map(|number| {
                format!("waits       {kind} {number}, for the operator: public/to-countersign/{kind}")
            }));
        }
        lines
    }
}
