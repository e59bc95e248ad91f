//! What each step of a unit that is believed found, in a few words.

use std::fmt::Display;
use strongroom_trust::{
    Concern, DeviceView, FleetEntry, Moment, Service, Step, TrustError, TrustRoot, VerifiedDelivery, counted,
};

/// What a step found.
pub(super) fn of(
    step: Step,
    unit: &VerifiedDelivery,
    bytes: usize,
    root: &TrustRoot,
    device: &DeviceView<'_>,
) -> String {
    let at = device.clock;
    let keys = root.contents();
    let (bundle, status, log) = (unit.bundle(), unit.status(), unit.checkpoint());
    match step {
        Step::Limits => format!("{bytes} bytes"),
        Step::OperatorSignature => both(keys.operator.bundle.name(), keys.operator.status.name()),
        Step::AuditorSignature => both(keys.auditor.bundle.name(), keys.auditor.status.name()),
        Step::Form => bundle.namespace.to_string(),
        Step::RootVersion => format!("{} at hand, {} named", root.version(), bundle.trust_root),
        Step::Checkpoint => format!("{}, {}", log.body().origin, entries(log.body().size)),
        Step::Witnesses => witnesses(unit, root),
        Step::Inclusion => "bundle and status stand in it".into(),
        Step::Consistency => consistency(unit, device),
        Step::Freshness => format!("seen by enough witnesses {}", ago(log.quorum_time(), at)),
        Step::Epoch => format!("{}, good until {}", bundle.epoch, bundle.expires),
        Step::Status => format!("number {}, written {}", status.number, ago(status.issued, at)),
        Step::Fleets => fleets(unit),
        Step::Revocations => revocations(unit),
    }
}

fn entries(count: u64) -> String {
    counted(count, "entry", "entries")
}

fn both(first: impl Display, second: impl Display) -> String {
    format!("{first}, {second}")
}

fn witnesses(unit: &VerifiedDelivery, root: &TrustRoot) -> String {
    let policy = &root.contents().policy;
    let times = unit.checkpoint().times();
    let names: Vec<&str> = times.iter().map(|(name, _)| name.as_str()).collect();
    format!(
        "{} of {} cosigned, {} to: {}",
        times.len(),
        policy.witnesses.len(),
        counted(policy.quorum.into(), "has", "have"),
        names.join(", ")
    )
}

fn consistency(unit: &VerifiedDelivery, device: &DeviceView<'_>) -> String {
    let is_unchecked = unit.concerns().contains(&Concern::ConsistencyUnchecked);
    match (device.memory, is_unchecked) {
        (None, _) => "none was seen before".into(),
        (Some(_), true) => "no proof was at hand".into(),
        (Some(memory), false) => format!("it grew out of {}", entries(memory.log().size)),
    }
}

fn fleets(unit: &VerifiedDelivery) -> String {
    let word = |entry: &FleetEntry| match entry.serving().map(|fleet| fleet.service) {
        Some(Service::Active) => "active",
        Some(Service::Draining) => "draining",
        None => "revoked",
    };
    let simulated = |entry: &FleetEntry| match entry.serving() {
        Some(fleet) if fleet.platform.is_simulation() => " (INSECURE SIMULATION)",
        _ => "",
    };
    let line = |entry: &FleetEntry| format!("{} {}{}", entry.label(), word(entry), simulated(entry));
    unit.bundle().fleets.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn revocations(unit: &VerifiedDelivery) -> String {
    let fleets = unit.bundle().fleets.iter();
    let refused = fleets.filter_map(|entry| match unit.for_recovering(entry.id()) {
        Err(error @ TrustError::Revoked { .. }) => Some(error.to_string()),
        Ok(strongroom_trust::Recovery::Ask(asked)) => {
            let own = asked.questions().iter().find(|concern| concern.name() == "revoked-by-one");
            own.map(ToString::to_string)
        }
        _ => None,
    });
    let refused: Vec<String> = refused.collect();
    if refused.is_empty() { "none".into() } else { refused.join("; ") }
}

/// How long before a time something was: `2 h ago`, `12 days ago`.
pub(super) fn ago(then: Moment, now: Moment) -> String {
    let minutes = now.seconds_since(then) / 60;
    match minutes {
        0 => "just now".into(),
        1..120 => format!("{minutes} min ago"),
        120..2880 => format!("{} h ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}
