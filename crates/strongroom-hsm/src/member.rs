//! A member of a fleet at work: sessions, replica, hand-over and clients, put together.
//!
//! What decides anything stands in the modules below; here is only who is told what.
//! Every input ends in [`Member::settle`], which goes on until nothing is left to do.

mod clients;
#[cfg(any(test, strongroom_sim))]
mod held;
mod install;
mod loading;
mod peers;
mod status;

use crate::{
    answers::AnswerContext,
    channel::Channel,
    effect::{Effects, PlatformDone},
    fault::Fault,
    handover::HandOver,
    keeper::Keeper,
    paths::PathFetch,
    peer::{HandedOver, PeerBody, PeerLinks, PeerMessage},
    replica::{Ballot, Outbox, Pace, Replica, Seat, Secrets},
    requests::Requests,
    state::{CheckpointState, FleetSecrets, Founded},
    ticket::{TicketKey, TicketKeys},
};
use loading::Loading;
use std::collections::BTreeSet;
use strongroom_crypto::{Rng, sign::SigningKey};
use strongroom_protocol::{
    bytes::Bytes,
    encode,
    genesis::Genesis,
    ids::{FleetId, LogIndex, NodeNumber},
    pipe::{Fetched, FromClient, HsmMessage, LogEntries, PeerBytes, Start},
};

/// How far a member has come.
enum Phase {
    /// The fleet's secrets have not reached it yet.
    Unfounded,
    /// Founded, and not started by its host yet.
    Founded(Box<CheckpointState>),
    /// Reads its log.
    Loading(Box<Loading>),
    /// Takes no part: its log is not what the anchor says.
    Refused,
    /// Takes part.
    Serving(Box<Replica>),
}

/// A checkpoint that is on its way into sealed state and anchor.
struct Installing {
    handed: HandedOver,
    ballot: Ballot,
}

/// What may and may not be done again after a refusal.
#[derive(Debug, Clone, Copy, Default)]
struct Floor {
    /// A checkpoint before this index does not help.
    index: u64,
    /// In this term and before, the vote counts as given.
    term: u64,
}

/// One member at work.
pub struct Member {
    fleet: FleetId,
    node: NodeNumber,
    genesis: Genesis,
    pace: Pace,
    node_key: SigningKey,
    secrets: Option<FleetSecrets>,
    keeper: Keeper,
    links: PeerLinks,
    phase: Phase,
    installing: Option<Installing>,
    handover: Option<HandOver>,
    floor: Floor,
    /// Why the member is refused, or was before it healed.
    reason: String,
    channel: Option<Channel>,
    requests: Requests,
    reading: Option<(PathFetch, Vec<u64>)>,
    /// In a founding: the others that have the first checkpoint.
    told: BTreeSet<NodeNumber>,
    founding: bool,
    waited: u32,
    guesses_answered: u64,
    opened: u64,
    unreadable: u64,
    refused: u64,
    next_fetch: u64,
}

impl Member {
    /// A member that has adopted its genesis; founded, if the sealed state says so.
    pub fn new(
        fleet: FleetId,
        node: NodeNumber,
        genesis: Genesis,
        node_key: SigningKey,
        founded: Option<Founded>,
        keeper: Keeper,
        pace: Pace,
    ) -> Self {
        let keys: Vec<(NodeNumber, [u8; 32])> =
            genesis.members.as_slice().iter().map(|member| (member.node, member.birth.node_key)).collect();
        let anchor = keeper.anchor();
        let links = PeerLinks::new(fleet, node, anchor.boot, anchor.incarnation, &keys);
        let mut member = Self {
            fleet,
            node,
            genesis,
            pace,
            node_key,
            secrets: None,
            keeper,
            links,
            phase: Phase::Unfounded,
            installing: None,
            handover: None,
            floor: Floor::default(),
            reason: String::new(),
            channel: None,
            requests: Requests::default(),
            reading: None,
            told: BTreeSet::new(),
            founding: false,
            waited: 0,
            guesses_answered: 0,
            opened: 0,
            unreadable: 0,
            refused: 0,
            next_fetch: 1,
        };
        if let Some(founded) = founded {
            member.secrets = Some(founded.secrets);
            member.phase = Phase::Founded(Box::new(founded.checkpoint));
        }
        member
    }

    /// The member's identity key.
    pub fn node_key(&self) -> &SigningKey {
        &self.node_key
    }

    /// The fleet's secrets, once they have reached this member.
    pub fn secrets(&self) -> Option<&FleetSecrets> {
        self.secrets.as_ref()
    }

    /// The fleet.
    pub fn fleet(&self) -> FleetId {
        self.fleet
    }

    /// The member's number.
    pub fn node(&self) -> NodeNumber {
        self.node
    }

    /// What tells this boot from every other.
    pub fn incarnation(&self) -> [u8; 16] {
        self.keeper.anchor().incarnation
    }

    /// The recorded checkpoint, if it has recorded one and was not started yet.
    pub fn recorded_first(&self) -> Option<&CheckpointState> {
        match &self.phase {
            Phase::Founded(checkpoint) => Some(checkpoint),
            _ => None,
        }
    }

    /// Time has passed.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn tick(&mut self, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        for (node, frame) in self.links.tick(rng) {
            send_frame(node, frame, effects);
        }
        if let Phase::Serving(replica) = &mut self.phase {
            replica.tick();
            replica.tick_applying(effects);
            replica.propose_checkpoint(rng);
        }
        if let Some((fetch, _)) = &mut self.reading
            && !fetch.tick(effects)
        {
            // The nodes of an older root may be gone everywhere; the newest root's are not.
            self.read_again();
        }
        self.tick_handover(effects);
        self.tick_founding(effects);
        self.tick_requests(rng, effects);
        self.settle(rng, effects)
    }

    /// The host reports a batch on disk.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn stored(&mut self, batch: u64, effects: &mut Effects) -> Result<(), Fault> {
        self.keeper.stored(batch, effects)
    }

    /// The platform has done something.
    ///
    /// # Errors
    /// The anchor belongs to another boot, the platform failed, or an invariant is broken.
    pub fn platform(
        &mut self,
        done: &PlatformDone,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        let complete = self.keeper.done(done, effects)?;
        let mut outbox = Outbox::default();
        if complete && self.installing.is_some() {
            self.installed(rng, effects)?;
        } else if let Phase::Serving(replica) = &mut self.phase {
            if complete {
                replica.on_kept(effects, &mut outbox)?;
            }
            replica.on_checked(done, &mut outbox);
        }
        self.distribute(outbox, rng, effects)?;
        self.settle(rng, effects)
    }

    /// The host answers a fetch of paths.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn path(&mut self, fetched: Fetched, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        let mut outbox = Outbox::default();
        let Phase::Serving(replica) = &mut self.phase else { return Ok(()) };
        if let Some(fetched) = replica.on_path(fetched, effects, &mut outbox)? {
            self.on_read(fetched, rng, effects)?;
        }
        self.distribute(outbox, rng, effects)?;
        self.settle(rng, effects)
    }

    /// The host brings nodes that were asked for by name.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn shipped(
        &mut self,
        fetched: Fetched,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        if self.handover.is_some() {
            let fetch = self.fetch_number();
            if let Some(handover) = &mut self.handover {
                handover.found(fetched.clone(), fetch, effects)?;
            }
        }
        // A path that is being healed is answered in the same way.
        self.path(fetched, rng, effects)
    }

    /// The host reports the tree up to an index as written.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn tree_written(
        &mut self,
        index: LogIndex,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        if let Phase::Serving(replica) = &mut self.phase {
            replica.on_tree_written(index);
        }
        let is_handed = self
            .handover
            .as_ref()
            .is_some_and(|handover| handover.is_flushing() && handover.target() == Some(index));
        if is_handed && self.log_reaches_hand_over() {
            // What the log holds was acknowledged: it is never cut for a hand-over that brings less.
            self.handover = None;
            return self.settle(rng, effects);
        }
        if is_handed
            && !self.keeper.is_busy()
            && let Some(handed) = self.handover.take().and_then(HandOver::finish)
        {
            self.install(handed, rng, effects)?;
        } else if is_handed {
            // A batch is on its way; the host is asked once more, and answers after it.
            effects.host(HsmMessage::FlushTree(index));
        }
        self.settle(rng, effects)
    }

    /// A client asks.
    pub fn client(
        &mut self,
        from: &FromClient,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        self.on_client(from, rng, effects);
        self.settle(rng, effects)
    }

    /// A peer's HSM speaks.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn peer(&mut self, from: &PeerBytes, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        self.on_frame(from, rng, effects)?;
        self.settle(rng, effects)
    }

    /// The line to a peer is cut.
    pub fn peer_lost(&mut self, node: NodeNumber) {
        self.links.lost(node);
        if let Phase::Serving(replica) = &mut self.phase {
            replica.unreachable(node);
        }
    }

    /// The host begins the service.
    ///
    /// # Errors
    /// The consensus library refuses the state.
    pub fn start(&mut self, start: &Start, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        self.begin_loading(start, rng, effects)?;
        self.settle(rng, effects)
    }

    /// The host hands in a range of the log.
    ///
    /// # Errors
    /// The consensus library refuses the state.
    pub fn log(
        &mut self,
        entries: LogEntries,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        self.on_log(entries, rng, effects)?;
        self.settle(rng, effects)
    }

    /// Makes the fleet's secrets and its first checkpoint; for node 1, once.
    ///
    /// # Errors
    /// An invariant is broken.
    pub fn found(
        &mut self,
        first: HandedOver,
        rng: &mut dyn Rng,
        effects: &mut Effects,
    ) -> Result<(), Fault> {
        self.founding = true;
        self.install(first, rng, effects)
    }

    /// Goes on until nothing is left to do.
    fn settle(&mut self, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        loop {
            let mut outbox = Outbox::default();
            if let (Phase::Serving(replica), Some(secrets)) = (&mut self.phase, &self.secrets)
                && self.installing.is_none()
            {
                let boots = self.links.boots();
                let secrets =
                    Secrets { fleet: secrets, node_key: self.node_key.seed(), genesis: &self.genesis, boots };
                replica.advance(&mut self.keeper, &secrets, rng, effects, &mut outbox)?;
            }
            let quiet = outbox.peers.is_empty() && outbox.applied.is_empty() && outbox.confirmed.is_empty();
            self.distribute(outbox, rng, effects)?;
            let moved = self.work_on_requests(rng, effects)?;
            if quiet && !moved {
                return Ok(());
            }
        }
    }

    /// Carries out what the replica wants.
    fn distribute(&mut self, outbox: Outbox, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
        let Outbox { peers, applied, confirmed, new_era, hand_over_from } = outbox;
        for applied in applied {
            self.answer_applied(&applied, rng, effects);
        }
        for (node, body) in peers {
            self.tell(node, body, effects);
        }
        for (context, index) in confirmed {
            self.requests.confirmed(context, index);
        }
        if new_era {
            self.begin_era(rng, effects);
        }
        if let (Some(source), None) = (hand_over_from, &self.handover)
            && let Phase::Serving(replica) = &self.phase
        {
            let have = LogIndex(replica.recorded().index);
            let needed = LogIndex(have.0.saturating_add(1));
            self.handover = Some(HandOver::begin(source, needed, have));
        }
        Ok(())
    }

    fn begin_era(&mut self, rng: &mut dyn Rng, effects: &mut Effects) {
        let Phase::Serving(replica) = &self.phase else { return };
        let era = replica.keyring().current().era;
        self.links.set_era(era);
        if let Some(channel) = &mut self.channel {
            effects.host(HsmMessage::Keys(channel.begin_era(era, &self.node_key, rng)));
        }
    }

    /// Tells a peer something, if a session stands.
    fn tell(&mut self, node: NodeNumber, body: PeerBody, effects: &mut Effects) -> bool {
        let plaintext = encode(&PeerMessage::new(body));
        match self.links.seal(node, &plaintext) {
            Some(frame) => {
                send_frame(node, frame, effects);
                true
            }
            None => {
                if let Phase::Serving(replica) = &mut self.phase {
                    replica.unreachable(node);
                }
                false
            }
        }
    }

    fn seat(&self) -> Seat {
        Seat {
            fleet: self.fleet,
            node: self.node,
            members: self.genesis.members.as_slice().iter().map(|member| member.node).collect(),
            guesses: self.genesis.guesses,
            pace: self.pace,
        }
    }

    fn fetch_number(&mut self) -> u64 {
        let number = self.next_fetch;
        self.next_fetch = number.wrapping_add(1);
        number
    }
}

/// The ticket keys of a replica, as tickets and tokens take them.
fn ticket_keys(replica: &Replica) -> TicketKeys<'_> {
    let current = replica.keyring().current();
    TicketKeys {
        current: TicketKey { era: current.era, key: &current.tickets.0 },
        previous: replica.keyring().before_current().map(|(era, key)| TicketKey { era, key }),
    }
}

fn answer_context<'a>(fleet: &'a FleetId, replica: &'a Replica) -> AnswerContext<'a> {
    AnswerContext { fleet, ticket_key: ticket_keys(replica).current }
}

fn send_frame(node: NodeNumber, frame: Vec<u8>, effects: &mut Effects) {
    if let Some(frame) = Bytes::new(frame) {
        effects.host(HsmMessage::Send(PeerBytes { node, frame }));
    }
}
