//! How a fleet stands, as a table for people.

use super::{FleetStatus, NodeReport};
use crate::print::{grouped, short};
use std::fmt::Write as _;
use strongroom_host::http::NodeStatus;

/// Lays the table out.
pub(super) fn of(status: &FleetStatus) -> String {
    let mut text = headline(status);
    let names = status.nodes.iter().map(|node| node.name().chars().count()).max().unwrap_or(0);
    let head =
        status.nodes.iter().filter_map(|node| node.said.as_ref().ok()).map(|said| said.committed).max();
    for node in &status.nodes {
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n  {:names$}  {:8}  {}",
            node.name(),
            node.state(),
            line(status, node, head.unwrap_or(0))
        );
    }
    text
}

fn headline(status: &FleetStatus) -> String {
    let majority = if status.has_majority() { "yes" } else { "NO" };
    let vaults = status.leader().and_then(|leader| leader.said.as_ref().ok()).map(|said| said.vaults);
    let vaults = vaults.map_or_else(String::new, |count| format!("   vaults: {}", grouped(count)));
    let Some(fleet) = &status.fleet else {
        let endpoints = if status.nodes.len() == 1 { "endpoint" } else { "endpoints" };
        return format!("{} {endpoints}   majority: {majority}{vaults}", status.nodes.len());
    };
    let platform = if fleet.is_simulation() { "INSECURE SIMULATION" } else { "hardware" };
    format!(
        "fleet {}   {} members, quorum {}, {} ({platform}), {}   majority: {majority}{vaults}",
        short(fleet.id()),
        fleet.members(),
        fleet.quorum(),
        fleet.class().word(),
        strongroom_trust::counted(fleet.guesses().into(), "guess", "guesses")
    )
}

fn line(status: &FleetStatus, node: &NodeReport, head: u64) -> String {
    let reason = status.reason(node);
    match &node.said {
        Err(_) => format!("{reason}   {}", node.endpoint),
        Ok(said) => {
            let reason = if reason.is_empty() { reason } else { format!("   {reason}") };
            format!("{}   {}{reason}", position(said, head), node.endpoint)
        }
    }
}

/// Where the node is in the log, and what its anchor holds.
fn position(said: &NodeStatus, head: u64) -> String {
    let lag = match head.saturating_sub(said.applied) {
        0 => "up to date".to_owned(),
        entries => format!("{} behind", grouped(entries)),
    };
    let restarts = match said.hsm.restarts {
        0 => String::new(),
        1 => "   HSM restarted once".to_owned(),
        times => format!("   HSM restarted {times} times"),
    };
    format!(
        "term {}   applied {}   {lag}   anchor: checkpoint {}, era {}, boot {}{restarts}",
        said.term,
        grouped(said.applied),
        grouped(said.checkpoint),
        said.era,
        said.boot
    )
}
