//! G2: an anchor never goes back, through whatever power loss: its sequence grows with every write, its term never
//! falls, and a boot finds what the boot before it wrote last. G5: nor does it run ahead of its host's disk.

use super::platforms::is_own;
use crate::{
    checker::{Checker, Violation},
    observation::{AnchorSeen, Observation, Program},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet};
use strongroom_protocol::ids::{Digest, NodeNumber};

/// No head table yet.
const NONE: Digest = Digest::new([0; 32]);

/// See the module.
#[derive(Default)]
pub(crate) struct AnchorsNeverGoBack {
    last: BTreeMap<NodeNumber, AnchorSeen>,
    /// Head tables that some host has reported as stored.
    stored: BTreeSet<Digest>,
}

impl AnchorsNeverGoBack {
    fn judge(&mut self, program: &Program, now: &AnchorSeen, is_start: bool) -> Result<(), Violation> {
        let Some(last) = self.last.insert(program.node, *now) else { return Ok(()) };
        // A boot takes over what stands there; only a write that the power cut off may have come between.
        let is_next = now.sequence == last.sequence.saturating_add(1);
        let is_same = now.head_table == last.head_table && now.index_max == last.index_max;
        let follows = now.sequence > last.sequence && now.term_max >= last.term_max;
        if follows && (!is_start || !is_next || is_same) {
            return Ok(());
        }
        let what = format!(
            "node {}'s anchor goes from number {}, term {}, entry {} to number {}, term {}, entry {}",
            program.node,
            last.sequence,
            last.term_max,
            last.index_max,
            now.sequence,
            now.term_max,
            now.index_max
        );
        Err(Violation::new(self.name(), what))
    }
}

impl Checker for AnchorsNeverGoBack {
    fn name(&self) -> &'static str {
        "anchors_never_go_back"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::Started { program, anchor: Some(anchor) } if is_own(world, program, anchor) => {
                self.judge(program, anchor, true)
            }
            Observation::BatchReported { head_table, .. } => {
                self.stored.insert(*head_table);
                Ok(())
            }
            Observation::AnchorSwapped { program, anchor, .. } if is_own(world, program, anchor) => {
                if anchor.head_table != NONE && !self.stored.contains(&anchor.head_table) {
                    let what = format!("node {}'s anchor names what no host has stored", program.node);
                    return Err(Violation::new(self.name(), what));
                }
                self.judge(program, anchor, false)
            }
            _ => Ok(()),
        }
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
