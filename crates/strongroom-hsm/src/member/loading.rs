//! How a founded member comes back: it reads its log and holds it against the anchor.
//!
//! A log that ends before the anchor's head, or does not match it, is refused: the
//! host's disk was put back, swapped or damaged. A refused member answers no consensus
//! message; it asks a peer for a hand-over and counts its vote as given in every term that
//! its anchor may have seen.

use super::{Floor, Member, Phase};
use crate::{
    effect::Effects,
    era::{Keyring, PendingEra},
    fault::Fault,
    raft_log::RaftLog,
    raft_wire::raft_entry,
    replica::{Ballot, Replica},
    requests::Requests,
    state::{CheckpointState, HeadTable, head_hash, open_head},
};
use raft::eraftpb::{Entry, HardState};
use strongroom_crypto::{Rng, labels, sign::SigningKey};
use strongroom_protocol::{
    bytes::List,
    ids::{Configuration, LogIndex},
    keys::Endorsement,
    pipe::{Append, FetchLog, HsmMessage, LogEntries, Start},
};

/// Numbers of fetches that are set aside for one replica, so that no late answer is taken for another's.
const FETCHES_PER_REPLICA: u64 = 1 << 40;

/// A log that is being read.
pub(super) struct Loading {
    head: HeadTable,
    checkpoint: CheckpointState,
    entries: Vec<Entry>,
}

impl Member {
    pub(super) fn begin_loading(
        &mut self,
        start: &Start,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        if !matches!(self.phase, Phase::Founded(_)) {
            return Err(Fault::Host("starts a member that is not founded, or twice"));
        }
        let mut first_context = [0; 8];
        rng.fill(&mut first_context);
        self.requests = Requests::counting_from(u64::from_be_bytes(first_context));
        let Phase::Founded(checkpoint) = core::mem::replace(&mut self.phase, Phase::Refused) else {
            return Ok(());
        };
        let anchor = self.keeper.anchor();
        self.floor = Floor { index: anchor.index_max, term: anchor.term_max };
        // The power may have failed after the disk had a batch and before the anchor named it.
        let kept = [start.head_table.as_slice(), start.head_table_before.as_slice()];
        let named = kept.into_iter().take(if planted!(KeepsOneHeadTable) { 1 } else { 2 });
        let named = named
            .into_iter()
            .find(|sealed| head_hash(sealed) == anchor.head_table || planted!(AcceptsOlderDisk));
        let head = named.and_then(|sealed| open_head(sealed, &self.fleet, &anchor.state_key));
        let Some(head) = head else {
            return self.refuse(format!(
                "its disk was put back to an older copy, or swapped (the head table is not the anchor's; the anchor says {})",
                anchor.index_max
            ));
        };
        self.links.remember(head.peers.as_slice());
        // What lies behind the head was never acknowledged.
        let cut = LogIndex(head.index.0.saturating_add(1));
        effects.host(HsmMessage::Append(Append { cut, entries: List::default() }));
        if head_hash(start.head_table.as_slice()) != self.keeper.anchor().head_table {
            self.keeper.store_again(start.head_table_before.as_slice(), effects)?;
        }
        let first = LogIndex(checkpoint.index.0.saturating_add(1));
        let last = head.index;
        let loading = Loading { head, checkpoint: *checkpoint, entries: Vec::new() };
        if last < first {
            return self.loaded(loading, rng, effects);
        }
        effects.host(HsmMessage::FetchLog(FetchLog { first, last }));
        self.phase = Phase::Loading(Box::new(loading));
        Ok(())
    }

    pub(super) fn on_log(
        &mut self,
        brought: LogEntries,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        let Phase::Loading(loading) = &mut self.phase else {
            return Err(Fault::Host("hands in log entries that nobody asked for"));
        };
        let room = loading.head.index.0.saturating_sub(loading.checkpoint.index.0);
        for stored in brought.entries.into_vec() {
            let full = u64::try_from(loading.entries.len()).unwrap_or(u64::MAX) >= room;
            match raft_entry(&stored).filter(|_| !full) {
                Some(entry) => loading.entries.push(entry),
                None => return self.refuse("its log on disk holds what was never written".into()),
            }
        }
        if brought.last != 1 {
            return Ok(());
        }
        match core::mem::replace(&mut self.phase, Phase::Refused) {
            Phase::Loading(loading) => self.loaded(*loading, rng, effects),
            other => {
                self.phase = other;
                Ok(())
            }
        }
    }

    /// The log is read: it is the anchor's, or the member is refused.
    fn loaded(&mut self, loading: Loading, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        let Loading { head, checkpoint, entries } = loading;
        let mut log = RaftLog::new(Vec::new(), HardState::default(), checkpoint.point());
        log.append(&entries);
        let last = log.last();
        let is_cut_short = last.index < head.index.0 && planted!(MissesTruncatedLog);
        if !is_cut_short && (last.index != head.index.0 || last.digest != head.digest) {
            return self.refuse(format!(
                "its log on disk ends at {} or does not match (the anchor says {})",
                last.index, head.index
            ));
        }
        let ballot = Ballot { term: head.term.0, vote: u64::from(head.vote.0) };
        self.serve(&checkpoint, ballot, &entries, head.pending.into_vec(), rng, effects)
    }

    /// Takes part from a checkpoint on.
    pub(super) fn serve(
        &mut self,
        checkpoint: &CheckpointState,
        ballot: Ballot,
        entries: &[Entry],
        pending: Vec<PendingEra>,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        let old = checkpoint.old_tickets.as_ref().map(|old| (old.era, old.key.0.duplicate()));
        let keyring = Keyring::new(checkpoint.keys.duplicate(), old, pending);
        self.next_fetch = self.next_fetch.saturating_add(FETCHES_PER_REPLICA);
        let replica = Replica::new(self.seat(), checkpoint, ballot, entries, keyring, self.next_fetch, rng)?;
        self.next_fetch = self.next_fetch.saturating_add(FETCHES_PER_REPLICA);
        self.phase = Phase::Serving(Box::new(replica));
        if self.channel.is_none() {
            let endorsement = self.endorsement()?;
            self.channel = Some(crate::channel::Channel::new(self.fleet, self.node, endorsement));
        }
        self.begin_era(rng, effects);
        Ok(())
    }

    fn endorsement(&self) -> Result<Endorsement, Fault> {
        let secrets =
            self.secrets.as_ref().ok_or(Fault::Own("a member serves without the fleet's secrets"))?;
        let fleet_key = SigningKey::from_seed(secrets.fleet_key.0.duplicate());
        let configuration = Configuration(1);
        let node_key = self.node_key.public();
        let parts: [&[u8]; 4] =
            [self.fleet.as_bytes(), &configuration.0.to_be_bytes(), &[self.node.0], &node_key];
        let signature = fleet_key.sign(labels::ENDORSEMENT_SIGNATURE, &parts);
        Ok(Endorsement { fleet: self.fleet, configuration, node: self.node, node_key, signature })
    }

    fn refuse(&mut self, reason: String) -> Result<(), Fault> {
        self.reason = reason;
        self.phase = Phase::Refused;
        Ok(())
    }
}
