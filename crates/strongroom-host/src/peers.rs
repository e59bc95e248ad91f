//! Links to the other hosts of the fleet. Page: `docs/spec/http.md`, "The link between hosts".
//!
//! Hosts hold no secrets, and what they carry between HSMs is authenticated inside
//! it; so a link authenticates nobody. Two rules keep strangers from more than noise:
//!
//! - A node sends only over links that it opened itself, to the addresses in its own
//!   configuration. Nobody can take a link over by connecting.
//! - What comes in over a link that somebody else opened is a claim, for the HSM to
//!   check. Its end is not reported to the HSM, so nobody can part two nodes by
//!   connecting and hanging up.
//!
//! A pair of nodes thus has two links, one in each direction. The queue of a
//! link is bounded; a link whose queue is full is closed and made anew, because an
//! HSM's session does not survive a lost frame.

mod accepted;
mod message;
mod opened;
mod shipment;
#[cfg(test)]
mod tests;

use crate::{
    hsm::session::HsmInput,
    limits::{LINK_BYTES_MAX, LINK_FRAMES_MAX},
    store::Store,
};
use shipment::Shipments;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{FleetId, NodeNumber},
    limits::FRAME_BYTES_MAX,
    pipe::{NodeVersion, TreeNode},
};
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc},
    task::JoinSet,
};

/// Where this node stands among its peers.
pub(crate) struct PeersPlan {
    pub(crate) fleet: FleetId,
    pub(crate) node: NodeNumber,
    /// The other nodes' addresses, `host:port`.
    pub(crate) addresses: BTreeMap<NodeNumber, String>,
}

/// What the links need of this node.
pub(crate) trait Inbox: Send + Sync {
    /// The way to the HSM, while one runs.
    fn input(&self) -> Option<HsmInput>;
    /// The store, while it is open.
    fn store(&self) -> Option<Arc<Store>>;
}

impl Inbox for crate::hsm::Shared {
    fn input(&self) -> Option<HsmInput> {
        Self::input(self)
    }

    fn store(&self) -> Option<Arc<Store>> {
        Self::store(self)
    }
}

/// The links of this node. A clone is another handle to the same ones.
#[derive(Clone)]
pub(crate) struct Peers {
    links: Arc<BTreeMap<NodeNumber, Arc<Link>>>,
    shipments: Arc<Shipments>,
    /// How often nodes were asked for; says who is asked first.
    turns: Arc<AtomicUsize>,
}

/// The link that this node opens to one peer.
struct Link {
    queue: mpsc::Sender<Outgoing>,
    waiting_bytes: AtomicUsize,
    is_up: AtomicBool,
    overflow: Notify,
}

/// What waits to go out over a link.
enum Outgoing {
    Frame(Bytes<FRAME_BYTES_MAX>),
    Wanted(u64, Vec<NodeVersion>),
}

/// Keeps the links until it is dropped.
pub(crate) struct Running(#[expect(dead_code, reason = "its drop ends the tasks")] JoinSet<()>);

impl Peers {
    /// Begins to accept links and to open them. Must be called within a tokio runtime.
    pub(crate) fn start(plan: PeersPlan, listener: TcpListener, inbox: Arc<dyn Inbox>) -> (Self, Running) {
        let plan = Arc::new(plan);
        let shipments = Arc::new(Shipments::default());
        let mut tasks = JoinSet::new();
        let mut links = BTreeMap::new();
        for (node, address) in plan.addresses.clone() {
            let (queue, outgoing) = mpsc::channel(LINK_FRAMES_MAX);
            let link = Arc::new(Link {
                queue,
                waiting_bytes: AtomicUsize::new(0),
                is_up: AtomicBool::new(false),
                overflow: Notify::new(),
            });
            links.insert(node, link.clone());
            let opener = opened::Opener {
                plan: plan.clone(),
                node,
                address,
                link,
                inbox: inbox.clone(),
                shipments: shipments.clone(),
            };
            tasks.spawn(opener.run(outgoing));
        }
        tasks.spawn(accepted::accept(plan, listener, inbox));
        (Self { links: Arc::new(links), shipments, turns: Arc::default() }, Running(tasks))
    }

    /// Sends a frame to a peer's HSM if there is a link to it; never waits.
    pub(crate) fn send(&self, node: NodeNumber, frame: Bytes<FRAME_BYTES_MAX>) {
        if let Some(link) = self.links.get(&node) {
            link.send(Outgoing::Frame(frame));
        }
    }

    /// The peers that a link is up to.
    pub(crate) fn up(&self) -> Vec<NodeNumber> {
        self.links.iter().filter(|(_, link)| link.is_up()).map(|(node, _)| *node).collect()
    }

    /// Asks one peer after the other for tree nodes until all are found or nobody is left.
    ///
    /// Each time another one is asked first: a copy may have rotted, which only the HSM sees, and the next question is
    /// answered with another's.
    pub(crate) async fn fetch(&self, mut missing: Vec<NodeVersion>) -> Vec<TreeNode> {
        let mut found = Vec::new();
        let mut links: Vec<&Arc<Link>> = self.links.values().filter(|link| link.is_up()).collect();
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let first = turn.checked_rem(links.len()).unwrap_or(0);
        links.rotate_left(first);
        for link in links {
            let arrived = self.shipments.fetch(|id| link.send(Outgoing::Wanted(id, missing.clone()))).await;
            for node in arrived {
                let version = NodeVersion { name: node.name, version: node.version };
                if let Some(at) = missing.iter().position(|wanted| *wanted == version) {
                    missing.swap_remove(at);
                    found.push(node);
                }
            }
            if missing.is_empty() {
                break;
            }
        }
        found
    }
}

impl Link {
    fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    fn send(&self, message: Outgoing) {
        if !self.is_up() {
            return;
        }
        let bytes = message.bytes();
        let before = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > LINK_BYTES_MAX || self.queue.try_send(message).is_err() {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.overflow.notify_one();
        }
    }

    /// Says that a message has left the queue.
    fn left(&self, message: &Outgoing) {
        self.waiting_bytes.fetch_sub(message.bytes(), Ordering::Relaxed);
    }
}

impl Outgoing {
    fn bytes(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.len(),
            Self::Wanted(_, nodes) => nodes.len() * 64,
        }
    }
}
