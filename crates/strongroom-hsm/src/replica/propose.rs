//! Proposals: sealed by the leader, given to raft-rs.

use super::Replica;
use crate::{
    entry::{EntryBody, EntryContent, EntryHeader, VaultEntry, seal_entry},
    field::KeyField,
};
use strongroom_crypto::{Rng, Secret};
use strongroom_protocol::{
    ids::{Partition, ProposalId, RecordId, Version},
    limits::PROPOSALS_PENDING_MAX,
};

/// Why a proposal was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotProposed {
    /// Another member leads.
    #[error("another member leads")]
    NotLeader,
    /// Too much is on its way.
    #[error("too much is on its way")]
    Busy,
}

/// Draws the name of a proposal.
pub fn fresh_proposal_id(rng: &mut dyn Rng) -> ProposalId {
    let mut id = [0; 16];
    rng.fill(&mut id);
    ProposalId::new(id)
}

impl Replica {
    /// Proposes an entry of a vault.
    ///
    /// # Errors
    /// This member does not lead, or has too much to do.
    pub fn propose(
        &mut self,
        id: ProposalId,
        record: RecordId,
        entry: VaultEntry,
        rng: &mut dyn Rng,
    ) -> Result<(), NotProposed> {
        self.propose_content(id, Some(record), EntryContent::Vault(entry), rng)
    }

    pub(super) fn propose_content(
        &mut self,
        id: ProposalId,
        record: Option<RecordId>,
        content: EntryContent,
        rng: &mut dyn Rng,
    ) -> Result<(), NotProposed> {
        if !self.leads() {
            return Err(NotProposed::NotLeader);
        }
        let last = self.raw.raft.raft_log.last_index();
        let unapplied = last.saturating_sub(self.applied.0);
        // A checkpoint is what makes room again: it is never refused for want of it.
        let bytes = self.raw.store().bytes().saturating_add(self.proposed_bytes);
        let room = record.is_none() || bytes < self.seat.pace.log_bytes_max;
        if !room || unapplied > u64::try_from(PROPOSALS_PENDING_MAX).unwrap_or(u64::MAX) {
            return Err(NotProposed::Busy);
        }
        let tail = self.keyring.tail();
        let header = EntryHeader { version: Version, partition: Partition(0), era: tail.era, record };
        let seed = KeyField(Secret::random(rng));
        let body = EntryBody { version: Version, proposal: id, seed, content };
        let sealed =
            seal_entry(&self.seat.fleet, header, &tail.log.0, &body, rng).ok_or(NotProposed::Busy)?;
        let size = u64::try_from(sealed.len()).unwrap_or(u64::MAX);
        self.raw.propose(Vec::new(), sealed).map_err(|_| NotProposed::Busy)?;
        self.proposed_bytes = self.proposed_bytes.saturating_add(size);
        Ok(())
    }
}
