//! How a member stands, for operators.

use super::{Member, Phase};
use strongroom_protocol::{
    bytes::{List, Text},
    ids::{Digest, Era, LogIndex, NodeNumber, Term, Version},
    pipe::{Counters, HsmStatus, Role},
};

impl Member {
    /// Puts a status together. It says nothing about any vault.
    pub fn status(&self) -> HsmStatus {
        let anchor = self.keeper.anchor();
        let mut status = HsmStatus {
            version: Version,
            node: self.node,
            fleet: self.fleet,
            role: Role::Starting,
            reason: Text::shortened(&self.told_reason()),
            term: Term(0),
            leader: NodeNumber(0),
            last: LogIndex(0),
            committed: LogIndex(0),
            applied: LogIndex(0),
            checkpoint: LogIndex(0),
            era: Era(0),
            vaults: 0,
            root: Digest::new([0; 32]),
            boot: anchor.boot,
            sessions: List::new(self.links.connected()).unwrap_or_default(),
            counters: Counters::default(),
        };
        match &self.phase {
            Phase::Unfounded | Phase::Founded(_) | Phase::Loading(_) => {}
            Phase::Refused => status.role = Role::Refused,
            Phase::Serving(replica) => {
                status.role = match (replica.leads(), replica.is_candidate()) {
                    (true, _) => Role::Leader,
                    (_, true) => Role::Candidate,
                    _ => Role::Follower,
                };
                let (last, committed, applied) = replica.indices();
                status.term = Term(replica.term());
                status.leader = replica.leader().unwrap_or(NodeNumber(0));
                status.last = last;
                status.committed = committed;
                status.applied = applied;
                status.checkpoint = LogIndex(replica.recorded().index);
                status.era = replica.keyring().current().era;
                status.vaults = replica.vaults();
                status.root = replica.recorded_root().hash();
                status.counters = *replica.counters();
            }
        }
        status.counters.requests = self.opened;
        status.counters.unreadable = self.unreadable;
        status.counters.refused = self.refused;
        status.counters.guesses_answered = self.guesses_answered;
        status
    }

    fn told_reason(&self) -> String {
        match (&self.handover, self.reason.is_empty()) {
            (Some(handover), true) => format!("taking a hand-over, {} %", handover.per_mille() / 10),
            (Some(handover), false) => {
                format!("{}; healing by hand-over, {} %", self.reason, handover.per_mille() / 10)
            }
            (None, false) if !matches!(self.phase, Phase::Refused) => format!("{}; healed", self.reason),
            _ => self.reason.clone(),
        }
    }
}
