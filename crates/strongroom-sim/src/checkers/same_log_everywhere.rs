//! G2, G5: what is committed at an index is the same everywhere and for ever, and so are the tree nodes that come of it
//! and the root at every checkpoint.

use crate::{
    checker::{Checker, Violation, at},
    observation::{Observation, Program},
    view::WorldView,
};
use std::collections::BTreeMap;
use strongroom_protocol::{
    ids::{Digest, LogIndex},
    pipe::NodeName,
};

/// Remembers the first of each.
#[derive(Default)]
pub(crate) struct SameLogEverywhere {
    entries: BTreeMap<LogIndex, (u64, u64, Program)>,
    roots: BTreeMap<LogIndex, (Digest, Program)>,
    nodes: BTreeMap<(NodeName, LogIndex), (u64, Program)>,
}

impl Checker for SameLogEverywhere {
    fn name(&self) -> &'static str {
        "same_log_everywhere"
    }

    fn observe(&mut self, observation: &Observation, _: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::EntryCommitted { program, index, term, digest } => {
                let first = *self.entries.entry(*index).or_insert((term.0, *digest, *program));
                if (first.0, first.1) != (term.0, *digest) {
                    return Err(self.differ(&format!("the committed entry {index}"), first.2, *program));
                }
            }
            Observation::CheckpointRecorded { program, index, root } => {
                let first = *self.roots.entry(*index).or_insert((*root, *program));
                if first.0 != *root {
                    return Err(self.differ(&format!("the root at checkpoint {index}"), first.1, *program));
                }
            }
            Observation::TreeNode { program, name, version, digest } => {
                let first = *self.nodes.entry((*name, *version)).or_insert((*digest, *program));
                if first.0 != *digest {
                    return Err(self.differ(&format!("a tree node of version {version}"), first.1, *program));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}

impl SameLogEverywhere {
    fn differ(&self, what: &str, first: Program, second: Program) -> Violation {
        let (first, second) = (at(first.machine, first.node), at(second.machine, second.node));
        Violation::new(self.name(), format!("{what} is one at {first} and another at {second}"))
    }
}
