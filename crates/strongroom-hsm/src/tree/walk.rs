//! The hand-over's walk through a tree: what a member lacks, fetched and stored.
//!
//! Page: `docs/spec/tree.md`, "Hand-over".
//!
//! Depth first, in the order of the prefixes, in questions of at most [`ASKED_MAX`]
//! nodes. A node is handed out for storing only after everything below it; so a
//! node that is found in the own store stands for all below it, and a walk that is
//! cut off at any point, begun again or turned to a newer root, goes on from what
//! is there. Memory is bounded by the depth of the tree, not by its size.
//!
//! Absent on purpose: I/O, retries and patience. The caller asks whom it likes, as
//! often as it likes.

use crate::tree::{
    Malformed, NodeReference, Root, TreeContext,
    inner::{Child, Children, child_prefix, decode},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};
use strongroom_protocol::{
    ids::LogIndex,
    pipe::{NodeName, NodeVersion, Prefix, TreeNode},
};

/// Nodes in one question at most.
const ASKED_MAX: usize = 256;

/// Walks from a root to everything that the own store lacks.
pub struct Walk {
    context: TreeContext,
    have: LogIndex,
    levels: Vec<Level>,
    question: Option<Question>,
    ready: Vec<TreeNode>,
}

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub enum WalkStep {
    /// Look for these in the own host's store, and nowhere else.
    AskOwn(Vec<NodeVersion>),
    /// Fetch these from any other host.
    AskElsewhere(Vec<NodeVersion>),
    /// Store these, in this order or at once, before the next question is answered.
    Store(Vec<TreeNode>),
    /// Everything below the root is in the own store, or was handed out to be stored.
    Done,
}

/// Where nodes were looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In the own host's store.
    Own,
    /// At other hosts.
    Elsewhere,
}

/// What a question to other hosts did not bring; it is asked again by the next step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unfound {
    /// No copy came.
    pub missing: Vec<NodeVersion>,
    /// Only copies came that do not open.
    pub rotten: Vec<NodeVersion>,
}

/// Inner nodes that came from elsewhere, and are stored when all below them is.
struct Level {
    waiting: BTreeMap<Prefix, Held>,
    /// Those whose children are being asked for.
    expanded: Vec<TreeNode>,
}

struct Held {
    sealed: TreeNode,
    children: Children,
}

struct Question {
    source: Source,
    wanted: BTreeMap<NodeVersion, NodeReference>,
    rotten: BTreeSet<NodeVersion>,
    came: BTreeMap<Prefix, Held>,
}

impl Walk {
    /// Begins at a root. `have` is the index up to which the own store is known to hold its tree
    /// whole, zero where nothing is known: what is no newer is taken as present.
    #[must_use]
    pub fn begin(context: &TreeContext, root: &Root, have: LogIndex) -> Self {
        let mut walk =
            Self { context: *context, have, levels: Vec::new(), question: None, ready: Vec::new() };
        walk.retarget(root);
        walk
    }

    /// Turns to a newer root; what was stored on the way to the older one is found again.
    pub fn retarget(&mut self, root: &Root) {
        self.levels.clear();
        self.question = None;
        if let Some(top) = root.reference().filter(|top| top.version > self.have) {
            let name = NodeVersion { name: NodeName::Inner(Prefix::ROOT), version: top.version };
            self.ask(BTreeMap::from([(name, top.duplicate())]));
        }
    }

    /// Gives the next step; a question is given again until it is answered.
    #[allow(clippy::should_implement_trait, reason = "a walk waits for answers, an iterator does not")]
    pub fn next(&mut self) -> WalkStep {
        loop {
            if !self.ready.is_empty() {
                return WalkStep::Store(mem::take(&mut self.ready));
            }
            if let Some(question) = &self.question {
                let names = question.wanted.keys().copied().collect();
                return match question.source {
                    Source::Own => WalkStep::AskOwn(names),
                    Source::Elsewhere => WalkStep::AskElsewhere(names),
                };
            }
            let Some(level) = self.levels.last_mut() else { return WalkStep::Done };
            self.ready.append(&mut level.expanded);
            let wanted = level.expand(self.have);
            if !wanted.is_empty() {
                self.ask(wanted);
            } else if level.waiting.is_empty() && level.expanded.is_empty() {
                self.levels.pop();
            }
        }
    }

    /// Takes nodes that were found; `last` says that no more come for this question. An answer to
    /// another question than the one that stands is ignored, and so is a node that was not asked for.
    ///
    /// What the own store lacks is asked for elsewhere next. What other hosts did not bring
    /// is told after the last, for the caller to count its patience.
    ///
    /// # Errors
    /// A node opens but is malformed: the root came from a broken peer, and the walk cannot end.
    pub fn found(&mut self, source: Source, nodes: Vec<TreeNode>, last: bool) -> Result<Unfound, Malformed> {
        let Some(question) = self.question.as_mut().filter(|question| question.source == source) else {
            return Ok(Unfound::default());
        };
        for node in nodes {
            if let Some(leaf) = question.take(&self.context, node)? {
                self.ready.push(leaf);
            }
        }
        if question.wanted.is_empty() {
            let waiting = mem::take(&mut question.came);
            self.question = None;
            if !waiting.is_empty() {
                self.levels.push(Level { waiting, expanded: Vec::new() });
            }
            return Ok(Unfound::default());
        }
        Ok(if last { question.unfound() } else { Unfound::default() })
    }

    /// Tells how much of the key space lies behind the walk, in thousandths, for people to look at.
    #[must_use]
    pub fn done_per_mille(&self) -> u16 {
        let asked =
            self.question.iter().flat_map(|question| question.wanted.keys().map(|wanted| &wanted.name));
        let waiting = self.levels.iter().rev().find_map(|level| level.waiting.keys().next());
        let at = asked.map(position).chain(waiting.map(|prefix| leading(prefix.as_bytes()))).min();
        let thousandths = at.map_or(1000, |at| u32::from(at).saturating_mul(1000) >> 16);
        u16::try_from(thousandths).unwrap_or(1000)
    }

    /// How deep it stands, and the most nodes it holds on one level.
    #[cfg(test)]
    pub(super) fn holds(&self) -> (usize, usize) {
        let held = self.levels.iter().map(|level| level.waiting.len() + level.expanded.len());
        (self.levels.len(), held.max().unwrap_or(0))
    }

    fn ask(&mut self, wanted: BTreeMap<NodeVersion, NodeReference>) {
        self.question =
            Some(Question { source: Source::Own, wanted, rotten: BTreeSet::new(), came: BTreeMap::new() });
    }
}

impl Level {
    /// Takes the next inner nodes whose children make one question, and gives that question: the
    /// children that are newer than what the own store holds.
    fn expand(&mut self, have: LogIndex) -> BTreeMap<NodeVersion, NodeReference> {
        let mut wanted = BTreeMap::new();
        while wanted.len().saturating_add(16) <= ASKED_MAX {
            let Some((prefix, held)) = self.waiting.pop_first() else { break };
            for (at, child) in (0_u8..).zip(held.children) {
                let (name, reference) = match child {
                    Child::Empty => continue,
                    Child::Inner(reference) => (NodeName::Inner(child_prefix(&prefix, at)), reference),
                    Child::Leaf(record, reference) => (NodeName::Leaf(record), reference),
                };
                if reference.version > have {
                    wanted.insert(NodeVersion { name, version: reference.version }, reference);
                }
            }
            self.expanded.push(held.sealed);
        }
        wanted
    }
}

impl Question {
    /// Takes one node, if it was asked for and opens; gives it back if it is a leaf to be stored.
    fn take(&mut self, context: &TreeContext, node: TreeNode) -> Result<Option<TreeNode>, Malformed> {
        let asked = NodeVersion { name: node.name, version: node.version };
        let Some(reference) = self.wanted.get(&asked) else { return Ok(None) };
        let Ok(plaintext) = context.open(node.name, reference, node.ciphertext.as_slice()) else {
            self.rotten.insert(asked);
            return Ok(None);
        };
        let children = match &node.name {
            NodeName::Inner(prefix) => Some((*prefix, decode(prefix, node.version, plaintext.expose())?)),
            NodeName::Leaf(_) => None,
        };
        self.wanted.remove(&asked);
        Ok(match (self.source, children) {
            // It stands for everything below it.
            (Source::Own, _) => None,
            (Source::Elsewhere, None) => Some(node),
            (Source::Elsewhere, Some((prefix, children))) => {
                self.came.insert(prefix, Held { sealed: node, children });
                None
            }
        })
    }

    /// After the last answer: turns from the own store to other hosts, or tells what these lacked.
    fn unfound(&mut self) -> Unfound {
        let rotten = mem::take(&mut self.rotten);
        if self.source == Source::Own {
            self.source = Source::Elsewhere;
            return Unfound::default();
        }
        let (rotten, missing) = self.wanted.keys().copied().partition(|wanted| rotten.contains(wanted));
        Unfound { missing, rotten }
    }
}

/// Where a node stands in the key space, coarsely.
fn position(name: &NodeName) -> u16 {
    match name {
        NodeName::Inner(prefix) => leading(prefix.as_bytes()),
        NodeName::Leaf(record) => leading(record.as_bytes()),
    }
}

fn leading(bytes: &[u8; 32]) -> u16 {
    bytes.first_chunk().map_or(0, |bytes| u16::from_be_bytes(*bytes))
}
