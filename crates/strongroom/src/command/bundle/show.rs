//! `strongroom bundle show`.

mod shape;

use crate::{
    error::CommandError,
    files::read_at_most,
    note_text::NoteText,
    print::{json, note, say, short},
};
use clap::Args;
use serde::Serialize;
use shape::{BundleJson, CheckpointJson, RevocationJson, StatusJson};
use std::path::{Path, PathBuf};
use strongroom_trust::{
    BundleBody, BundleContents, CheckpointBody, ClaimedDelivery, FleetEntry, RevocationBody,
    RevocationContents, ServingFleet, StatusBody, StatusContents, body::Body, counted,
    limits::UNIT_BYTES_MAX, text_digest,
};

const EXAMPLES: &str = "\
Examples:
  strongroom bundle show unit.txt
  strongroom bundle show proposal.note
  strongroom bundle show bundle.note --json | jq '.bundle.fleets[].label'

FILE is a delivery unit, or a bundle, status or revocation at whatever stage: bare, signed, counter-signed.
Nothing is verified: `strongroom verify bundle` does that.";

/// Show what a bundle, status, revocation or delivery unit says
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::command) struct ShowArguments {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print {"kind", "bundle", "status", "checkpoint", "revocations"}; null where there is none
    #[arg(long)]
    json: bool,
}

/// What a file holds; the JSON shape, too.
#[derive(Debug, Serialize)]
struct Shown {
    kind: &'static str,
    bundle: Option<BundleJson>,
    status: Option<StatusJson>,
    checkpoint: Option<CheckpointJson>,
    revocations: Vec<RevocationJson>,
    #[serde(skip)]
    lines: Vec<String>,
}

impl ShowArguments {
    pub(super) fn run(self) -> Result<(), CommandError> {
        let bytes = read_at_most(&self.file, UNIT_BYTES_MAX)?;
        let shown = Shown::of(&bytes).map_err(|cause| nothing(&self.file, &cause))?;
        if self.json {
            json(&shown);
            return Ok(());
        }
        shown.lines.iter().for_each(say);
        note("Shown as it stands; nothing was verified (strongroom verify bundle).");
        Ok(())
    }
}

fn nothing(path: &Path, cause: &str) -> CommandError {
    CommandError::usage(format!(
        "{} is no delivery unit, bundle, status or revocation: {cause}. Give a file that the operator or the auditor \
         made, or that a node handed out.",
        path.display()
    ))
}

impl Shown {
    fn of(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(b"strongroom.example/delivery/") {
            let unit = ClaimedDelivery::parse(bytes).map_err(|error| error.to_string())?;
            return Self::of_unit(&unit, bytes.len());
        }
        let mut shown = Self::empty("note");
        let note = NoteText::read(bytes).map_err(|error| error.to_string())?;
        shown.kind = shown.take(&note)?;
        Ok(shown)
    }

    fn empty(kind: &'static str) -> Self {
        Self {
            kind,
            bundle: None,
            status: None,
            checkpoint: None,
            revocations: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn of_unit(unit: &ClaimedDelivery, bytes: usize) -> Result<Self, String> {
        let mut shown = Self::empty("delivery-unit");
        shown.lines.push(format!("delivery unit, {bytes} bytes"));
        let notes = [unit.bundle().as_str(), unit.status().as_str()];
        for note in notes.into_iter().chain(unit.revocations().iter().map(String::as_str)) {
            let note = NoteText::read(note.as_bytes()).map_err(|error| error.to_string())?;
            shown.take(&note)?;
        }
        let note = &unit.status_proof().checkpoint;
        let log = CheckpointBody::parse(note.text()).map_err(|error| error.to_string())?;
        let signers: Vec<String> = note.signatures().iter().map(|line| line.name().to_string()).collect();
        shown.lines.push(format!("checkpoint of {}, {}", log.origin, counted(log.size, "entry", "entries")));
        shown.lines.push(format!("  signed by   {}", signers.join(", ")));
        shown.checkpoint = Some(CheckpointJson::of(&log, signers));
        Ok(shown)
    }

    /// Takes one note; gives its kind.
    fn take(&mut self, note: &NoteText) -> Result<&'static str, String> {
        let form = |error: strongroom_trust::lines::LineError| error.to_string();
        match note.header() {
            BundleBody::HEADER => {
                let body = BundleBody::parse(&note.body).map_err(form)?;
                self.lines.extend(bundle_lines(body.contents(), note));
                self.bundle = Some(BundleJson::of(body.contents(), note));
                Ok("bundle")
            }
            StatusBody::HEADER => {
                let body = StatusBody::parse(&note.body).map_err(form)?;
                self.lines.extend(status_lines(body.contents(), note));
                self.status = Some(StatusJson::of(body.contents(), note));
                Ok("status")
            }
            RevocationBody::HEADER => {
                let body = RevocationBody::parse(&note.body).map_err(form)?;
                self.lines.extend(revocation_lines(body.contents(), note));
                self.revocations.push(RevocationJson::of(body.contents(), note));
                Ok("revocation")
            }
            _ => Err("its first line names another format".into()),
        }
    }
}

fn bundle_lines(bundle: &BundleContents, note: &NoteText) -> Vec<String> {
    let previous = bundle.previous.map_or_else(|| "none".into(), |digest| format!("sha256:{digest}"));
    let mut lines = vec![
        format!("bundle of {}, epoch {}", bundle.namespace, bundle.epoch),
        format!("  digest      sha256:{}", text_digest(&note.body)),
        format!("  previous    {previous}"),
        format!("  issued      {}, expires {}", bundle.issued, bundle.expires),
        format!("  trust root  {}", bundle.trust_root),
        format!("  signed by   {}", note.signers_in_words()),
    ];
    lines.extend(bundle.fleets.iter().map(fleet_line));
    lines
}

fn fleet_line(entry: &FleetEntry) -> String {
    let (label, id) = (entry.label(), short(entry.id()));
    match entry {
        FleetEntry::Serving(fleet) => format!("  fleet       {label}  {id}  {}", serving_in_words(fleet)),
        FleetEntry::Revoked(fleet) => {
            format!("  fleet       {label}  {id}  revoked since epoch {}: {}", fleet.since, fleet.reason)
        }
    }
}

fn serving_in_words(fleet: &ServingFleet) -> String {
    let platform = match fleet.platform.is_simulation() {
        true => "INSECURE SIMULATION",
        false => fleet.platform.as_str(),
    };
    format!(
        "{}  {} members, quorum {}, {}, {}, {platform}",
        shape::word(fleet.service),
        fleet.members,
        fleet.quorum,
        counted(fleet.guesses.into(), "guess", "guesses"),
        fleet.class.word()
    )
}

fn status_lines(status: &StatusContents, note: &NoteText) -> Vec<String> {
    let mut lines = vec![
        format!("status of {}, number {}", status.namespace, status.number),
        format!("  issued      {}", status.issued),
        format!("  bundle      epoch {}, sha256:{}", status.epoch, status.bundle),
        format!("  trust root  {}", status.trust_root),
    ];
    lines.extend(status.revocations.iter().map(|digest| format!("  revocation  sha256:{digest}")));
    lines.push(format!("  signed by   {}", note.signers_in_words()));
    lines
}

fn revocation_lines(revocation: &RevocationContents, note: &NoteText) -> Vec<String> {
    vec![
        format!("revocation of the fleet {}", revocation.fleet),
        format!("  namespace   {}", revocation.namespace),
        format!("  issued      {}", revocation.issued),
        format!("  reason      {}", revocation.reason),
        format!("  digest      sha256:{}", text_digest(&note.body)),
        format!("  signed by   {}", note.signers_in_words()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> Shown {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust").join(name);
        Shown::of(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn a_unit_shows_all_that_it_holds() {
        let unit = shown("units/revoked-by-the-auditor.txt");
        assert_eq!(unit.kind, "delivery-unit");
        let kinds: Vec<&str> =
            unit.lines.iter().filter(|line| !line.starts_with(' ')).map(String::as_str).collect();
        assert_eq!(
            kinds[1..3],
            ["bundle of example.messenger.v1, epoch 7", "status of example.messenger.v1, number 31"]
        );
        assert!(kinds[3].starts_with("revocation of the fleet 1331a984"), "{kinds:?}");
        assert_eq!(kinds[4], "checkpoint of auditor.example/log, 5 entries");
        let value = serde_json::to_value(&unit).unwrap();
        assert_eq!(value["bundle"]["fleets"][0]["service"], "active");
        assert_eq!(value["bundle"]["signed_by"][1], "operator.example/bundle");
        assert_eq!(value["revocations"][0]["signed_by"][0], "auditor.example/revocation");
        assert_eq!(value["checkpoint"]["size"], 5);
    }

    #[test]
    fn a_fleet_is_one_line() {
        let bundle = shown("texts/bundle-golden.txt");
        assert!(bundle.lines.contains(&"  signed by   nobody yet".to_owned()));
        let fleet = bundle.lines.iter().find(|line| line.contains("f2026a")).unwrap();
        assert_eq!(
            fleet,
            "  fleet       f2026a  1331…ddfd  active  5 members, quorum 3, 10 guesses, durable, tpm-measured"
        );
        assert!(
            bundle.lines.last().unwrap().ends_with("revoked since epoch 5: key-compromise"),
            "{:?}",
            bundle.lines
        );
    }

    #[test]
    fn a_form_that_is_broken_is_named_by_its_line() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/trust/texts/bundle-weak-key.txt");
        let cause = Shown::of(&std::fs::read(path).unwrap()).err().unwrap();
        assert!(cause.starts_with("line "), "{cause}");
        assert_eq!(Shown::of(b"hello\n").err().unwrap(), "its first line names another format");
    }
}
