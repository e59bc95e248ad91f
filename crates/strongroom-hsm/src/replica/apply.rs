//! Applies committed entries to the key tree, a round at a time, in the order of the log.
//!
//! A round is a run of committed entries about at most as many records as one fetch
//! asks for; it ends at a checkpoint entry. The rules decide entry by entry, on the tree as it lies open in
//! memory. It is sealed at a checkpoint, and in parts where it takes too much room, which changes nothing for
//! the other members: a node's key and version come from the last entry that touched it.

use super::{Applied, Outbox, Replica};
use crate::{
    effect::Effects,
    entry::{CheckpointContent, EntryBody, EntryContent, open_entry, read_sealed},
    fault::Fault,
    handover::store,
    paths::{PathFetch, PathProgress},
    vault::{Proposal, Record, Rules, SpendVerdict, SuccessVerdict, Touched, UploadVerdict, Verdict, apply},
};
use raft::eraftpb::Entry;
use strongroom_protocol::{
    client::Refusal,
    ids::{LogIndex, RecordId},
    limits::{APPLY_BATCH_MAX, FETCHED_RECORDS_MAX},
    pipe::{Fetched, TreeNode},
};

/// One committed entry, opened.
enum Opened {
    /// What a new leader begins its term with.
    Empty(LogIndex),
    Vault {
        index: LogIndex,
        record: RecordId,
        body: Box<EntryBody>,
    },
    Checkpoint {
        index: LogIndex,
        content: CheckpointContent,
    },
}

/// A round that waits for its paths.
pub(super) struct Applying {
    entries: Vec<Opened>,
    fetch: PathFetch,
}

impl Replica {
    /// Begins a round if none is on its way. Gives whether anything was applied or begun.
    pub(super) fn begin_applying(
        &mut self,
        effects: &mut Effects,
        outbox: &mut Outbox,
    ) -> Result<bool, Fault> {
        if self.applying.is_some() || self.committed.is_empty() {
            return Ok(false);
        }
        let mut entries = Vec::new();
        let mut records: Vec<RecordId> = Vec::new();
        #[cfg(strongroom_sim)]
        self.skip_applied();
        while let Some(entry) = self.committed.front() {
            if entries.len() >= APPLY_BATCH_MAX {
                break;
            }
            let opened = self.open(entry)?;
            let is_checkpoint = matches!(opened, Opened::Checkpoint { .. });
            if let Opened::Vault { record, .. } = &opened
                && !records.contains(record)
            {
                if records.len() >= FETCHED_RECORDS_MAX {
                    break;
                }
                records.push(*record);
            }
            entries.push(opened);
            self.committed.pop_front();
            if is_checkpoint {
                break;
            }
        }
        if records.iter().all(|record| self.tree.is_open(record)) {
            self.apply_round(entries, effects, outbox)?;
        } else {
            let number = self.fetch_number();
            let fetch = PathFetch::begin(number, self.applied, &self.tree, records, effects);
            self.applying = Some(Applying { entries, fetch });
        }
        Ok(true)
    }

    /// Takes the host's answer to a fetch. Gives the answer back if it is not this round's.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn on_path(
        &mut self,
        fetched: Fetched,
        effects: &mut Effects,
        outbox: &mut Outbox,
    ) -> Result<Option<Fetched>, Fault> {
        match self.applying.take() {
            Some(Applying { entries, fetch }) if fetch.number() == fetched.fetch => {
                match fetch.answer(self.applied, &mut self.tree, fetched, effects)? {
                    PathProgress::Waiting(fetch) => self.applying = Some(Applying { entries, fetch }),
                    PathProgress::Opened => self.apply_round(entries, effects, outbox)?,
                }
                Ok(None)
            }
            other => {
                self.applying = other;
                Ok(Some(fetched))
            }
        }
    }

    /// Time has passed for a round whose paths are being healed.
    pub fn tick_applying(&mut self, effects: &mut Effects) {
        if let Some(applying) = &mut self.applying {
            // There is no newer root to turn to: it is asked until a host has the nodes again.
            let _ = applying.fetch.tick(effects);
        }
    }

    fn open(&self, entry: &Entry) -> Result<Opened, Fault> {
        let index = LogIndex(entry.index);
        if entry.data.is_empty() {
            return Ok(Opened::Empty(index));
        }
        let sealed = read_sealed(&entry.data)?;
        let era = sealed.header.era;
        let key = self
            .keyring
            .log_key(era)
            .ok_or(Fault::Own("a committed entry is of an era whose key is not held"))?;
        let body = open_entry(&self.seat.fleet, &sealed, key)
            .map_err(|_| Fault::Divergence { index: index.0, what: "a committed entry does not open" })?;
        match (sealed.header.record, body.content) {
            (Some(record), EntryContent::Vault(entry)) => {
                let content = EntryContent::Vault(entry);
                Ok(Opened::Vault { index, record, body: Box::new(EntryBody { content, ..body }) })
            }
            (None, EntryContent::Checkpoint(content)) => Ok(Opened::Checkpoint { index, content }),
            _ => Err(Fault::Divergence { index: index.0, what: "an entry's clear part contradicts it" }),
        }
    }

    fn apply_round(
        &mut self,
        entries: Vec<Opened>,
        effects: &mut Effects,
        outbox: &mut Outbox,
    ) -> Result<(), Fault> {
        let mut checkpoint = None;
        for opened in entries {
            self.counters.entries_applied = self.counters.entries_applied.saturating_add(1);
            match opened {
                Opened::Empty(index) => self.applied = index,
                Opened::Vault { index, record, body } => {
                    outbox.applied.push(self.apply_one(index, &record, &body)?);
                    self.applied = index;
                }
                Opened::Checkpoint { index, content } => {
                    self.applied = index;
                    checkpoint = Some((index, content));
                }
            }
        }
        #[cfg(not(strongroom_sim))]
        self.raw.advance_apply_to(self.applied.0);
        #[cfg(strongroom_sim)]
        self.raw.advance_apply_to(self.applied_by_majority());
        match checkpoint {
            Some((index, content)) => {
                let (root, nodes) = self.tree.seal();
                self.hand_out(nodes, effects)?;
                self.apply_checkpoint(index, &content, root, effects, outbox)
            }
            None => self.make_room(effects),
        }
    }

    fn apply_one(&mut self, index: LogIndex, record: &RecordId, body: &EntryBody) -> Result<Applied, Fault> {
        let EntryContent::Vault(entry) = &body.content else {
            return Err(Fault::Own("an entry of no vault was applied to one"));
        };
        let leaf = self.tree.read(record).map_err(|_| Fault::Own("a path was not opened"))?;
        let before = leaf.map(Record::decode).transpose()?;
        let stood = matches!(before, Some(Record::Vault(_)));
        if entry.opened_in.0.saturating_add(1) < self.keyring.current().era.0 && !planted!(IgnoresEntryEra) {
            return Ok(Applied::new(index, body.proposal, refused(&entry.proposal), before));
        }
        let rules = Rules { guesses: self.seat.guesses, checkpoint: self.checkpoints };
        let (after, verdict, touched) = apply(&rules, before, &entry.proposal);
        let stands = matches!(after, Some(Record::Vault(_)));
        let is_left_out = touched == Touched::Erased
            && matches!(verdict, Verdict::Spend(_))
            && self.seat.node.0 != 1
            && planted!(ErasesOnOneNodeOnly);
        if touched != Touched::Nothing && !is_left_out {
            let leaf = after.as_ref().ok_or(Fault::Own("an entry took a record away"))?.encode();
            self.tree
                .write(record, leaf, &body.seed.0, index)
                .map_err(|_| Fault::Own("a leaf could not be written"))?;
        }
        self.count(&verdict, touched);
        match (stood, stands) {
            (false, true) => self.vaults = self.vaults.saturating_add(1),
            (true, false) => self.vaults = self.vaults.saturating_sub(1),
            _ => {}
        }
        Ok(Applied::new(index, body.proposal, verdict, after))
    }

    fn count(&mut self, verdict: &Verdict, touched: Touched) {
        self.forgetting_due |=
            touched == Touched::Erased || matches!(verdict, Verdict::Change(UploadVerdict::Done { .. }));
        match verdict {
            Verdict::Success(SuccessVerdict::Succeeded { .. }) => {
                self.counters.successes = self.counters.successes.saturating_add(1);
            }
            Verdict::Spend(SpendVerdict::Erased) if touched == Touched::Erased => {
                self.counters.slots_erased = self.counters.slots_erased.saturating_add(1);
            }
            _ => {}
        }
    }

    /// Seals and shuts what takes more room than the open part of the tree may.
    pub fn make_room(&mut self, effects: &mut Effects) -> Result<(), Fault> {
        let nodes = self.tree.make_room(self.seat.pace.tree_bytes_max);
        self.hand_out(nodes, effects)
    }

    /// Hands sealed nodes to the host, in messages of a bounded size.
    fn hand_out(&mut self, nodes: Vec<TreeNode>, effects: &mut Effects) -> Result<(), Fault> {
        for node in &nodes {
            let size = u64::try_from(node.ciphertext.len()).unwrap_or(u64::MAX);
            self.counters.tree_nodes = self.counters.tree_nodes.saturating_add(1);
            self.counters.tree_bytes = self.counters.tree_bytes.saturating_add(size);
        }
        store(nodes, effects)
    }
}

/// A request that is too old for its era to be still remembered changes nothing; its author asks again.
fn refused(proposal: &Proposal) -> Verdict {
    match proposal {
        Proposal::Create(_) => Verdict::Create(UploadVerdict::Refused(Refusal::Busy)),
        Proposal::Change(_) => Verdict::Change(UploadVerdict::Refused(Refusal::Busy)),
        Proposal::Spend(_) => Verdict::Spend(SpendVerdict::Refused(Refusal::Busy)),
        Proposal::Success(_) => Verdict::Success(SuccessVerdict::Refused(Refusal::Busy)),
    }
}
