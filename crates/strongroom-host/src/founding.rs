//! Founds a fleet: its HSMs meet here once, before each goes to its site.
//!
//! This only carries bytes between HSM processes. Each of them checks for itself
//! whom it meets, anchors the genesis once in its life, and signs the genesis
//! statement when it holds checkpoint 1. A founding that was interrupted
//! is begun again with new folders: a folder without its `node.toml` is none.

mod error;
mod folders;
mod meeting;
#[cfg(test)]
mod tests;

pub use error::FoundingError;

use crate::{
    hsm::launch::{HsmProgram, Launch},
    node::{AccountsConfig, NodeConfig, PLATFORM_FOLDER, PeerConfig},
    rates::RateLimits,
};
use meeting::Meeting;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use strongroom_protocol::{
    bytes::List,
    genesis::{Birth, Genesis, GenesisStatement, Member, SignedGenesisStatement},
    ids::{Digest, FleetId, NodeNumber, Version},
    keys::NodeKeys,
    limits::{GUESSES_MAX, MEMBERS_MAX},
};

/// What fleet is to be founded.
#[derive(Debug, Clone)]
pub struct FleetPlan {
    /// Where the nodes' folders are made: `node-1`, `node-2` and so on.
    pub dir: PathBuf,
    /// How many nodes: odd, from 3 to 9.
    pub nodes: u8,
    /// Guesses at a password between two successes.
    pub guesses: u8,
    /// Whether this is only a rehearsal.
    pub rehearsal: bool,
    /// Node N serves clients on `base_port` + N and other nodes on `base_port` + 100 + N; zero takes ports that are free.
    pub base_port: u16,
    /// The address that all nodes listen on.
    pub host: String,
    /// The HSM program.
    pub hsm_program: PathBuf,
    /// Seconds between two checkpoints, for rehearsals and tests; else the HSM program's own choice.
    pub checkpoint_seconds: Option<u32>,
    /// Origins of pages whose scripts may ask the nodes.
    pub origins: Vec<String>,
    /// Whose tokens the nodes take; a path that is not absolute is taken from each node's folder.
    pub accounts: AccountsConfig,
    /// How often accounts may ask.
    pub limits: RateLimits,
}

/// A step of the founding, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundingStep {
    /// An HSM has made its identity.
    Born(NodeNumber),
    /// An HSM has anchored the genesis.
    Adopted(NodeNumber),
    /// An HSM holds checkpoint 1 and has signed the genesis statement.
    Signed(NodeNumber),
}

/// A fleet that was founded.
#[derive(Clone)]
pub struct FoundedFleet {
    /// The fleet id: the hash of the genesis.
    pub fleet: FleetId,
    /// What is fixed for its life.
    pub genesis: Genesis,
    /// What all members signed.
    pub statement: GenesisStatement,
    /// Each member's signature under it, in the order of their numbers.
    pub signatures: Vec<SignedGenesisStatement>,
    /// The keys, with the fleet's endorsement, of those members that had shown theirs by then.
    pub keys: BTreeMap<NodeNumber, NodeKeys>,
    /// The nodes' folders, in the order of their numbers.
    pub folders: Vec<PathBuf>,
    /// Where clients reach the nodes, `host:port`, in the order of their numbers.
    pub addresses: Vec<String>,
}

/// Founds a fleet. Must be called within a tokio runtime.
///
/// # Errors
/// See [`FoundingError`]; the folders that were made are removed again.
pub async fn found_fleet(
    plan: FleetPlan,
    progress: impl FnMut(FoundingStep) + Send,
) -> Result<FoundedFleet, FoundingError> {
    let (path, checkpoint_seconds) = (plan.hsm_program.clone(), plan.checkpoint_seconds);
    let launch = move |folder: &Path| -> Box<dyn Launch> {
        let platform_folder = folder.join(PLATFORM_FOLDER);
        Box::new(HsmProgram { path: path.clone(), platform_folder, checkpoint_seconds })
    };
    found_with(plan, launch, progress).await
}

/// Founds a fleet of HSMs that `launch` starts.
async fn found_with(
    plan: FleetPlan,
    launch: impl FnMut(&Path) -> Box<dyn Launch> + Send,
    progress: impl FnMut(FoundingStep) + Send,
) -> Result<FoundedFleet, FoundingError> {
    check(&plan)?;
    let ports = folders::choose_ports(&plan)?;
    let folders = folders::make(&plan)?;
    let founded = meet(&plan, &folders, launch, progress).await;
    let founded = founded.and_then(|met| complete(&plan, &folders, ports, met));
    if founded.is_err() {
        folders::remove(&folders);
    }
    founded
}

fn check(plan: &FleetPlan) -> Result<(), FoundingError> {
    if plan.nodes < 3 || plan.nodes.is_multiple_of(2) || usize::from(plan.nodes) > MEMBERS_MAX {
        return Err(FoundingError::Nodes { nodes: plan.nodes });
    }
    if plan.guesses == 0 || plan.guesses > GUESSES_MAX {
        return Err(FoundingError::Guesses { guesses: plan.guesses });
    }
    Ok(())
}

/// What came out of the meeting of the HSMs.
struct Met {
    fleet: FleetId,
    genesis: Genesis,
    signatures: BTreeMap<NodeNumber, SignedGenesisStatement>,
    keys: BTreeMap<NodeNumber, NodeKeys>,
}

async fn meet(
    plan: &FleetPlan,
    folders: &[PathBuf],
    launch: impl FnMut(&Path) -> Box<dyn Launch> + Send,
    mut progress: impl FnMut(FoundingStep) + Send,
) -> Result<Met, FoundingError> {
    let mut meeting = Meeting::begin(folders, launch)?;
    let met = hold(plan, &mut meeting, &mut progress).await;
    meeting.end().await;
    met
}

async fn hold(
    plan: &FleetPlan,
    meeting: &mut Meeting,
    progress: &mut (impl FnMut(FoundingStep) + Send),
) -> Result<Met, FoundingError> {
    let births = meeting.births(progress).await?;
    let genesis = genesis(plan, births)?;
    let fleet = meeting.adopt(&genesis, progress).await?;
    let signatures = meeting.found_and_sign(progress).await?;
    Ok(Met { fleet, genesis, signatures, keys: meeting.take_keys() })
}

/// Writes down what the founding came to; the nodes' configurations last.
fn complete(
    plan: &FleetPlan,
    folders: &[PathBuf],
    ports: Vec<folders::Ports>,
    met: Met,
) -> Result<FoundedFleet, FoundingError> {
    let Met { fleet, genesis, signatures, keys } = met;
    let statement = agreed(&signatures)?;
    let address = |port: u16| format!("{}:{port}", plan.host);
    let peers: Vec<_> =
        ports.iter().map(|ports| PeerConfig { node: ports.node.0, address: address(ports.peers) }).collect();
    for (ports, folder) in ports.iter().zip(folders) {
        let config = NodeConfig {
            folder: folder.clone(),
            node: ports.node,
            name: format!("node-{}", ports.node),
            fleet,
            listen: address(ports.clients),
            peer_listen: address(ports.peers),
            hsm_program: None,
            checkpoint_seconds: plan.checkpoint_seconds,
            origins: plan.origins.clone(),
            accounts: plan.accounts.clone(),
            limits: plan.limits,
            peers: peers.iter().filter(|peer| peer.node != ports.node.0).cloned().collect(),
        };
        config.write()?;
    }
    Ok(FoundedFleet {
        fleet,
        genesis,
        statement,
        signatures: signatures.into_values().collect(),
        keys,
        folders: folders.to_vec(),
        addresses: ports.iter().map(|ports| address(ports.clients)).collect(),
    })
}

/// The one statement that all have signed.
fn agreed(
    signatures: &BTreeMap<NodeNumber, SignedGenesisStatement>,
) -> Result<GenesisStatement, FoundingError> {
    let mut statements = signatures.values().map(|signed| &signed.statement);
    let first = statements.next().ok_or(FoundingError::Disagreement { what: "nobody signed" })?;
    if statements.any(|statement| statement != first) {
        return Err(FoundingError::Disagreement { what: "the members signed different statements" });
    }
    Ok(first.clone())
}

fn genesis(plan: &FleetPlan, births: BTreeMap<NodeNumber, Birth>) -> Result<Genesis, FoundingError> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(FoundingError::Randomness)?;
    let mut measurements = births.values().map(|birth| birth.measurement);
    let measurement = measurements.next().ok_or(FoundingError::Nodes { nodes: 0 })?;
    if measurements.any(|other| other != measurement) {
        return Err(FoundingError::Disagreement { what: "the HSMs run different programs" });
    }
    let members = births.into_iter().map(|(node, birth)| Member { node, birth }).collect();
    Ok(Genesis {
        version: Version,
        nonce,
        rehearsal: u8::from(plan.rehearsal),
        members: List::new(members).ok_or(FoundingError::Nodes { nodes: plan.nodes })?,
        quorum: plan.nodes / 2 + 1,
        guesses: plan.guesses,
        measurement,
        vendor_roots: Digest::new([0; 32]),
    })
}
