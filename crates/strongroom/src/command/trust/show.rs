//! `strongroom trust show`.

use super::told::left;
use crate::{
    error::CommandError,
    print::{INSECURE_SIMULATION, json, note, say},
    root_draft::RootDraft,
    trust_options::{follow, now, read_root},
};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use strongroom_trust::{PartyKeys, RootChain, RootContents, counted, text_digest};

const EXAMPLES: &str = "\
Examples:
  strongroom trust show root.note
  strongroom trust show next.note --json | jq .missing
  strongroom trust show root.note --roots roots.chain        the newest one that follows from it

Compare each key with its holder's own file before you sign. Every signature that is counted was verified; whether the keys are
really the parties' nobody but they can say. Exit codes: 0 shown; 2 it is no trust root; 6 the newer ones do not follow.";

/// Show whose signatures count, and how many have signed
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct ShowArguments {
    /// The trust root, at whatever stage
    #[arg(value_name = "ROOT")]
    root: PathBuf,
    /// A file of newer roots, the last of which is shown
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
    /// Print {"namespace", "version", "digest", "issued", "expires", "simulation", "threshold", "missing", "roots", …}
    #[arg(long)]
    json: bool,
}

/// The JSON shape.
#[derive(Debug, Serialize)]
struct RootJson {
    namespace: String,
    version: u64,
    digest: String,
    issued: String,
    expires: String,
    simulation: bool,
    threshold: u8,
    missing: usize,
    roots: Vec<RootKeyJson>,
    operator: PartyJson,
    auditor: PartyJson,
    logs: Vec<String>,
    witnesses: Vec<WitnessJson>,
    quorum: u8,
}

#[derive(Debug, Serialize)]
struct RootKeyJson {
    party: &'static str,
    key: String,
    signed: bool,
}

#[derive(Debug, Serialize)]
struct PartyJson {
    bundle: String,
    status: String,
    revocation: String,
}

#[derive(Debug, Serialize)]
struct WitnessJson {
    name: String,
    party: &'static str,
    key: String,
}

impl ShowArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let shown = self.shown()?;
        if self.json {
            json(&shown);
            return Ok(());
        }
        if shown.simulation {
            note(INSECURE_SIMULATION);
        }
        shown.lines().iter().for_each(say);
        if shown.expires <= now().to_string() {
            note("It has expired: nobody registers by it. Get a newer one.");
        }
        Ok(())
    }

    fn shown(&self) -> Result<RootJson, CommandError> {
        let Some(path) = &self.roots else { return RootJson::of(&RootDraft::read(&self.root)?) };
        let mut chain = RootChain::new(read_root(&self.root)?);
        follow(&mut chain, path)?;
        let newest = RootDraft::parse(chain.newest().as_str().as_bytes());
        RootJson::of(&newest.map_err(|cause| CommandError::other(format!("{cause}.")))?)
    }
}

impl RootJson {
    fn of(draft: &RootDraft) -> Result<Self, CommandError> {
        let contents = draft.contents();
        let signers = draft.signers(contents)?;
        let roots = contents.root_keys.iter().map(|root| RootKeyJson {
            party: root.party.word(),
            key: root.key.to_string(),
            signed: signers.contains(&&root.key),
        });
        let witnesses = contents.policy.witnesses.iter().map(|witness| WitnessJson {
            name: witness.name.clone(),
            party: witness.party.word(),
            key: witness.key.to_string(),
        });
        Ok(Self {
            namespace: contents.namespace.to_string(),
            version: contents.version.0,
            digest: digest(contents),
            issued: contents.issued.to_string(),
            expires: contents.expires.to_string(),
            simulation: contents.is_simulation,
            threshold: contents.threshold,
            missing: left(draft, contents)?,
            roots: roots.collect(),
            operator: PartyJson::of(&contents.operator),
            auditor: PartyJson::of(&contents.auditor),
            logs: contents.policy.logs.iter().map(ToString::to_string).collect(),
            witnesses: witnesses.collect(),
            quorum: contents.policy.quorum,
        })
    }

    fn lines(&self) -> Vec<String> {
        let stage = match self.missing {
            0 => "enough have signed".to_owned(),
            missing => format!("{} to sign", counted(missing as u64, "more has", "more have")),
        };
        let mut lines = vec![
            format!("trust root {} of {}", self.version, self.namespace),
            format!("  digest      sha256:{}", self.digest),
            format!("  issued      {}, expires {}", self.issued, self.expires),
            format!("  root keys   {}, threshold {}: {stage}", self.roots.len(), self.threshold),
        ];
        lines.extend(self.roots.iter().map(|root| {
            let signed = if root.signed { "signed" } else { "      " };
            format!("    {signed}  {:<11}  {}", root.party, root.key)
        }));
        for (party, keys) in [("operator", &self.operator), ("auditor", &self.auditor)] {
            lines.push(format!("  {party}"));
            for (kind, key) in
                [("bundle", &keys.bundle), ("status", &keys.status), ("revocation", &keys.revocation)]
            {
                lines.push(format!("    {kind:<10}  {key}"));
            }
        }
        lines.push("  logs".into());
        lines.extend(self.logs.iter().map(|key| format!("    {key}")));
        lines.push(format!("  witnesses   {}, quorum {}", self.witnesses.len(), self.quorum));
        lines.extend(
            self.witnesses
                .iter()
                .map(|witness| format!("    {}  {:<11}  {}", witness.name, witness.party, witness.key)),
        );
        lines
    }
}

impl PartyJson {
    fn of(keys: &PartyKeys) -> Self {
        Self {
            bundle: keys.bundle.to_string(),
            status: keys.status.to_string(),
            revocation: keys.revocation.to_string(),
        }
    }
}

fn digest(contents: &RootContents) -> String {
    text_digest(&contents.to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> RootJson {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust").join(name);
        ShowArguments { root, roots: None, json: true }.shown().unwrap()
    }

    #[test]
    fn who_has_signed_is_shown_key_by_key() {
        let root = shown("roots/quorum-2.txt");
        let signed: Vec<bool> = root.roots.iter().map(|root| root.signed).collect();
        assert_eq!((signed, root.missing), (vec![true, true, false], 0));
        let lines = root.lines();
        assert_eq!(lines[0], "trust root 1 of example.messenger.v1");
        assert_eq!(lines[3], "  root keys   3, threshold 2: enough have signed");
        assert!(
            lines[4].starts_with("    signed  operator     root.example/operator+9843333c+"),
            "{}",
            lines[4]
        );
        assert!(
            lines.last().unwrap().starts_with("    witness-2  independent  witness-2.example+"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_draft_says_how_many_have_still_to_sign() {
        let root = shown("texts/trust-root-golden.txt");
        assert_eq!(root.missing, 2);
        assert_eq!(root.lines()[3], "  root keys   3, threshold 2: 2 more have to sign");
    }
}
