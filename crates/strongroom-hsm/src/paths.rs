//! Fetches the paths of records from the host, and heals what is rotten.
//!
//! What the host brings is opened into the one tree that the replica holds, which may have moved on
//! meanwhile: what was written to is open already, and what was shut to make room is asked for
//! again. What is missing or does not open is asked from other hosts, and what they
//! give is stored.

use crate::{
    effect::Effects,
    fault::Fault,
    handover::store,
    tree::{OpenTree, Unopened},
};
use std::mem;
use strongroom_protocol::{
    bytes::List,
    ids::{LogIndex, RecordId},
    limits::{FETCHED_RECORDS_MAX, TREE_NODES_PER_MESSAGE_MAX},
    pipe::{Fetch, FetchNodes, Fetched, HsmMessage, NodeVersion, TreeNode},
};

/// Ticks between two tries to heal a path.
const HEALING_TICKS: u32 = 50;
/// Tries after which the nodes are taken for gone everywhere.
const HEALING_TRIES: u32 = 5;
/// Nodes that one fetch may bring.
const FETCHED_NODES_MAX: usize = TREE_NODES_PER_MESSAGE_MAX * 4;

enum Stage {
    /// The host reads its own store.
    Own,
    /// Other hosts are asked for these.
    Elsewhere(Vec<NodeVersion>),
}

/// One fetch on its way.
pub struct PathFetch {
    fetch: u64,
    stage: Stage,
    records: Vec<RecordId>,
    /// What has come and is not the last.
    came: Vec<TreeNode>,
    /// What other hosts brought, parents before their children.
    brought: Vec<TreeNode>,
    /// How often something had been shut when the host was asked.
    shuttings: u64,
    waited: u32,
    tries: u32,
}

/// How a fetch stands after an answer.
pub enum PathProgress {
    /// More is to come.
    Waiting(PathFetch),
    /// Every path is open.
    Opened,
}

impl PathFetch {
    /// Asks the host for what of the paths of at most [`FETCHED_RECORDS_MAX`] records, as of `index`, is not
    /// open in the tree.
    pub fn begin(
        fetch: u64,
        index: LogIndex,
        tree: &OpenTree,
        records: Vec<RecordId>,
        effects: &mut Effects,
    ) -> Self {
        let mut begun = Self {
            fetch,
            stage: Stage::Own,
            records,
            came: Vec::new(),
            brought: Vec::new(),
            shuttings: 0,
            waited: 0,
            tries: 0,
        };
        begun.ask_own(index, tree, effects);
        begun
    }

    /// The number of the fetch.
    pub fn number(&self) -> u64 {
        self.fetch
    }

    /// Takes an answer of the host into the tree, which stands at `index`.
    ///
    /// # Errors
    /// The host sends more than any fetch may bring, or a peer's tree is malformed.
    pub fn answer(
        mut self,
        index: LogIndex,
        tree: &mut OpenTree,
        fetched: Fetched,
        effects: &mut Effects,
    ) -> Result<PathProgress, Fault> {
        self.came.extend(fetched.nodes.into_vec());
        if self.came.len() > FETCHED_NODES_MAX {
            return Err(Fault::Host("answers a fetch with more nodes than any fetch may bring"));
        }
        if fetched.last != 1 {
            return Ok(PathProgress::Waiting(self));
        }
        let shut_meanwhile = tree.shuttings() != self.shuttings;
        let is_from_elsewhere = matches!(self.stage, Stage::Elsewhere(_));
        match tree.open(&self.records, mem::take(&mut self.came)) {
            Ok(opened) => {
                if is_from_elsewhere {
                    self.keep_brought(opened, effects)?;
                }
                return Ok(PathProgress::Opened);
            }
            Err(Unopened { malformed, .. }) if !malformed.is_empty() => {
                return Err(Fault::Own("a tree node opens and is malformed"));
            }
            Err(_) if shut_meanwhile => {
                self.brought.clear();
                self.ask_own(index, tree, effects);
            }
            Err(Unopened { missing, opened, .. }) => {
                // Other hosts that have nothing of it are given time.
                let has_more_to_ask = !is_from_elsewhere || !opened.is_empty();
                if is_from_elsewhere {
                    self.brought.extend(opened);
                }
                self.waited = 0;
                self.stage = Stage::Elsewhere(missing);
                if has_more_to_ask {
                    self.ask_elsewhere(effects);
                }
            }
        }
        Ok(PathProgress::Waiting(self))
    }

    /// Time has passed: what other hosts did not give is asked again. Gives whether there is hope still.
    pub fn tick(&mut self, effects: &mut Effects) -> bool {
        self.waited = self.waited.saturating_add(1);
        if self.waited < HEALING_TICKS {
            return true;
        }
        self.waited = 0;
        if matches!(self.stage, Stage::Elsewhere(_)) {
            self.came.clear();
            self.tries = self.tries.saturating_add(1);
            self.ask_elsewhere(effects);
        }
        self.tries < HEALING_TRIES
    }

    fn ask_own(&mut self, index: LogIndex, tree: &OpenTree, effects: &mut Effects) {
        self.stage = Stage::Own;
        self.shuttings = tree.shuttings();
        let shut = self.records.iter().filter(|record| !tree.is_open(record)).copied().collect();
        let records = List::<_, FETCHED_RECORDS_MAX>::new(shut).unwrap_or_default();
        effects.host(HsmMessage::Fetch(Fetch { fetch: self.fetch, index, records }));
    }

    fn ask_elsewhere(&self, effects: &mut Effects) {
        let Stage::Elsewhere(missing) = &self.stage else { return };
        let missing = missing.iter().copied().take(TREE_NODES_PER_MESSAGE_MAX).collect();
        let nodes = List::new(missing).unwrap_or_default();
        effects.host(HsmMessage::FetchNodes(FetchNodes { fetch: self.fetch, nodes, elsewhere: 1 }));
    }

    /// Has the own host store what other hosts brought: what opened and nothing else, since
    /// another host's rot must not take a good node's place; children before their parents.
    fn keep_brought(&mut self, opened: Vec<TreeNode>, effects: &mut Effects) -> Result<(), Fault> {
        let mut brought = mem::take(&mut self.brought);
        brought.extend(opened);
        brought.reverse();
        store(brought, effects)
    }
}
