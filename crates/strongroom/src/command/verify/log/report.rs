//! What a log says, for people and for scripts: per epoch which fleets and keys came and went.

use crate::{
    print::{grouped, short},
    progress::bytes_in_words,
};
use serde::Serialize;
use strongroom_protocol::ids::{FleetId, hex};
use strongroom_trust::{
    Service, StatusContents, VerifiedRevocation,
    log::{EpochReport, FleetChange, LeafKind, LeftOut, LogReport},
};

/// Notes of other formats that are listed for people; the rest are counted.
const OTHERS_SHOWN_MAX: usize = 20;

/// The report, line by line.
pub(super) fn lines(report: &LogReport, bytes: u64) -> impl Iterator<Item = String> {
    let head = head(report, bytes).into_iter();
    let epochs = report.epochs.iter().flat_map(epoch_lines);
    let status = report.status.iter().map(status_line);
    let revocations =
        report.revocations.iter().map(|(index, revocation)| revocation_line(*index, revocation));
    let others = report.others.iter().take(OTHERS_SHOWN_MAX).map(|(index, header)| {
        format!("entry {}  a note that is not looked into: {}", grouped(*index), header.escape_debug())
    });
    head.chain(left_out(&report.left_out)).chain(epochs).chain(status).chain(revocations).chain(others)
}

fn head(report: &LogReport, bytes: u64) -> [String; 2] {
    let (log, checkpoint) = (report.checkpoint.body(), &report.checkpoint);
    let witnesses: Vec<&str> = checkpoint.times().iter().map(|(name, _)| name.as_str()).collect();
    let kinds = report.kinds.iter().map(|(kind, count)| counted(*kind, *count));
    [
        format!(
            "{}: {} {}, {} read; cosigned by {}, enough of them {}",
            log.origin,
            grouped(log.size),
            if log.size == 1 { "entry" } else { "entries" },
            bytes_in_words(bytes),
            witnesses.join(", "),
            checkpoint.quorum_time()
        ),
        format!("  {}", kinds.collect::<Vec<_>>().join(", ")),
    ]
}

/// Says what a report does not list, of a log with very many notes.
fn left_out(left_out: &LeftOut) -> Option<String> {
    let LeftOut { epochs, revocations, others } = *left_out;
    let kinds = [(LeafKind::Bundle, epochs), (LeafKind::Revocation, revocations), (LeafKind::Other, others)];
    let told: Vec<String> =
        kinds.into_iter().filter(|(_, count)| *count > 0).map(|(kind, count)| counted(kind, count)).collect();
    let list = told.join(", ");
    (!told.is_empty()).then(|| format!("  verified and not listed, the oldest: {list}"))
}

fn counted(kind: LeafKind, count: u64) -> String {
    format!("{} {}", grouped(count), kind.noun(count))
}

fn epoch_lines(epoch: &EpochReport) -> Vec<String> {
    let void = if epoch.is_named { "" } else { "   no status names it: void, or not in force yet" };
    let head = format!("epoch {}   {}   entry {}{void}", epoch.epoch, epoch.issued, grouped(epoch.index));
    let changes = epoch.changes.iter().map(|change| format!("  {}", change_line(change)));
    let nothing = epoch.changes.is_empty().then(|| "  no fleet or key changed".to_owned());
    std::iter::once(head).chain(changes).chain(nothing).collect()
}

fn change_line(change: &FleetChange) -> String {
    match change {
        FleetChange::Came { fleet, key: Some(key), service } => {
            format!("+ {}  {}  key {}", short(*fleet), word(*service), hex(key))
        }
        FleetChange::Came { fleet, key: None, .. } => format!("+ {}  came as revoked", short(*fleet)),
        FleetChange::Went { fleet, key } => {
            format!("- {}  is not listed any more{}", short(*fleet), gone(key.as_ref()))
        }
        FleetChange::Revoked { fleet, key } => format!("- {}  revoked{}", short(*fleet), gone(key.as_ref())),
        FleetChange::Service { fleet, service } => {
            format!("~ {}  {} now", short(*fleet), word(Some(*service)))
        }
        FleetChange::Replaced { fleet, old, new } => {
            format!("! {}  has another key: {} before, {} now", short(*fleet), hex(old), hex(new))
        }
    }
}

fn gone(key: Option<&[u8; 32]>) -> String {
    key.map_or_else(String::new, |key| format!("  key {}", hex(key)))
}

fn word(service: Option<Service>) -> &'static str {
    match service {
        Some(Service::Active) => "active",
        Some(Service::Draining) => "draining",
        None => "revoked",
    }
}

fn status_line(status: &StatusContents) -> String {
    format!("status {}   {}   names bundle {}", status.number, status.issued, status.epoch)
}

fn revocation_line(index: u64, revocation: &VerifiedRevocation) -> String {
    let (contents, by) = (revocation.contents(), revocation.revokers());
    let effect = if by.is_final() { ", for ever" } else { "" };
    format!(
        "entry {}   {}   the {by} revoked {}{effect}: {}",
        grouped(index),
        contents.issued,
        short(contents.fleet),
        contents.reason
    )
}

/// The JSON shape.
#[derive(Debug, Serialize)]
pub(super) struct LogJson {
    origin: String,
    size: u64,
    root: String,
    witnessed: String,
    entries: EntriesJson,
    epochs: Vec<EpochJson>,
    status: Option<StatusJson>,
    revocations: Vec<RevocationJson>,
    others: Vec<OtherJson>,
    left_out: LeftOutJson,
}

#[derive(Debug, Serialize)]
struct LeftOutJson {
    epochs: u64,
    revocations: u64,
    others: u64,
}

#[derive(Debug, Serialize)]
struct EntriesJson {
    proposals: u64,
    bundles: u64,
    statuses: u64,
    revocations: u64,
    roots: u64,
    others: u64,
}

#[derive(Debug, Serialize)]
struct EpochJson {
    epoch: u64,
    digest: String,
    index: u64,
    issued: String,
    named: bool,
    changes: Vec<ChangeJson>,
}

#[derive(Debug, Serialize)]
struct ChangeJson {
    change: &'static str,
    fleet: String,
    key: Option<String>,
    service: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct StatusJson {
    number: u64,
    issued: String,
    epoch: u64,
}

#[derive(Debug, Serialize)]
struct RevocationJson {
    index: u64,
    fleet: String,
    by: String,
    #[serde(rename = "final")]
    is_final: bool,
    reason: String,
}

#[derive(Debug, Serialize)]
struct OtherJson {
    index: u64,
    header: String,
}

impl LogJson {
    pub(super) fn of(report: &LogReport) -> Self {
        let log = report.checkpoint.body();
        let count = |kind| report.kinds.get(&kind).copied().unwrap_or_default();
        let other = |(index, header): &(u64, String)| OtherJson { index: *index, header: header.clone() };
        Self {
            origin: log.origin.clone(),
            size: log.size,
            root: log.root.to_string(),
            witnessed: report.checkpoint.quorum_time().to_string(),
            entries: EntriesJson {
                proposals: count(LeafKind::Proposal),
                bundles: count(LeafKind::Bundle),
                statuses: count(LeafKind::Status),
                revocations: count(LeafKind::Revocation),
                roots: count(LeafKind::Root),
                others: count(LeafKind::Other),
            },
            epochs: report.epochs.iter().map(EpochJson::of).collect(),
            status: report.status.as_ref().map(StatusJson::of),
            revocations: report.revocations.iter().map(RevocationJson::of).collect(),
            others: report.others.iter().map(other).collect(),
            left_out: {
                let LeftOut { epochs, revocations, others } = report.left_out;
                LeftOutJson { epochs, revocations, others }
            },
        }
    }
}

impl EpochJson {
    fn of(epoch: &EpochReport) -> Self {
        Self {
            epoch: epoch.epoch.0,
            digest: epoch.digest.to_string(),
            index: epoch.index,
            issued: epoch.issued.to_string(),
            named: epoch.is_named,
            changes: epoch.changes.iter().map(ChangeJson::of).collect(),
        }
    }
}

impl ChangeJson {
    fn of(change: &FleetChange) -> Self {
        let shape = |change, fleet: &FleetId, key: Option<&[u8; 32]>, service: Option<Service>| Self {
            change,
            fleet: fleet.to_hex(),
            key: key.map(|key| hex(key)),
            service: service.map(|service| word(Some(service))),
        };
        match change {
            FleetChange::Came { fleet, key, service } => shape("came", fleet, key.as_ref(), *service),
            FleetChange::Went { fleet, key } => shape("went", fleet, key.as_ref(), None),
            FleetChange::Revoked { fleet, key } => shape("revoked", fleet, key.as_ref(), None),
            FleetChange::Service { fleet, service } => shape("service", fleet, None, Some(*service)),
            FleetChange::Replaced { fleet, new, .. } => shape("replaced", fleet, Some(new), None),
        }
    }
}

impl StatusJson {
    fn of(status: &StatusContents) -> Self {
        Self { number: status.number.0, issued: status.issued.to_string(), epoch: status.epoch.0 }
    }
}

impl RevocationJson {
    fn of((index, revocation): &(u64, VerifiedRevocation)) -> Self {
        let (contents, by) = (revocation.contents(), revocation.revokers());
        Self {
            index: *index,
            fleet: contents.fleet.to_hex(),
            by: by.to_string(),
            is_final: by.is_final(),
            reason: contents.reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strongroom_protocol::ids::FleetId;

    const FLEET: FleetId = FleetId::new([0xab; 32]);

    #[test]
    fn each_change_is_one_line() {
        let key = [0x11; 32];
        let digits = "11".repeat(32);
        let line = |change| change_line(&change);
        assert_eq!(
            line(FleetChange::Came { fleet: FLEET, key: Some(key), service: Some(Service::Active) }),
            format!("+ abab…abab  active  key {digits}")
        );
        assert_eq!(
            line(FleetChange::Revoked { fleet: FLEET, key: Some(key) }),
            format!("- abab…abab  revoked  key {digits}")
        );
        assert_eq!(
            line(FleetChange::Went { fleet: FLEET, key: None }),
            "- abab…abab  is not listed any more"
        );
        assert_eq!(
            line(FleetChange::Service { fleet: FLEET, service: Service::Draining }),
            "~ abab…abab  draining now"
        );
    }

    #[test]
    fn a_void_epoch_says_so() {
        let epoch = EpochReport {
            epoch: strongroom_trust::Epoch(2),
            digest: strongroom_trust::text_digest("x"),
            index: 1204,
            issued: "2026-11-21T10:00:00Z".parse().unwrap(),
            is_named: false,
            changes: Vec::new(),
        };
        assert_eq!(
            epoch_lines(&epoch),
            [
                "epoch 2   2026-11-21T10:00:00Z   entry 1,204   no status names it: void, or not in force yet",
                "  no fleet or key changed"
            ]
        );
    }

    #[test]
    fn what_is_not_listed_is_counted() {
        assert_eq!(left_out(&LeftOut::default()), None);
        let many = LeftOut { epochs: 1, revocations: 0, others: 95_904 };
        let told = "  verified and not listed, the oldest: 1 bundle, 95,904 other notes";
        assert_eq!(left_out(&many).as_deref(), Some(told));
    }

    #[test]
    fn entries_are_counted_in_words() {
        assert_eq!(counted(LeafKind::Root, 1), "1 trust root");
        assert_eq!(counted(LeafKind::Status, 12_345), "12,345 status notes");
    }
}
