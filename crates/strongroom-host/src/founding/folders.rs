//! The nodes' folders and ports.

use super::{FleetPlan, FoundingError};
use crate::node::CONFIG_FILE;
use std::{fs, io, net::TcpListener, ops::Range, path::PathBuf};
use strongroom_protocol::ids::NodeNumber;

/// What lies between a node's port for clients and its port for other nodes.
const PEER_PORT_DISTANCE: u16 = 100;

/// Where free ports are looked for: below those that systems give to outgoing connections, because a node that
/// is started again wants the port that it had, and a connection may hold any of the others by then.
const FREE_PORTS: Range<u16> = 10_000..32_000;
/// Ports that are tried for one that is free.
const FREE_PORT_TRIES_MAX: u32 = 1000;

/// The ports of one node.
pub(super) struct Ports {
    pub(super) node: NodeNumber,
    pub(super) clients: u16,
    pub(super) peers: u16,
}

/// Makes a folder for each node. What an interrupted founding left is removed; a founded node is not.
pub(super) fn make(plan: &FleetPlan) -> Result<Vec<PathBuf>, FoundingError> {
    let folders: Vec<_> = (1..=plan.nodes).map(|node| plan.dir.join(format!("node-{node}"))).collect();
    if let Some(founded) = folders.iter().find(|folder| folder.join(CONFIG_FILE).exists()) {
        return Err(FoundingError::Exists { folder: founded.clone() });
    }
    for folder in &folders {
        let failed = |cause| FoundingError::Folder { folder: folder.clone(), cause };
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(failed)?;
        }
        fs::create_dir_all(folder).map_err(failed)?;
    }
    Ok(folders)
}

/// Removes the folders of a founding that came to nothing: their HSMs can never belong to another fleet.
pub(super) fn remove(folders: &[PathBuf]) {
    for folder in folders {
        if let Err(cause) = fs::remove_dir_all(folder) {
            tracing::warn!(folder = %folder.display(), %cause, "a folder of the failed founding stays");
        }
    }
}

/// The ports of every node: counted from the base port, or any that are free.
pub(super) fn choose_ports(plan: &FleetPlan) -> Result<Vec<Ports>, FoundingError> {
    if plan.base_port == 0 {
        return free_ports(plan);
    }
    let counted = |node: u8| {
        let clients = plan.base_port.checked_add(u16::from(node))?;
        Some(Ports { node: NodeNumber(node), clients, peers: clients.checked_add(PEER_PORT_DISTANCE)? })
    };
    (1..=plan.nodes)
        .map(counted)
        .collect::<Option<_>>()
        .ok_or(FoundingError::Ports { base_port: plan.base_port })
}

/// Ports that nobody listens on at the moment; all are held until all are chosen, so that none comes twice.
fn free_ports(plan: &FleetPlan) -> Result<Vec<Ports>, FoundingError> {
    let failed = |cause| FoundingError::Folder { folder: plan.dir.clone(), cause };
    let mut held = Vec::new();
    let mut free = || -> Result<u16, FoundingError> {
        let listener = bind_anywhere(&plan.host).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        held.push(listener);
        Ok(port)
    };
    (1..=plan.nodes)
        .map(|node| Ok(Ports { node: NodeNumber(node), clients: free()?, peers: free()? }))
        .collect()
}

fn bind_anywhere(host: &str) -> io::Result<TcpListener> {
    let mut outcome = Err(io::ErrorKind::AddrInUse.into());
    for _ in 0..FREE_PORT_TRIES_MAX {
        let drawn =
            getrandom::u32().map_err(io::Error::other)? % u32::from(FREE_PORTS.end - FREE_PORTS.start);
        let port = FREE_PORTS.start.saturating_add(u16::try_from(drawn).unwrap_or_default());
        outcome = TcpListener::bind((host, port));
        match &outcome {
            Err(cause) if cause.kind() == io::ErrorKind::AddrInUse => {}
            _ => return outcome,
        }
    }
    outcome
}
