//! Who plays in the story: each party's folder, and which of them is an impostor.

use super::desk::Desk;
use crate::{
    error::CommandError,
    secret_keys::{NoteSigner, PassphraseOptions},
};
use clap::ValueEnum;
use strongroom_trust::proposed;

/// The trust root that the app shipped.
pub(super) const SHIPPED: &str = "root.note";
/// What the impostors' friends go by.
const FORGED: &str = "forged.note";
const NAMESPACE: &str = "demo.messenger.v1";
const ORIGIN: &str = "auditor.example/log";
const WITNESSES: [&str; 2] = ["witness-1", "witness-2"];

/// Who is an impostor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::command::demo) enum Impostor {
    /// Somebody else proposes and counter-signs.
    Operator,
    /// Somebody else signs, with a log of their own.
    Auditor,
    /// Somebody else cosigns, twice.
    Witnesses,
}

/// The folders of those who act.
pub(super) struct Cast {
    pub(super) operator: String,
    pub(super) auditor: String,
    pub(super) witnesses: [String; 2],
    /// The trust root that they go by.
    pub(super) root: &'static str,
}

impl Impostor {
    /// As a sentence begins.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Operator => "The operator is an impostor with keys of its own",
            Self::Auditor => "The auditor is an impostor with keys and a log of its own",
            Self::Witnesses => "The witnesses are impostors with keys of their own",
        }
    }
}

impl Cast {
    /// Everybody, with the impostor in place of whom it plays.
    pub(super) fn of(impostor: Option<Impostor>) -> Self {
        let folder = |who: Impostor, name: &str| match impostor {
            Some(met) if met == who => format!("impostor/{name}"),
            _ => name.to_owned(),
        };
        Self {
            operator: folder(Impostor::Operator, "operator"),
            auditor: folder(Impostor::Auditor, "auditor"),
            witnesses: WITNESSES.map(|name| folder(Impostor::Witnesses, name)),
            root: if impostor.is_some() { FORGED } else { SHIPPED },
        }
    }

    /// Makes everybody's keys below a folder.
    pub(super) async fn make_keys(desk: &Desk, below: &str) -> Result<(), CommandError> {
        for (folder, party) in [("operator", "operator"), ("trustee", "independent"), ("root", "auditor")] {
            let name = format!("{folder}.example");
            desk.act(&format!("trust keys {below}{folder} --party {party} --name {name} --no-passphrase"))
                .await?;
        }
        desk.act(&format!(
            "auditor init {below}auditor --namespace {NAMESPACE} --origin {ORIGIN} --no-passphrase"
        ))
        .await?;
        for name in WITNESSES {
            desk.act(&format!("witness init {below}{name} --name {name}.example --no-passphrase")).await?;
        }
        Ok(())
    }

    /// Writes a trust root that names these parties; the root keys are those below a folder.
    pub(super) async fn make_root(&self, desk: &Desk, below: &str) -> Result<(), CommandError> {
        let file = format!("{}.keys", self.root);
        desk.write(&file, self.key_lines(desk, below)?)?;
        desk.act(&format!(
            "trust init {} --namespace {NAMESPACE} --threshold 2 --quorum 2 --allow-simulation --keys {file} \
             --sign {below}operator/root.key --no-passphrase",
            self.root
        ))
        .await?;
        desk.act(&format!("trust sign {} --key {below}trustee/root.key --no-passphrase", self.root)).await?;
        Ok(())
    }

    fn key_lines(&self, desk: &Desk, below: &str) -> Result<String, CommandError> {
        let mut lines = String::new();
        for file in ["operator/operator.keys", "trustee/independent.keys", "root/auditor.keys"] {
            let keys = desk.read(&format!("{below}{file}"))?;
            keys.lines()
                .filter(|line| line.starts_with("root "))
                .for_each(|line| lines += &format!("{line}\n"));
        }
        let operator = desk.read(&format!("{}/operator.keys", self.operator))?;
        operator
            .lines()
            .filter(|line| !line.starts_with("root "))
            .for_each(|line| lines += &format!("{line}\n"));
        lines += &desk.read(&format!("{}/public/keys", self.auditor))?;
        for (name, folder) in WITNESSES.iter().zip(&self.witnesses) {
            let key = desk.read(&format!("{folder}/public/key"))?;
            lines += &format!("witness {name} {key}party {name} independent\n");
        }
        Ok(lines)
    }
}

/// Writes what is published about a fleet's deployment, signed by its publisher.
pub(super) fn publish_evidence(desk: &Desk, file: &str, text: &str) -> Result<(), CommandError> {
    let passphrase = PassphraseOptions { no_passphrase: true, ..PassphraseOptions::default() };
    let key = desk.path("publisher.key");
    if !key.exists() {
        NoteSigner::create(&key, "publisher.example/evidence", &passphrase.read_new()?)?;
    }
    let signature = NoteSigner::open(&key, &passphrase)?.sign(text)?;
    let note = proposed(text, signature)
        .map_err(|error| CommandError::other(format!("The manifest is no note: {error}.")))?;
    desk.write(file, note.as_str())
}
