//! How a node stands: for people, scripts and load balancers.

use super::{Desk, Shared};
use crate::{
    hsm::Condition,
    process::{self, ProcessFacts},
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use strongroom_protocol::pipe::{HsmStatus, Role};

/// What stands in the status of a node on the only platform there is.
const SIMULATION: &str = "INSECURE SIMULATION: this node keeps its keys in files";

/// How a node stands; the body of `GET /v1/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// The node's name.
    pub name: String,
    /// Its number in the fleet.
    pub node: u8,
    /// The fleet, hex.
    pub fleet: String,
    /// What its platform is worth.
    pub platform: String,
    /// leader, follower, candidate, starting, refused, down or failed.
    pub state: String,
    /// Why it is refused, or was before it healed, or is down or failed; else empty.
    pub reason: String,
    /// The term.
    pub term: u64,
    /// The leader's number; zero where none is known.
    pub leader: u8,
    /// The last entry of the log.
    pub last: u64,
    /// The last entry known to be committed.
    pub committed: u64,
    /// The last entry applied.
    pub applied: u64,
    /// The checkpoint recorded last.
    pub checkpoint: u64,
    /// The era.
    pub era: u64,
    /// The hash of the key tree's root at the checkpoint, hex.
    pub root: String,
    /// Vaults made and not erased.
    pub vaults: u64,
    /// How often the HSM was started.
    pub boot: u64,
    /// The nodes whose HSMs this one has a session with.
    pub sessions: Vec<u8>,
    /// The nodes whose hosts this one has a link to.
    pub links: Vec<u8>,
    /// What the HSM has counted since it started.
    pub counters: StatusCounters,
    /// The HSM's process.
    pub hsm: StatusHsm,
    /// The host's process.
    pub host: ProcessFacts,
}

/// The HSM's process, and how often there was a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusHsm {
    /// Its number; zero where none runs.
    pub process: u32,
    /// How often it was started anew.
    pub restarts: u64,
    /// Its memory and time.
    #[serde(flatten)]
    pub facts: ProcessFacts,
}

/// What an HSM has counted since it started; see `strongroom_protocol::pipe::Counters`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is described where it is counted")]
pub struct StatusCounters {
    pub requests: u64,
    pub unreadable: u64,
    pub refused: u64,
    pub guesses_answered: u64,
    pub successes: u64,
    pub slots_erased: u64,
    pub entries_applied: u64,
    pub batches: u64,
    pub tree_nodes: u64,
    pub tree_bytes: u64,
    pub checkpoints: u64,
    pub campaigns: u64,
}

/// Whether a node serves; the body of `GET /v1/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whether it serves.
    pub serving: bool,
    /// Why it does not; else empty.
    pub reason: String,
}

pub(super) async fn status(State(desk): Shared) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(node_status(&desk))).into_response()
}

pub(super) async fn health(State(desk): Shared) -> Response {
    let mut health = node_health(&desk);
    if health.serving && !desk.accounts.has_keys() {
        let reason = "the identity provider's keys could not be fetched yet, so no client is let in";
        health = Health { serving: false, reason: reason.into() };
    }
    let code = if health.serving { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, [(header::CACHE_CONTROL, "no-store")], Json(health)).into_response()
}

fn node_status(desk: &Desk) -> NodeStatus {
    let known = desk.hsm.status();
    let (state, reason) = state_and_reason(desk.hsm.condition(), known.as_ref());
    let process = desk.hsm.process();
    NodeStatus {
        name: desk.name.clone(),
        node: desk.node.0,
        fleet: desk.fleet.to_hex(),
        platform: SIMULATION.into(),
        state,
        reason,
        links: desk.peers.up().iter().map(|node| node.0).collect(),
        hsm: StatusHsm { process, restarts: desk.hsm.restarts(), facts: process::facts_of(process) },
        host: process::facts_of(std::process::id()),
        ..of_report(known.as_ref())
    }
}

/// The process decides where it does not run; where it does, the HSM's own word stands.
fn state_and_reason(condition: Condition, known: Option<&HsmStatus>) -> (String, String) {
    let word = |word: &str, reason: String| (word.to_owned(), reason);
    match (condition, known) {
        (Condition::Failed { reason }, _) => word("failed", reason),
        (Condition::Down { reason }, _) => word("down", reason),
        (Condition::Stopped, _) => word("down", "the node is stopping".into()),
        (Condition::Running, Some(status)) => word(status.role.word(), status.reason.as_str().into()),
        (Condition::Starting | Condition::Running, _) => word("starting", String::new()),
    }
}

/// What the HSM said; nothing where it has said nothing.
fn of_report(known: Option<&HsmStatus>) -> NodeStatus {
    let number = |take: fn(&HsmStatus) -> u64| known.map(take).unwrap_or_default();
    NodeStatus {
        term: number(|status| status.term.0),
        leader: known.map(|status| status.leader.0).unwrap_or_default(),
        last: number(|status| status.last.0),
        committed: number(|status| status.committed.0),
        applied: number(|status| status.applied.0),
        checkpoint: number(|status| status.checkpoint.0),
        era: number(|status| status.era.0),
        root: known.map(|status| status.root.to_hex()).unwrap_or_default(),
        vaults: number(|status| status.vaults),
        boot: number(|status| status.boot),
        sessions: known
            .map(|status| status.sessions.as_slice().iter().map(|node| node.0).collect())
            .unwrap_or_default(),
        counters: known.map(counters).unwrap_or_default(),
        name: String::new(),
        node: 0,
        fleet: String::new(),
        platform: String::new(),
        state: String::new(),
        reason: String::new(),
        links: Vec::new(),
        hsm: StatusHsm { process: 0, restarts: 0, facts: ProcessFacts::default() },
        host: ProcessFacts::default(),
    }
}

fn counters(status: &HsmStatus) -> StatusCounters {
    let counted = &status.counters;
    StatusCounters {
        requests: counted.requests,
        unreadable: counted.unreadable,
        refused: counted.refused,
        guesses_answered: counted.guesses_answered,
        successes: counted.successes,
        slots_erased: counted.slots_erased,
        entries_applied: counted.entries_applied,
        batches: counted.batches,
        tree_nodes: counted.tree_nodes,
        tree_bytes: counted.tree_bytes,
        checkpoints: counted.checkpoints,
        campaigns: counted.campaigns,
    }
}

fn node_health(desk: &Desk) -> Health {
    let unhealthy = |reason: &str| Health { serving: false, reason: reason.into() };
    match (desk.hsm.condition(), desk.hsm.status()) {
        (Condition::Failed { reason } | Condition::Down { reason }, _) => unhealthy(&reason),
        (Condition::Stopped, _) => unhealthy("the node is stopping"),
        (Condition::Starting, _) | (_, None) => unhealthy("the HSM is starting"),
        (Condition::Running, Some(_)) if !desk.hsm.reports() => {
            unhealthy("the HSM has not reported for a while")
        }
        (Condition::Running, Some(status)) => match status.role {
            Role::Leader => Health { serving: true, reason: String::new() },
            Role::Follower if status.leader.0 != 0 => Health { serving: true, reason: String::new() },
            Role::Follower | Role::Candidate => {
                unhealthy("no leader is known: the fleet may have no majority")
            }
            Role::Starting => unhealthy("the HSM is starting"),
            Role::Refused => unhealthy(status.reason.as_str()),
        },
    }
}
