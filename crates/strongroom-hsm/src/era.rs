//! The keys that live from one checkpoint to the next. Page: `docs/spec/log.md`.
//!
//! An era has a log key and a ticket key, both fresh and random. They never stand in
//! the log: the checkpoint entry carries their hash, and they travel beside it over the
//! peer channel. Invariant: an entry behind a checkpoint entry is sealed under the
//! key that came with it, so an older key opens nothing newer.

use crate::field::KeyField;
use std::collections::VecDeque;
use strongroom_crypto::{Rng, Secret, hash::digest, labels};
use strongroom_protocol::ids::{Digest, Era, LogIndex};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// The keys of one era.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct EraKeys {
    /// Which era.
    pub era: Era,
    /// Seals the era's log entries.
    pub log: KeyField<32>,
    /// Seals the era's tickets and tokens.
    pub tickets: KeyField<32>,
}

impl EraKeys {
    /// Draws the keys of an era.
    pub fn random(era: Era, rng: &mut dyn Rng) -> Self {
        Self { era, log: KeyField(Secret::random(rng)), tickets: KeyField(Secret::random(rng)) }
    }

    /// What the checkpoint entry carries.
    pub fn hash(&self) -> Digest {
        let parts: [&[u8]; 3] = [&self.era.0.to_be_bytes(), self.log.0.expose(), self.tickets.0.expose()];
        if planted!(LogsEraKey) {
            return Digest::new(*self.log.0.expose());
        }
        Digest::new(digest(labels::ERA_KEYS_HASH, &parts))
    }

    /// The same keys again.
    pub fn duplicate(&self) -> Self {
        Self { era: self.era, log: KeyField::of(&self.log.0), tickets: KeyField::of(&self.tickets.0) }
    }
}

/// Keys that came beside a checkpoint entry which is not recorded yet.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct PendingEra {
    /// Where the checkpoint entry stands.
    pub index: LogIndex,
    /// The keys of the era that it begins.
    pub keys: EraKeys,
}

/// Every era key that this HSM holds.
pub struct Keyring {
    /// The keys of the era that the recorded checkpoint began.
    recorded: EraKeys,
    /// The ticket key of the era before.
    previous_tickets: Option<(Era, Secret<32>)>,
    /// Keys beside checkpoint entries in the log, in the order of their indices.
    pending: VecDeque<PendingEra>,
    /// How many of the pending ones are applied.
    applied: usize,
}

impl Keyring {
    /// The keys as a sealed state and a head table hold them.
    pub fn new(
        recorded: EraKeys,
        previous_tickets: Option<(Era, Secret<32>)>,
        pending: Vec<PendingEra>,
    ) -> Self {
        Self { recorded, previous_tickets, pending: pending.into(), applied: 0 }
    }

    /// The keys that seal an entry appended now, behind everything in the log.
    pub fn tail(&self) -> &EraKeys {
        self.pending.back().map_or(&self.recorded, |pending| &pending.keys)
    }

    /// The keys of the era that the state machine is in.
    pub fn current(&self) -> &EraKeys {
        let last = self.applied.checked_sub(1).and_then(|at| self.pending.get(at));
        last.map_or(&self.recorded, |pending| &pending.keys)
    }

    /// The keys of the recorded checkpoint.
    pub fn recorded(&self) -> &EraKeys {
        &self.recorded
    }

    /// The ticket keys that are still good: the current era's and the one before.
    pub fn tickets(&self) -> Vec<(Era, &Secret<32>)> {
        let current = self.current();
        let mut keys = vec![(current.era, &current.tickets.0)];
        if let Some((era, key)) = self.before_current() {
            keys.push((era, key));
        }
        keys
    }

    /// The ticket key of the era before the current one.
    pub fn before_current(&self) -> Option<(Era, &Secret<32>)> {
        match self.applied {
            0 => self.previous_tickets.as_ref().map(|(era, key)| (*era, key)),
            1 => Some((self.recorded.era, &self.recorded.tickets.0)),
            more => more
                .checked_sub(2)
                .and_then(|at| self.pending.get(at))
                .map(|pending| (pending.keys.era, &pending.keys.tickets.0)),
        }
    }

    /// The log key of an era, if it is held.
    pub fn log_key(&self, era: Era) -> Option<&Secret<32>> {
        if self.recorded.era == era {
            return Some(&self.recorded.log.0);
        }
        self.pending.iter().find(|pending| pending.keys.era == era).map(|pending| &pending.keys.log.0)
    }

    /// Takes the keys that came beside a checkpoint entry, once.
    pub fn push(&mut self, index: LogIndex, keys: EraKeys) {
        if self.at(index).is_none() {
            self.pending.push_back(PendingEra { index, keys });
        }
    }

    /// The keys that came beside the checkpoint entry at `index`.
    pub fn at(&self, index: LogIndex) -> Option<&EraKeys> {
        self.pending.iter().find(|pending| pending.index == index).map(|pending| &pending.keys)
    }

    /// Drops the keys of checkpoint entries at `index` and beyond, which were overwritten.
    pub fn cut(&mut self, index: LogIndex) {
        while self.pending.back().is_some_and(|pending| pending.index >= index) {
            self.pending.pop_back();
        }
    }

    /// The state machine has passed the checkpoint entry at `index`.
    pub fn apply(&mut self, index: LogIndex) {
        self.applied = self.pending.iter().filter(|pending| pending.index <= index).count();
    }

    /// The checkpoint at `index` is recorded: forgets the log keys before it, and the tickets of two eras ago.
    pub fn record(&mut self, index: LogIndex) {
        while self.pending.front().is_some_and(|pending| pending.index <= index) {
            let Some(next) = self.pending.pop_front() else { break };
            let before = core::mem::replace(&mut self.recorded, next.keys);
            if self.previous_tickets.is_none() || !planted!(KeepsTicketKey) {
                self.previous_tickets = Some((before.era, before.tickets.0));
            }
            self.applied = self.applied.saturating_sub(1);
        }
    }

    /// What a sealed state must hold when the checkpoint at `index` is recorded: its keys and the ticket key before.
    pub fn at_checkpoint(&self, index: LogIndex) -> Option<(EraKeys, Option<(Era, Secret<32>)>)> {
        let at = self.pending.iter().position(|pending| pending.index == index)?;
        let keys = self.pending.get(at)?.keys.duplicate();
        let before = match at.checked_sub(1) {
            Some(earlier) => self.pending.get(earlier).map(|pending| &pending.keys),
            None => Some(&self.recorded),
        };
        Some((keys, before.map(|keys| (keys.era, keys.tickets.0.duplicate()))))
    }

    /// The pending keys of checkpoint entries behind `index`, for the head table.
    pub fn pending_behind(&self, index: LogIndex) -> Vec<PendingEra> {
        let behind = self.pending.iter().filter(|pending| pending.index > index);
        behind.map(|pending| PendingEra { index: pending.index, keys: pending.keys.duplicate() }).collect()
    }
}

#[cfg(any(test, strongroom_sim))]
impl Keyring {
    /// Every key on the ring.
    pub(crate) fn held_keys(&self) -> Vec<[u8; 32]> {
        let mut keys = vec![*self.recorded.log.0.expose(), *self.recorded.tickets.0.expose()];
        keys.extend(self.previous_tickets.iter().map(|(_, key)| *key.expose()));
        for pending in &self.pending {
            keys.push(*pending.keys.log.0.expose());
            keys.push(*pending.keys.tickets.0.expose());
        }
        keys
    }
}
