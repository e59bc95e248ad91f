//! How a fleet stands: what its nodes say at `/v1/status`, side by side.
//!
//! What hosts say of themselves is for operators and proves nothing; no key rests on it.

mod table;

use crate::{error::CommandError, exit::Exit};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path, time::Duration};
use strongroom_client::{HttpTransport, TransportError};
use strongroom_host::http::NodeStatus;
use strongroom_protocol::ids::FleetId;
use strongroom_trust::{Endpoint, VerifiedFleet};

/// How long a node may take to say how it stands.
const STATUS_TIMEOUT: Duration = Duration::from_secs(3);

/// What one endpoint said.
#[derive(Debug, Clone)]
pub struct NodeReport {
    /// Where it was asked.
    pub endpoint: Endpoint,
    /// What to call it where it does not answer.
    name: String,
    /// What it said, or why it said nothing.
    pub said: Result<NodeStatus, String>,
}

/// A fleet as its nodes see it.
#[derive(Debug, Clone)]
pub struct FleetStatus {
    fleet: Option<VerifiedFleet>,
    /// The nodes, in the order of the endpoints.
    pub nodes: Vec<NodeReport>,
}

/// The JSON shape of `strongroom fleet status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusJson {
    majority: bool,
    leader: Option<String>,
    nodes: Vec<NodeJson>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct NodeJson {
    name: String,
    state: &'static str,
    reason: String,
    term: u64,
    applied: u64,
}

/// What is said of a node whose HSM no member of a working majority speaks with, though their hosts can be reached.
const SHUT_OUT: &str = "no other HSM speaks with this one; if that lasts, they have shut it out as a copy of an HSM \
    that went on without it, and it cannot come back";

impl NodeReport {
    fn silent(endpoint: Endpoint, name: String, why: String) -> Self {
        Self { endpoint, name, said: Err(why) }
    }

    /// The node's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.said.as_ref().map_or(&self.name, |status| &status.name)
    }

    /// Leader, follower, refused or down.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self.said.as_ref().map(|status| status.state.as_str()) {
            Ok("leader") => "leader",
            Ok("follower" | "candidate") => "follower",
            Ok("refused") => "refused",
            Ok(_) | Err(_) => "down",
        }
    }

    /// Why it is refused or down, or was refused before it healed.
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.said {
            Err(why) => why.clone(),
            Ok(status) if !status.reason.is_empty() => status.reason.clone(),
            Ok(status) => match status.state.as_str() {
                "candidate" => "no leader is known".into(),
                "starting" => "the HSM is starting".into(),
                _ => String::new(),
            },
        }
    }
}

impl FleetStatus {
    /// Asks every endpoint at once. `fleet` is what the pin says, where there is one.
    ///
    /// # Errors
    /// The system gives no way to ask.
    pub async fn ask(fleet: Option<&VerifiedFleet>, endpoints: &[Endpoint]) -> Result<Self, CommandError> {
        let mut asked = tokio::task::JoinSet::new();
        for (place, endpoint) in endpoints.iter().cloned().enumerate() {
            let transport = HttpTransport::new(None, Vec::new())?;
            asked.spawn(async move { (place, ask_one(&transport, &endpoint).await, endpoint) });
        }
        let mut nodes = BTreeMap::new();
        while let Some(answer) = asked.join_next().await {
            if let Ok((place, said, endpoint)) = answer {
                let name = name_of(fleet, place, &endpoint);
                let report = match said {
                    Ok(status) => NodeReport { endpoint, name, said: Ok(status) },
                    Err(why) => NodeReport::silent(endpoint, name, why),
                };
                nodes.insert(place, report);
            }
        }
        Ok(Self { fleet: fleet.cloned(), nodes: nodes.into_values().collect() })
    }

    /// Puts together what was heard, for tests.
    #[cfg(test)]
    fn of(fleet: Option<VerifiedFleet>, nodes: Vec<NodeReport>) -> Self {
        Self { fleet, nodes }
    }

    /// The leader that a majority follows.
    #[must_use]
    pub fn leader(&self) -> Option<&NodeReport> {
        self.nodes.iter().find(|node| {
            node.said
                .as_ref()
                .is_ok_and(|status| status.state == "leader" && self.followers_of(status) >= self.quorum())
        })
    }

    /// Whether a majority works together.
    #[must_use]
    pub fn has_majority(&self) -> bool {
        self.leader().is_some()
    }

    /// Whether the pin or a node says that keys are kept in files.
    #[must_use]
    pub fn is_simulation(&self) -> bool {
        let says_so =
            |node: &NodeReport| node.said.as_ref().is_ok_and(|said| said.platform.contains("SIMULATION"));
        self.fleet.as_ref().is_some_and(VerifiedFleet::is_simulation) || self.nodes.iter().any(says_so)
    }

    /// Whether every node leads or follows one leader.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let leader = self.leader().and_then(|leader| leader.said.as_ref().ok());
        leader.is_some_and(|leader| self.followers_of(leader) == self.nodes.len())
    }

    /// The leader itself, and those that follow it in its term.
    fn followers_of(&self, leader: &NodeStatus) -> usize {
        let follows = |status: &&NodeStatus| {
            matches!(status.state.as_str(), "leader" | "follower")
                && status.leader == leader.node
                && status.term == leader.term
        };
        self.nodes.iter().filter_map(|node| node.said.as_ref().ok()).filter(follows).count()
    }

    fn quorum(&self) -> usize {
        let of_endpoints = self.nodes.len() / 2 + 1;
        self.fleet.as_ref().map_or(of_endpoints, |fleet| usize::from(fleet.quorum()))
    }

    /// Why a node is not at work, or was not, as far as it and the others say.
    #[must_use]
    pub fn reason(&self, node: &NodeReport) -> String {
        let is_at_work = matches!(node.state(), "leader" | "follower");
        match &node.said {
            Ok(status) if is_at_work && status.reason.is_empty() && self.is_shut_out(status) => {
                SHUT_OUT.into()
            }
            _ => node.reason(),
        }
    }

    /// Whether a majority that follows a leader has links to a node's host and no session with its HSM.
    fn is_shut_out(&self, node: &NodeStatus) -> bool {
        let said = self.nodes.iter().filter_map(|report| report.said.as_ref().ok());
        let reaching: Vec<_> = said
            .filter(|other| other.node != node.node && other.leader != 0 && other.links.contains(&node.node))
            .collect();
        node.leader == 0
            && reaching.len() >= self.quorum()
            && reaching.iter().all(|other| !other.sessions.contains(&node.node))
    }

    /// Fails where a node names another fleet than the pinned one.
    ///
    /// # Errors
    /// Exit code 6.
    pub fn check_fleet(&self, pin: &Path) -> Result<(), CommandError> {
        let Some(fleet) = &self.fleet else { return Ok(()) };
        for node in &self.nodes {
            let Ok(status) = &node.said else { continue };
            if FleetId::from_hex(&status.fleet) != Some(fleet.id()) {
                return Err(foreign(fleet, pin, status, &node.endpoint));
            }
        }
        Ok(())
    }

    /// Fails where no majority works together.
    ///
    /// # Errors
    /// Exit code 5.
    pub fn check_majority(&self) -> Result<(), CommandError> {
        if self.has_majority() {
            return Ok(());
        }
        let up = self.nodes.iter().filter(|node| matches!(node.state(), "leader" | "follower")).count();
        let (asked, quorum) = (self.nodes.len(), self.quorum());
        let is = if up == 1 { "is" } else { "are" };
        let message = match self.fleet {
            Some(_) => format!(
                "The fleet has no majority: {up} of {asked} nodes {is} up, and {quorum} must work together. It answers \
                 nothing until they do; nothing is lost."
            ),
            None => format!(
                "No majority of the endpoints that were asked works together: {up} of {asked} {is} up. Where the fleet \
                 has more nodes, this says little about it: give its pin by --fleet, or every node by --endpoint."
            ),
        };
        Err(CommandError::new(Exit::NoMajority, message))
    }

    /// The JSON shape.
    #[must_use]
    pub fn to_json(&self) -> StatusJson {
        let number = |node: &NodeReport, take: fn(&NodeStatus) -> u64| node.said.as_ref().map_or(0, take);
        let node = |node: &NodeReport| NodeJson {
            name: node.name().to_owned(),
            state: node.state(),
            reason: self.reason(node),
            term: number(node, |status| status.term),
            applied: number(node, |status| status.applied),
        };
        StatusJson {
            majority: self.has_majority(),
            leader: self.leader().map(|leader| leader.name().to_owned()),
            nodes: self.nodes.iter().map(node).collect(),
        }
    }

    /// The table for people.
    #[must_use]
    pub fn to_table(&self) -> String {
        table::of(self)
    }
}

async fn ask_one(transport: &HttpTransport, endpoint: &Endpoint) -> Result<NodeStatus, String> {
    let body = transport.get(endpoint, "/v1/status", STATUS_TIMEOUT).await.map_err(|error| match error {
        TransportError::TimedOut => format!("it did not answer within {} s", STATUS_TIMEOUT.as_secs()),
        other => other.to_string(),
    })?;
    serde_json::from_slice(&body).map_err(|error| format!("what it says is no status: {error}"))
}

/// A pin names the nodes' endpoints in the order of their numbers.
fn name_of(fleet: Option<&VerifiedFleet>, place: usize, endpoint: &Endpoint) -> String {
    match fleet {
        Some(_) => format!("node-{}", place.saturating_add(1)),
        None => endpoint.to_string(),
    }
}

fn foreign(fleet: &VerifiedFleet, pin: &Path, status: &NodeStatus, endpoint: &Endpoint) -> CommandError {
    let message = format!(
        "This fleet is not the one you trust.\n  expected  fleet id {}, as pinned in {}\n  met       fleet id {} at {endpoint}\n\
         Either the address or the pin is wrong, or somebody stands in between.",
        fleet.id().to_hex(),
        pin.display(),
        status.fleet.escape_debug(),
    );
    CommandError::new(Exit::OtherFleet, message)
}

#[cfg(test)]
mod tests;
