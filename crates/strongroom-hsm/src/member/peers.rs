//! What peers' HSMs say, and what comes of it.

use super::{Member, Phase, send_frame};
use crate::{
    effect::Effects,
    fault::Fault,
    handover::HandOver,
    peer::{HandedOver, PeerBody, PeerMessage, Propose},
    raft_wire::TERM_MAX,
    replica::Outbox,
    tree::TreeContext,
};
use strongroom_crypto::Rng;
use strongroom_protocol::{
    decode,
    ids::{LogIndex, NodeNumber, Partition},
    pipe::PeerBytes,
};

impl Member {
    pub(super) fn on_frame(
        &mut self,
        from: &PeerBytes,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        let output = self.links.receive(from.node, from.frame.as_slice(), &self.node_key, rng);
        for frame in output.frames {
            send_frame(from.node, frame, effects);
        }
        if output.boots_changed
            && let Phase::Serving(replica) = &mut self.phase
        {
            replica.boots_changed();
        }
        let Some(plaintext) = output.message else { return Ok(()) };
        let message: PeerMessage = decode(plaintext.expose()).map_err(|_| Fault::Peer {
            node: from.node.0,
            what: "a message of its session does not decode",
        })?;
        self.on_message(from.node, message.body, rng, effects)
    }

    fn on_message(
        &mut self,
        from: NodeNumber,
        body: PeerBody,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        match body {
            PeerBody::Raft(envelope) => {
                let mut outbox = Outbox::default();
                if let Phase::Serving(replica) = &mut self.phase
                    && self.installing.is_none()
                {
                    replica.receive(from, envelope, &mut outbox)?;
                }
                self.distribute(outbox, rng, effects)
            }
            PeerBody::Propose(propose) => {
                self.on_propose(from, propose, rng, effects);
                Ok(())
            }
            PeerBody::NotProposed(id) => {
                self.requests.refused_by_leader(&id);
                Ok(())
            }
            PeerBody::HandOver(needed) => {
                self.on_hand_over(from, needed, effects);
                Ok(())
            }
            PeerBody::HandedOver(handed) => self.on_handed_over(from, handed, rng, effects),
            PeerBody::Roots(roots) => {
                self.told.insert(from);
                match &mut self.phase {
                    Phase::Serving(replica) => replica.on_roots(from, roots),
                    _ => Ok(()),
                }
            }
            PeerBody::Read(context) => {
                if let Phase::Serving(replica) = &mut self.phase {
                    replica.read_index(from, context);
                }
                Ok(())
            }
            PeerBody::ReadAt(read) => {
                self.requests.confirmed(read.context, read.index);
                Ok(())
            }
        }
    }

    fn on_propose(&mut self, from: NodeNumber, propose: Propose, rng: &mut dyn Rng, effects: &mut Effects) {
        let taken = match &mut self.phase {
            Phase::Serving(replica) if propose.partition == Partition(0) => {
                replica.propose(propose.id, propose.record, propose.entry, rng).is_ok()
            }
            _ => false,
        };
        if !taken {
            self.tell(from, PeerBody::NotProposed(propose.id), effects);
        }
    }

    fn on_hand_over(&mut self, from: NodeNumber, needed: LogIndex, effects: &mut Effects) {
        let (Phase::Serving(replica), Some(secrets)) = (&mut self.phase, &self.secrets) else { return };
        if replica.recorded().index >= needed.0 {
            let checkpoint = replica.recorded_state().duplicate();
            let handed = HandedOver { secrets: secrets.duplicate(), checkpoint };
            self.tell(from, PeerBody::HandedOver(handed), effects);
        } else {
            replica.ask_newer_checkpoint();
        }
    }

    fn on_handed_over(
        &mut self,
        from: NodeNumber,
        handed: HandedOver,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        if self.installing.is_some() || self.keeper.is_busy() && matches!(self.phase, Phase::Unfounded) {
            return Ok(());
        }
        if handed.checkpoint.term.0 > TERM_MAX {
            return Err(Fault::Peer {
                node: from.0,
                what: "hands over a checkpoint of a term beyond all bounds",
            });
        }
        match &self.phase {
            Phase::Unfounded => self.install(handed, rng, effects),
            // The founder did not hear that it arrived.
            Phase::Founded(checkpoint) => {
                let roots =
                    crate::peer::Roots { index: checkpoint.index, hash: crate::tree::Root::empty().hash() };
                self.tell(NodeNumber(1), PeerBody::Roots(roots), effects);
                Ok(())
            }
            Phase::Serving(_) | Phase::Refused => {
                let context = TreeContext { fleet: self.fleet, partition: Partition(0) };
                let fetch = self.fetch_number();
                match &mut self.handover {
                    Some(handover) => HandOver::receive(handover, handed, &context, fetch, effects),
                    None => Ok(()),
                }
            }
            Phase::Loading(_) => Ok(()),
        }
    }
}
