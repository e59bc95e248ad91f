//! Makes things last: one batch at a time, in the one order that is safe.
//! Page: `docs/spec/anchor.md`.
//!
//! The host reports the batch on disk; where a checkpoint is recorded, the sealed state is
//! written under a fresh state key; the anchor is swapped; only then is the batch
//! complete. Nothing that depends on it (an acknowledgement, a vote, an answer, the
//! leader's own count) may leave before.

use crate::{
    anchor::Anchor,
    effect::{Effects, PlatformDone, PlatformTask},
    fault::Fault,
    state::{HeadTable, SealedState, head_hash, seal_head, seal_state},
};
use strongroom_crypto::{Rng, Secret};
use strongroom_protocol::{
    bytes::Bytes,
    ids::FleetId,
    pipe::{Commit, HsmMessage},
};

/// What is to last.
pub struct Kept {
    /// The head table; nothing before the fleet is founded.
    pub head: Option<HeadTable>,
    /// The sealed state, where it changes; it brings a fresh state key.
    pub state: Option<SealedState>,
    /// The fleet that the anchor names from now on.
    pub fleet: FleetId,
}

enum Phase {
    /// The host writes what the anchor names already.
    StoringAgain,
    /// The host writes.
    Storing,
    /// The platform writes the sealed state.
    WritingState,
    /// The platform swaps the anchor.
    Swapping,
}

struct InFlight {
    batch: u64,
    anchor: Anchor,
    sealed_state: Option<Vec<u8>>,
    phase: Phase,
}

/// Holds the anchor as it stands, and the batch on its way.
pub struct Keeper {
    anchor: Anchor,
    next_batch: u64,
    in_flight: Option<InFlight>,
}

impl Keeper {
    /// Goes on from the anchor as this boot has taken it over.
    pub fn new(anchor: Anchor) -> Self {
        Self { anchor, next_batch: 1, in_flight: None }
    }

    /// The anchor as the platform holds it.
    pub fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// Whether a batch is on its way.
    pub fn is_busy(&self) -> bool {
        self.in_flight.is_some()
    }

    /// Sends a batch on its way. Entries and tree nodes that belong to it went to the host before.
    ///
    /// # Errors
    /// A batch is on its way already, or the sequence is at its end.
    pub fn begin(&mut self, kept: Kept, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        if self.in_flight.is_some() {
            return Err(Fault::Own("a second batch was begun before the first was complete"));
        }
        let mut anchor = self.anchor.duplicate();
        anchor.sequence =
            anchor.sequence.checked_add(1).ok_or(Fault::Own("the anchor's sequence is at its end"))?;
        anchor.fleet = kept.fleet;
        if kept.state.is_some() && !planted!(KeepsStateKey) {
            anchor.state_key = Secret::random(rng);
        }
        let sealed_state =
            kept.state.as_ref().map(|state| seal_state(state, &kept.fleet, &anchor.state_key, rng));
        let batch = self.next_batch;
        self.next_batch = batch.saturating_add(1);
        let mut flight = InFlight { batch, anchor, sealed_state, phase: Phase::Storing };
        match kept.head {
            Some(head) if planted!(AnchorBeforeDisk) => {
                store_head(&head, &mut flight, rng, effects)?;
                flight.after_stored(effects);
            }
            Some(head) => store_head(&head, &mut flight, rng, effects)?,
            None => flight.after_stored(effects),
        }
        self.in_flight = Some(flight);
        Ok(())
    }

    /// Hands out once more the head table that the anchor names. Where the host held it as the one before, the next
    /// batch would push it out, and a power loss before that batch's swap would leave none that the anchor names.
    ///
    /// # Errors
    /// A batch is on its way already, or the table is too large.
    pub fn store_again(&mut self, head_table: &[u8], effects: &mut Effects) -> Result<(), Fault> {
        if self.in_flight.is_some() {
            return Err(Fault::Own("a head table was handed out again while a batch was on its way"));
        }
        let head_table = Bytes::new(head_table.to_vec()).ok_or(Fault::Own("the head table is too large"))?;
        let batch = self.next_batch;
        self.next_batch = batch.saturating_add(1);
        let anchor = self.anchor.duplicate();
        self.in_flight = Some(InFlight { batch, anchor, sealed_state: None, phase: Phase::StoringAgain });
        effects.host(HsmMessage::Commit(Commit { batch, head_table }));
        Ok(())
    }

    /// The host reports a batch on disk.
    ///
    /// # Errors
    /// It is not the one that was handed out.
    pub fn stored(&mut self, batch: u64, effects: &mut Effects) -> Result<(), Fault> {
        if planted!(AnchorBeforeDisk) {
            return Ok(());
        }
        match self.in_flight.as_mut() {
            Some(flight) if flight.batch == batch && matches!(flight.phase, Phase::Storing) => {
                flight.after_stored(effects);
                Ok(())
            }
            Some(flight) if flight.batch == batch && matches!(flight.phase, Phase::StoringAgain) => {
                self.in_flight = None;
                Ok(())
            }
            _ => Err(Fault::Host("reports a batch on disk that was not handed out")),
        }
    }

    /// The platform has done something. Gives whether the batch is complete.
    ///
    /// # Errors
    /// The anchor belongs to another boot, or the platform failed.
    pub fn done(&mut self, done: &PlatformDone, effects: &mut Effects) -> Result<bool, Fault> {
        match (done, self.in_flight.take()) {
            (PlatformDone::Superseded, _) => Err(Fault::Superseded),
            (PlatformDone::Failed(cause), _) => Err(Fault::Hardware(cause.clone())),
            (PlatformDone::StateWritten, Some(mut flight)) if matches!(flight.phase, Phase::WritingState) => {
                flight.swap(effects);
                self.in_flight = Some(flight);
                Ok(false)
            }
            (PlatformDone::Swapped, Some(flight)) if matches!(flight.phase, Phase::Swapping) => {
                self.anchor = flight.anchor;
                if flight.sealed_state.is_some() {
                    effects.platform(PlatformTask::ForgetOldStates);
                }
                Ok(true)
            }
            (PlatformDone::OldStatesForgotten | PlatformDone::AnchorHolds(_), flight) => {
                self.in_flight = flight;
                Ok(false)
            }
            (PlatformDone::StateWritten | PlatformDone::Swapped, _) => {
                Err(Fault::Own("the platform did something that it was not asked for"))
            }
        }
    }
}

fn store_head(
    head: &HeadTable,
    flight: &mut InFlight,
    rng: &mut dyn Rng,
    effects: &mut Effects,
) -> Result<(), Fault> {
    let anchor = &mut flight.anchor;
    let sealed = seal_head(head, &anchor.fleet, &anchor.state_key, rng);
    anchor.head_table = head_hash(&sealed);
    anchor.term_max = head.term.0;
    anchor.index_max = head.index.0;
    let head_table = Bytes::new(sealed).ok_or(Fault::Own("the head table is too large"))?;
    effects.host(HsmMessage::Commit(Commit { batch: flight.batch, head_table }));
    Ok(())
}

impl InFlight {
    fn after_stored(&mut self, effects: &mut Effects) {
        match &self.sealed_state {
            Some(sealed) => {
                effects.platform(PlatformTask::WriteState(sealed.clone()));
                self.phase = Phase::WritingState;
            }
            None => self.swap(effects),
        }
    }

    fn swap(&mut self, effects: &mut Effects) {
        let both = self.sealed_state.is_some() && !planted!(LeavesSecondCopy);
        effects.platform(PlatformTask::SwapAnchor { anchor: self.anchor.duplicate(), both });
        self.phase = Phase::Swapping;
    }
}
