//! A node: one HSM with its host, the way a site runs it.

mod config;
#[cfg(test)]
pub(crate) mod tests;

pub use config::{AccountsConfig, CONFIG_FILE, ConfigError, NodeConfig, PeerConfig};

use crate::{
    accounts::{Accounts, JwksError},
    hsm::{
        Condition, Hsm, RestartPolicy,
        launch::{HsmProgram, Launch},
    },
    http::{self, Desk, Server},
    limits::LISTEN_TIMEOUT,
    meters::Meters,
    peers::{self, Peers, PeersPlan},
    rates::Rates,
    store::StoreError,
    trust::TrustFiles,
};
use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use strongroom_protocol::ids::NodeNumber;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinHandle,
    time::{interval, sleep},
};

/// Where the HSM's platform keeps its files, in a node's folder.
pub const PLATFORM_FOLDER: &str = "platform";
/// Where the host keeps its store, in a node's folder.
pub const STORE_FOLDER: &str = "store";

/// Why a node does not run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The identity provider's keys cannot be used.
    #[error(transparent)]
    Accounts(#[from] JwksError),
    /// An address cannot be listened on.
    #[error(
        "cannot listen on {address} for {purpose}: {cause}. Is another node running there? Stop it, or change `{field}` in node.toml"
    )]
    Listen {
        /// The address.
        address: String,
        /// Who would come there.
        purpose: &'static str,
        /// Where the address stands in the configuration.
        field: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// The system does not give what every program needs.
    #[error("the system refuses: {0}")]
    System(#[from] io::Error),
}

/// A running node.
pub struct Node {
    hsm: Hsm,
    supervisor: thread::JoinHandle<()>,
    links: peers::Running,
    server: JoinHandle<()>,
    upkeep: JoinHandle<()>,
    stop: watch::Sender<bool>,
    address: SocketAddr,
    peer_address: SocketAddr,
}

impl Node {
    /// Starts a node. Must be called within a tokio runtime.
    ///
    /// The HSM program is the configuration's, else `hsm_program`.
    ///
    /// # Errors
    /// An address is taken, the store cannot be opened, or the accounts' keys cannot be read. An HSM
    /// that does not start is no error here: the node says so at `/v1/health`.
    pub async fn start(config: NodeConfig, hsm_program: &Path) -> Result<Self, NodeError> {
        let path = config.hsm_program.clone().unwrap_or_else(|| hsm_program.to_path_buf());
        let platform_folder = config.folder.join(PLATFORM_FOLDER);
        let launch =
            Box::new(HsmProgram { path, platform_folder, checkpoint_seconds: config.checkpoint_seconds });
        Self::start_with(config, launch, RestartPolicy::default()).await
    }

    /// Starts a node whose HSM is started by `launch`.
    pub(crate) async fn start_with(
        config: NodeConfig,
        launch: Box<dyn Launch>,
        policy: RestartPolicy,
    ) -> Result<Self, NodeError> {
        let accounts = &config.accounts;
        let accounts = Accounts::open(&accounts.jwks, &config.folder, &accounts.issuer, &accounts.audience)?;
        let clients = listen(&config.listen, "clients", "listen").await?;
        let hosts = listen(&config.peer_listen, "other nodes", "peer_listen").await?;
        let (address, peer_address) = (clients.local_addr()?, hosts.local_addr()?);
        let (hsm, supervisor) = Hsm::start(launch, config.folder.join(STORE_FOLDER), policy)?;
        let (peers, links) = Peers::start(peers_plan(&config), hosts, hsm.inbox());
        hsm.connect(peers.clone());
        let desk = Arc::new(Desk {
            name: config.name,
            node: config.node,
            fleet: config.fleet,
            hsm: hsm.clone(),
            peers,
            accounts,
            rates: Rates::new(&config.limits),
            meters: Meters::new(),
            trust: TrustFiles::new(&config.folder),
        });
        let (stop, stopping) = watch::channel(false);
        let server =
            tokio::spawn(Server::new(clients, http::router(desk.clone(), &config.origins)).run(stopping));
        let upkeep = tokio::spawn(upkeep(desk));
        tracing::info!(%address, %peer_address, "the node runs; INSECURE SIMULATION");
        Ok(Self { hsm, supervisor, links, server, upkeep, stop, address, peer_address })
    }

    /// Where clients reach it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where other nodes reach it.
    pub fn peer_address(&self) -> SocketAddr {
        self.peer_address
    }

    /// Its HSM.
    pub fn hsm(&self) -> &Hsm {
        &self.hsm
    }

    /// Stops: no new request is taken, those that have begun get their answers for a bounded
    /// time, the HSM ends, the store is flushed and closed.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // Both end by themselves or have ended in a panic that was reported.
        let _ = self.server.await;
        self.upkeep.abort();
        self.hsm.stop();
        drop(self.links);
        let supervisor = self.supervisor;
        let _ = tokio::task::spawn_blocking(move || supervisor.join()).await;
        tracing::info!("the node has stopped");
    }
}

/// Runs the node in `dir` until SIGTERM or SIGINT. Must be called within a tokio runtime.
///
/// # Errors
/// The node does not start; see [`NodeError`].
pub async fn run_node(dir: &Path, hsm_program: &Path) -> Result<(), NodeError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let node = Node::start(NodeConfig::read(dir)?, hsm_program).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    node.stop().await;
    Ok(())
}

fn peers_plan(config: &NodeConfig) -> PeersPlan {
    let addresses = config.peers.iter().map(|peer| (NodeNumber(peer.node), peer.address.clone())).collect();
    PeersPlan { fleet: config.fleet, node: config.node, addresses }
}

/// Listens on an address. One that is in use is tried for a while: a node that was just killed may still hold it.
async fn listen(address: &str, purpose: &'static str, field: &'static str) -> Result<TcpListener, NodeError> {
    let begun = Instant::now();
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(cause) if cause.kind() == io::ErrorKind::AddrInUse && begun.elapsed() < LISTEN_TIMEOUT => {
                sleep(Duration::from_millis(100)).await;
            }
            Err(cause) => return Err(NodeError::Listen { address: address.into(), purpose, field, cause }),
        }
    }
}

/// What has to be done now and then.
async fn upkeep(desk: Arc<Desk>) {
    let mut minute = interval(Duration::from_secs(60));
    let mut condition = desk.hsm.watch();
    loop {
        tokio::select! {
            _ = minute.tick() => desk.rates.forget_idle(),
            changed = condition.changed() => {
                if changed.is_err() {
                    return;
                }
                report(&condition.borrow_and_update());
            }
        }
    }
}

fn report(condition: &Condition) {
    match condition {
        Condition::Running => tracing::info!("the HSM runs"),
        Condition::Down { reason } => tracing::warn!(%reason, "the HSM is down"),
        Condition::Failed { reason } => tracing::error!(%reason, "the node has failed"),
        Condition::Starting | Condition::Stopped => {}
    }
}
