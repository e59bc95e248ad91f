//! G3: with a checkpoint the state key changes, and the old one is gone from both copies of the anchor.
//!
//! The platform memory is looked at as whoever takes it apart would.

use super::platforms::{anchors_of, holds_anchor};
use crate::{
    checker::{Checker, Violation},
    observation::Observation,
    view::WorldView,
};
use std::collections::BTreeMap;
use strongroom_protocol::ids::NodeNumber;

/// See the module.
#[derive(Default)]
pub(crate) struct AnchorsHoldOneKey {
    /// The newest checkpoint of each node, and the key that its sealed state is under.
    keys: BTreeMap<NodeNumber, (u64, [u8; 32])>,
}

fn keys_of(world: &WorldView<'_>, node: NodeNumber) -> Vec<[u8; 32]> {
    anchors_of(world, node).iter().map(|anchor| *anchor.state_key.expose()).collect()
}

impl Checker for AnchorsHoldOneKey {
    fn name(&self) -> &'static str {
        "anchors_hold_one_key"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::AnchorSwapped { program, .. } => {
                let keys = keys_of(world, program.node);
                if keys.windows(2).any(|pair| pair.first() != pair.last()) {
                    let what =
                        format!("node {} keeps an old state key in a copy of its anchor", program.node);
                    return Err(Violation::new(self.name(), what));
                }
            }
            // A program that was superseded speaks of what it read before.
            Observation::CheckpointRecorded { program, index, .. } if holds_anchor(world, program) => {
                let Some(key) = keys_of(world, program.node).first().copied() else { return Ok(()) };
                let before = self.keys.insert(program.node, (index.0, key));
                if before.is_some_and(|(earlier, old)| earlier != index.0 && old == key) {
                    let what = format!(
                        "node {} records checkpoint {index} under the state key of the one before",
                        program.node
                    );
                    return Err(Violation::new(self.name(), what));
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
