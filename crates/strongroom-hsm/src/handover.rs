//! The hand-over: how a member that lags, or whose log was refused, comes back.
//! Page: `docs/design/replication.md`.
//!
//! It takes a recorded checkpoint from a peer, never older log, and walks the new tree from its
//! root until all of it lies in its own host's store. Only then does raft-rs see the
//! checkpoint and does the member acknowledge anything behind it. If the fleet has moved
//! on meanwhile, the walk turns to the newer root and goes on from what is there.

use crate::{
    effect::Effects,
    fault::Fault,
    peer::{HandedOver, PeerBody},
    raft_log::LogPoint,
    tree::{Root, Source, TreeContext, Walk, WalkStep},
};
use strongroom_protocol::{
    bytes::List,
    ids::{LogIndex, NodeNumber},
    limits::{TREE_BYTES_PER_MESSAGE, TREE_NODES_PER_MESSAGE_MAX},
    pipe::{FetchNodes, Fetched, HsmMessage, NodeVersion, TreeNode},
};

/// Ticks without progress after which another peer is asked.
const PATIENCE_TICKS: u32 = 100;
/// Questions without a single node after which a newer root is asked for.
const FRUITLESS_MAX: u32 = 3;

/// A hand-over on its way.
pub struct HandOver {
    /// A checkpoint before this index does not help.
    needed: LogIndex,
    /// Up to here the own store is known to hold its tree.
    have: LogIndex,
    source: NodeNumber,
    received: Option<HandedOver>,
    walk: Option<Walk>,
    question: Option<(u64, Source)>,
    /// Names in the question, and parts that have come as its answer.
    asked: usize,
    parts: usize,
    waited: u32,
    fruitless: u32,
    /// The tree is complete and being made durable.
    flushing: bool,
}

impl HandOver {
    /// Begins one: from `source`, of a checkpoint at `needed` or beyond.
    pub fn begin(source: NodeNumber, needed: LogIndex, have: LogIndex) -> Self {
        Self {
            needed,
            have,
            source,
            received: None,
            walk: None,
            question: None,
            asked: 0,
            parts: 0,
            waited: PATIENCE_TICKS,
            fruitless: 0,
            flushing: false,
        }
    }

    /// Per mille of the key space that was walked, for people to look at.
    pub fn per_mille(&self) -> u16 {
        self.walk.as_ref().map_or(0, Walk::done_per_mille)
    }

    /// Whether the tree is complete and waits to be durable.
    pub fn is_flushing(&self) -> bool {
        self.flushing
    }

    /// Time has passed: asks for a checkpoint, from another peer where one keeps silent.
    pub fn tick(&mut self, peers: &[NodeNumber]) -> Option<(NodeNumber, PeerBody)> {
        self.waited = self.waited.saturating_add(1);
        if self.waited < PATIENCE_TICKS || self.flushing {
            return None;
        }
        self.waited = 0;
        let next = peers.iter().find(|node| **node > self.source).or(peers.first());
        let asked = self.source;
        self.source = next.copied().unwrap_or(self.source);
        peers.contains(&asked).then_some((asked, PeerBody::HandOver(self.needed)))
    }

    /// A peer hands a checkpoint over.
    pub fn receive(
        &mut self,
        handed: HandedOver,
        context: &TreeContext,
        fetch: u64,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        let newer =
            self.received.as_ref().is_none_or(|known| known.checkpoint.index < handed.checkpoint.index);
        if handed.checkpoint.index < self.needed || !newer || self.flushing {
            return Ok(());
        }
        let root = Root::decode(handed.checkpoint.root.as_slice())?;
        match &mut self.walk {
            Some(walk) => walk.retarget(&root),
            None => self.walk = Some(Walk::begin(context, &root, self.have)),
        }
        self.received = Some(handed);
        if planted!(HandsOverWithoutTree) {
            self.flushing = true;
            let index = self.target().ok_or(Fault::Own("a walk without a checkpoint"))?;
            effects.host(HsmMessage::FlushTree(index));
            return Ok(());
        }
        self.question = None;
        self.waited = 0;
        self.fruitless = 0;
        self.step(fetch, effects)
    }

    /// The host brings nodes.
    pub fn found(&mut self, fetched: Fetched, fetch: u64, effects: &mut Effects) -> Result<(), Fault> {
        let (Some((number, source)), Some(walk)) = (self.question, self.walk.as_mut()) else { return Ok(()) };
        if number != fetched.fetch {
            return Ok(());
        }
        let last = fetched.last == 1;
        let unfound = walk
            .found(source, fetched.nodes.into_vec(), last)
            .map_err(|_| Fault::Own("a handed-over tree holds a malformed node"))?;
        // Rot is no progress: a host that sends nothing else is asked no more than a silent one.
        self.parts = self.parts.saturating_add(1);
        let still_asked = unfound.missing.len().saturating_add(unfound.rotten.len());
        let progress = if last { still_asked < self.asked } else { self.parts <= self.asked };
        if source == Source::Own || progress {
            self.waited = 0;
            self.fruitless = 0;
        } else if last {
            self.fruitless = self.fruitless.saturating_add(1);
        }
        if self.fruitless >= FRUITLESS_MAX {
            // The root is too old: whoever has its nodes has dropped them. A newer one is asked for.
            self.waited = PATIENCE_TICKS;
            self.question = None;
            return Ok(());
        }
        if last { self.step(fetch, effects) } else { Ok(()) }
    }

    /// The tree is durable: gives what was handed over.
    pub fn finish(self) -> Option<HandedOver> {
        self.received
    }

    /// Where the log goes on behind the checkpoint that is being walked to.
    pub fn target_point(&self) -> Option<LogPoint> {
        self.received.as_ref().map(|handed| handed.checkpoint.point())
    }

    /// The index of the checkpoint that is being walked to.
    pub fn target(&self) -> Option<LogIndex> {
        self.received.as_ref().map(|handed| handed.checkpoint.index)
    }

    fn step(&mut self, fetch: u64, effects: &mut Effects) -> Result<(), Fault> {
        self.parts = 0;
        loop {
            let Some(walk) = self.walk.as_mut() else { return Ok(()) };
            match walk.next() {
                WalkStep::Store(nodes) => store(nodes, effects)?,
                WalkStep::AskOwn(names) => {
                    self.asked = names.len();
                    self.question = Some((fetch, Source::Own));
                    return ask(fetch, names, 0, effects);
                }
                WalkStep::AskElsewhere(names) => {
                    self.asked = names.len();
                    self.question = Some((fetch, Source::Elsewhere));
                    return ask(fetch, names, 1, effects);
                }
                WalkStep::Done => {
                    self.flushing = true;
                    let index = self.target().ok_or(Fault::Own("a walk without a checkpoint"))?;
                    effects.host(HsmMessage::FlushTree(index));
                    return Ok(());
                }
            }
        }
    }
}

fn ask(fetch: u64, names: Vec<NodeVersion>, elsewhere: u8, effects: &mut Effects) -> Result<(), Fault> {
    let nodes = List::new(names).ok_or(Fault::Own("a walk asks for too much at once"))?;
    effects.host(HsmMessage::FetchNodes(FetchNodes { fetch, nodes, elsewhere }));
    Ok(())
}

/// Stores nodes in the order given, in messages of a bounded size.
pub fn store(nodes: Vec<TreeNode>, effects: &mut Effects) -> Result<(), Fault> {
    let mut part = Vec::new();
    let mut bytes = 0usize;
    for node in nodes {
        bytes = bytes.saturating_add(node.ciphertext.len()).saturating_add(48);
        part.push(node);
        if bytes >= TREE_BYTES_PER_MESSAGE || part.len() >= TREE_NODES_PER_MESSAGE_MAX {
            send(core::mem::take(&mut part), effects)?;
            bytes = 0;
        }
    }
    if part.is_empty() { Ok(()) } else { send(part, effects) }
}

fn send(nodes: Vec<TreeNode>, effects: &mut Effects) -> Result<(), Fault> {
    let nodes = List::new(nodes).ok_or(Fault::Own("too many tree nodes in one message"))?;
    effects.host(HsmMessage::Tree(nodes));
    Ok(())
}
