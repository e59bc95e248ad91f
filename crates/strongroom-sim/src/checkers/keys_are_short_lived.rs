//! G3: every key of an era is gone when two more checkpoints are recorded: those of the log and of tickets, those of
//! sessions with peers, the state key.
//!
//! A member that lags behind may hold the keys of several eras to come; it is judged once it has caught up.
//!
//! What opens the tree is not among them: a record that nobody touches keeps its key. `erased_stays_shut` looks after
//! that, and opens what hosts saw; this one looks only at what is held, in every run.

use crate::{
    checker::{Checker, Violation, at},
    names::Life,
    observation::{Observation, Program},
    view::WorldView,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use strongroom_protocol::ids::LogIndex;

/// Checkpoints that a key may see being recorded after the one at which it was first held.
const CHECKPOINTS: usize = 3;

type Keys = BTreeSet<[u8; 32]>;

/// See the module.
#[derive(Default)]
pub(crate) struct KeysAreShortLived {
    held: BTreeMap<Life, VecDeque<Keys>>,
    /// The newest checkpoint that any member has recorded.
    newest: LogIndex,
}

impl KeysAreShortLived {
    fn judge(&mut self, program: &Program, index: LogIndex, world: &WorldView<'_>) -> Result<(), Violation> {
        if index < self.newest {
            self.held.remove(&program.life);
            return Ok(());
        }
        self.newest = index;
        let running = world.machine(program.machine).and_then(|machine| machine.program());
        let Some(member) = running.and_then(|running| running.hsm().member()) else { return Ok(()) };
        let keys: Keys = member.held_era_keys().into_iter().collect();
        let held = self.held.entry(program.life).or_default();
        if held.len() == CHECKPOINTS
            && let Some(oldest) = held.pop_front()
        {
            let count = oldest.intersection(&keys).count();
            if count > 0 {
                let who = at(program.machine, program.node);
                let what = format!("{who} still holds {count} keys of {CHECKPOINTS} checkpoints ago");
                return Err(Violation::new(self.name(), what));
            }
        }
        held.push_back(keys);
        Ok(())
    }
}

impl Checker for KeysAreShortLived {
    fn name(&self) -> &'static str {
        "keys_are_short_lived"
    }

    fn observe(&mut self, observation: &Observation, world: &WorldView<'_>) -> Result<(), Violation> {
        match observation {
            Observation::CheckpointRecorded { program, index, .. } => self.judge(program, *index, world),
            Observation::Ended { program, .. } => {
                self.held.remove(&program.life);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn at_end(&mut self, _: &WorldView<'_>) -> Result<(), Violation> {
        Ok(())
    }
}
