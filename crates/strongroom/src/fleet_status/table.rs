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
        let _ =
            write!(text, "\n  {:names$}  {:8}  {}", node.name(), node.state(), line(node, head.unwrap_or(0)));
    }
    text
}

fn headline(status: &FleetStatus) -> String {
    let majority = if status.has_majority() { "yes" } else { "NO" };
    let vaults = status.leader().and_then(|leader| leader.said.as_ref().ok()).map(|said| said.vaults);
    let vaults = vaults.map_or_else(String::new, |count| format!("   vaults: {}", grouped(count)));
    let Some(fleet) = &status.fleet else {
        return format!("{} endpoints   majority: {majority}{vaults}", status.nodes.len());
    };
    let platform = if fleet.is_simulation() { "INSECURE SIMULATION" } else { "hardware" };
    format!(
        "fleet {}   {} members, quorum {}, {} ({platform}), {} guesses   majority: {majority}{vaults}",
        short(fleet.id()),
        fleet.members(),
        fleet.quorum(),
        fleet.class().word(),
        fleet.guesses()
    )
}

fn line(node: &NodeReport, head: u64) -> String {
    let reason = node.reason();
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
    format!(
        "term {}   applied {}   {lag}   anchor: checkpoint {}, era {}, boot {}",
        said.term,
        grouped(said.applied),
        grouped(said.checkpoint),
        said.era,
        said.boot
    )
}
