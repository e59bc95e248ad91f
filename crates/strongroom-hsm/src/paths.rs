//! Fetches the paths of records from the host, and heals what is rotten.
//!
//! A fetch remembers the root that it was asked for, so an answer that comes after the
//! tree has moved on is opened with the root that it belongs to. What is missing
//! or does not open is asked from other hosts, and what they give is stored.

use crate::{
    effect::Effects,
    fault::Fault,
    handover::store,
    tree::{OpenedPaths, Root, TreeContext, Unopened},
};
use strongroom_protocol::{
    bytes::List,
    ids::{LogIndex, RecordId},
    limits::{FETCHED_RECORDS_MAX, TREE_NODES_PER_MESSAGE_MAX},
    pipe::{Fetch, FetchNodes, Fetched, HsmMessage, TreeNode},
};

/// Ticks between two tries to heal a path.
const HEALING_TICKS: u32 = 50;
/// Tries after which the nodes are taken for gone everywhere.
const HEALING_TRIES: u32 = 5;
/// Nodes that one fetch may bring.
const FETCHED_NODES_MAX: usize = TREE_NODES_PER_MESSAGE_MAX * 4;

enum Stage {
    /// The host reads its own store.
    Own(Root, Vec<TreeNode>),
    /// Other hosts are asked.
    Elsewhere(Unopened, Vec<TreeNode>),
}

/// One fetch on its way.
pub struct PathFetch {
    fetch: u64,
    stage: Stage,
    records: Vec<RecordId>,
    waited: u32,
    tries: u32,
}

/// How a fetch stands after an answer.
pub enum PathProgress {
    /// More is to come.
    Waiting(PathFetch),
    /// Every path is open.
    Opened(OpenedPaths),
}

impl PathFetch {
    /// Asks the host for the paths of at most [`FETCHED_RECORDS_MAX`] records as of `index`.
    pub fn begin(
        fetch: u64,
        index: LogIndex,
        root: &Root,
        records: Vec<RecordId>,
        effects: &mut Effects,
    ) -> Self {
        let asked = List::<_, FETCHED_RECORDS_MAX>::new(records.clone()).unwrap_or_default();
        effects.host(HsmMessage::Fetch(Fetch { fetch, index, records: asked }));
        Self { fetch, stage: Stage::Own(root.duplicate(), Vec::new()), records, waited: 0, tries: 0 }
    }

    /// The number of the fetch.
    pub fn number(&self) -> u64 {
        self.fetch
    }

    /// Takes an answer of the host.
    ///
    /// # Errors
    /// The host sends more than any fetch may bring, or a peer's tree is malformed.
    pub fn answer(
        self,
        context: &TreeContext,
        fetched: Fetched,
        effects: &mut Effects,
    ) -> Result<PathProgress, Fault> {
        let Self { fetch, stage, records, .. } = self;
        let last = fetched.last == 1;
        match stage {
            Stage::Own(root, mut nodes) => {
                take(&mut nodes, fetched)?;
                if !last {
                    let stage = Stage::Own(root, nodes);
                    return Ok(PathProgress::Waiting(Self { fetch, stage, records, waited: 0, tries: 0 }));
                }
                let opened = OpenedPaths::open(context, &root, &records, nodes);
                Self::outcome(fetch, records, opened, effects)
            }
            Stage::Elsewhere(unopened, mut nodes) => {
                take(&mut nodes, fetched)?;
                if !last {
                    let stage = Stage::Elsewhere(unopened, nodes);
                    return Ok(PathProgress::Waiting(Self { fetch, stage, records, waited: 0, tries: 0 }));
                }
                let mut opened = unopened.open_more(nodes);
                if let Ok(paths) = &mut opened {
                    // Only what opened is stored: another host's rot must not take a good node's place.
                    store(paths.take_brought(), effects)?;
                }
                Self::outcome_quietly(fetch, records, opened)
            }
        }
    }

    /// Time has passed: what other hosts did not give is asked again. Gives whether there is hope still.
    pub fn tick(&mut self, effects: &mut Effects) -> bool {
        self.waited = self.waited.saturating_add(1);
        if self.waited < HEALING_TICKS {
            return true;
        }
        self.waited = 0;
        if let Stage::Elsewhere(unopened, nodes) = &mut self.stage {
            nodes.clear();
            self.tries = self.tries.saturating_add(1);
            ask_elsewhere(self.fetch, unopened, effects);
        }
        self.tries < HEALING_TRIES
    }

    fn outcome(
        fetch: u64,
        records: Vec<RecordId>,
        opened: Result<OpenedPaths, Unopened>,
        effects: &mut Effects,
    ) -> Result<PathProgress, Fault> {
        if let Err(unopened) = &opened {
            ask_elsewhere(fetch, unopened, effects);
        }
        Self::outcome_quietly(fetch, records, opened)
    }

    fn outcome_quietly(
        fetch: u64,
        records: Vec<RecordId>,
        opened: Result<OpenedPaths, Unopened>,
    ) -> Result<PathProgress, Fault> {
        match opened {
            Ok(paths) => Ok(PathProgress::Opened(paths)),
            Err(unopened) if !unopened.malformed.is_empty() => {
                Err(Fault::Own("a tree node opens and is malformed"))
            }
            Err(unopened) => {
                let stage = Stage::Elsewhere(unopened, Vec::new());
                Ok(PathProgress::Waiting(Self { fetch, stage, records, waited: 0, tries: 0 }))
            }
        }
    }
}

fn ask_elsewhere(fetch: u64, unopened: &Unopened, effects: &mut Effects) {
    let missing: Vec<_> = unopened.missing.iter().copied().take(TREE_NODES_PER_MESSAGE_MAX).collect();
    let nodes = List::new(missing).unwrap_or_default();
    effects.host(HsmMessage::FetchNodes(FetchNodes { fetch, nodes, elsewhere: 1 }));
}

fn take(nodes: &mut Vec<TreeNode>, fetched: Fetched) -> Result<(), Fault> {
    nodes.extend(fetched.nodes.into_vec());
    if nodes.len() > FETCHED_NODES_MAX {
        return Err(Fault::Host("answers a fetch with more nodes than any fetch may bring"));
    }
    Ok(())
}
