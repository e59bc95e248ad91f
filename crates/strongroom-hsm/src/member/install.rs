//! How a member takes a checkpoint over, and how it comes to one: by hand-over, or in the founding.

use super::{Installing, Member, Phase};
use crate::{
    effect::Effects,
    fault::Fault,
    field::KeyField,
    handover::HandOver,
    keeper::Kept,
    peer::{HandedOver, PeerBody, Roots},
    replica::Ballot,
    state::{Founded, HeadTable, SealedState},
    tree::Root,
};
use strongroom_crypto::Rng;
use strongroom_protocol::{
    bytes::List,
    ids::{LogIndex, NodeNumber, Term, Version},
    pipe::{Append, DropBelow, HsmMessage},
};

/// Ticks between two tries to hand the fleet's first checkpoint to the others.
const FOUNDING_TICKS: u32 = 20;

impl Member {
    /// Takes a checkpoint over: sealed state and head table, under a fresh state key, then the anchor.
    pub(super) fn install(
        &mut self,
        handed: HandedOver,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        let ballot = match &self.phase {
            Phase::Serving(replica) if replica.term() >= handed.checkpoint.term.0 => replica.ballot(),
            // A vote may have been given in any term up to the floor; it is not given twice.
            Phase::Refused
                if self.floor.term >= handed.checkpoint.term.0 && !planted!(RefusedMemberVotesAgain) =>
            {
                Ballot { term: self.floor.term, vote: u64::from(self.node.0) }
            }
            _ => Ballot { term: handed.checkpoint.term.0, vote: 0 },
        };
        let checkpoint = handed.checkpoint.duplicate();
        let vote = u8::try_from(ballot.vote).unwrap_or(self.node.0);
        let head = HeadTable {
            version: Version,
            term: Term(ballot.term),
            vote: NodeNumber(vote),
            index: checkpoint.index,
            digest: checkpoint.digest,
            pending: List::default(),
            peers: List::new(self.links.boots()).ok_or(Fault::Own("too many peers"))?,
        };
        let founded = Founded { secrets: handed.secrets.duplicate(), checkpoint };
        let state = SealedState {
            version: Version,
            node_key: KeyField::of(self.node_key.seed()),
            genesis: Some(self.genesis.clone()),
            node: self.node,
            founded: Some(founded),
        };
        self.keeper.begin(Kept { head: Some(head), state: Some(state), fleet: self.fleet }, rng, effects)?;
        self.installing = Some(Installing { handed, ballot });
        Ok(())
    }

    /// A checkpoint was taken over: the member takes part from there.
    pub(super) fn installed(&mut self, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        let Some(Installing { handed, ballot }) = self.installing.take() else { return Ok(()) };
        let HandedOver { secrets, checkpoint } = handed;
        self.secrets = Some(secrets);
        let index = checkpoint.index;
        // The log goes on behind the checkpoint; what stood in it is needed no more, now that the anchor says so.
        effects.host(HsmMessage::Append(Append { cut: LogIndex(1), entries: List::default() }));
        effects.host(HsmMessage::Drop(DropBelow { log: LogIndex(index.0.saturating_add(1)), tree: index }));
        if matches!(self.phase, Phase::Unfounded) {
            let roots = Roots { index, hash: Root::empty().hash() };
            self.tell(NodeNumber(1), PeerBody::Roots(roots), effects);
            self.phase = Phase::Founded(Box::new(checkpoint));
            return Ok(());
        }
        let leader = match &self.phase {
            Phase::Serving(replica) => replica.leader(),
            _ => None,
        };
        self.serve(&checkpoint, ballot, &[], Vec::new(), rng, effects)?;
        self.read_again();
        if let (Some(leader), Phase::Serving(replica)) = (leader, &self.phase)
            && let Some(envelope) = replica.acknowledge_checkpoint(leader, ballot.term)
        {
            self.tell(leader, PeerBody::Raft(envelope), effects);
        }
        Ok(())
    }

    /// Whether this member's own log holds the checkpoint that is being handed over, or has passed it.
    pub(super) fn log_reaches_hand_over(&self) -> bool {
        let (Phase::Serving(replica), Some(handover)) = (&self.phase, &self.handover) else { return false };
        handover.target_point().is_some_and(|target| replica.holds(&target))
    }

    pub(super) fn tick_handover(&mut self, effects: &mut Effects) {
        if matches!(self.phase, Phase::Refused) && self.handover.is_none() && self.installing.is_none() {
            let source = self.links.peers().first().copied().unwrap_or(self.node);
            let floor = if planted!(ComesBackBelowAnchor) { 0 } else { self.floor.index };
            self.handover = Some(HandOver::begin(source, LogIndex(floor), LogIndex(0)));
        }
        let connected = self.links.connected();
        let asked = self.handover.as_mut().and_then(|handover| handover.tick(&connected));
        if let Some((node, body)) = asked {
            self.tell(node, body, effects);
        }
    }

    /// In a founding, node 1 hands the first checkpoint to those that do not have it yet.
    pub(super) fn tick_founding(&mut self, effects: &mut Effects) {
        self.waited = self.waited.saturating_add(1);
        if !self.founding || self.waited < FOUNDING_TICKS {
            return;
        }
        self.waited = 0;
        let (Phase::Founded(checkpoint), Some(secrets)) = (&self.phase, &self.secrets) else { return };
        let missing: Vec<NodeNumber> =
            self.links.connected().into_iter().filter(|node| !self.told.contains(node)).collect();
        let handed: Vec<(NodeNumber, HandedOver)> = missing
            .into_iter()
            .map(|node| {
                (node, HandedOver { secrets: secrets.duplicate(), checkpoint: checkpoint.duplicate() })
            })
            .collect();
        for (node, handed) in handed {
            self.tell(node, PeerBody::HandedOver(handed), effects);
        }
    }
}
