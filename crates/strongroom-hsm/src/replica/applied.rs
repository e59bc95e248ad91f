//! The proof that an entry was applied.

use crate::vault::{Record, Verdict};
use strongroom_protocol::ids::{LogIndex, ProposalId};

/// What applying a committed entry of a vault came to.
///
/// Only the replica makes one, when it applies an entry that a majority of the
/// fleet holds durably. Holding it proves that the verdict stands for ever; it does not
/// prove that the record is still the newest. KE2 of a password slot is computed from
/// nothing else (G1).
pub struct Applied {
    index: LogIndex,
    proposal: ProposalId,
    verdict: Verdict,
    record: Option<Record>,
}

impl Applied {
    /// For the replica alone.
    pub(super) fn new(
        index: LogIndex,
        proposal: ProposalId,
        verdict: Verdict,
        record: Option<Record>,
    ) -> Self {
        Self { index, proposal, verdict, record }
    }

    /// Where the entry stands.
    pub fn index(&self) -> LogIndex {
        self.index
    }

    /// Which proposal it was.
    pub fn proposal(&self) -> ProposalId {
        self.proposal
    }

    /// What came of it.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The record right after it.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }
}
