//! The links to all peers: who is spoken with, and who is shut out.

use super::{
    handshake::{Answered, Initiated, header_fits},
    session::Session,
};
use crate::state::PeerBoot;
use std::collections::BTreeMap;
use strongroom_crypto::{Rng, SecretBytes, sign::SigningKey};
use strongroom_protocol::{
    decode, encode,
    ids::{Configuration, Era, FleetId, NodeNumber, Version},
    peer::{Finish, Hello, PeerFrame, PeerHeader, Response},
};

/// Ticks between two tries to reach a peer.
const HELLO_TICKS: u32 = 20;
/// Ticks that a session outlives the making of its successor.
const OLD_SESSION_TICKS: u32 = 200;

/// What came of a frame.
#[derive(Default)]
pub struct PeerOutput {
    /// To be carried back to the peer.
    pub frames: Vec<Vec<u8>>,
    /// A message of the session.
    pub message: Option<SecretBytes>,
    /// A session was made.
    pub connected: bool,
    /// What is remembered of the peer's boots has changed.
    pub boots_changed: bool,
}

struct Link {
    key: [u8; 32],
    session: Option<Session>,
    /// The session before, until the peer speaks in the new one.
    old: Option<Session>,
    /// Ticks that the session before has outlived the new one's making.
    old_ticks: u32,
    initiated: Option<Initiated>,
    answered: Option<(Answered, [u8; 64])>,
    waited: u32,
    boot: Option<PeerBoot>,
}

/// This HSM's links to all other members.
pub struct PeerLinks {
    fleet: FleetId,
    node: NodeNumber,
    configuration: Configuration,
    boot: u64,
    incarnation: [u8; 16],
    era: Era,
    links: BTreeMap<NodeNumber, Link>,
}

impl PeerLinks {
    /// Links to the members with these identity keys; none stands yet.
    pub fn new(
        fleet: FleetId,
        node: NodeNumber,
        boot: u64,
        incarnation: [u8; 16],
        peers: &[(NodeNumber, [u8; 32])],
    ) -> Self {
        let link = |key: &[u8; 32]| Link {
            key: *key,
            session: None,
            old: None,
            old_ticks: 0,
            initiated: None,
            answered: None,
            waited: HELLO_TICKS,
            boot: None,
        };
        let others = peers.iter().filter(|(number, _)| *number != node);
        let links = others.map(|(number, key)| (*number, link(key))).collect();
        Self { fleet, node, configuration: Configuration(1), boot, incarnation, era: Era(0), links }
    }

    /// The other members.
    pub fn peers(&self) -> Vec<NodeNumber> {
        self.links.keys().copied().collect()
    }

    /// The members that a session stands with.
    pub fn connected(&self) -> Vec<NodeNumber> {
        let standing = self.links.iter().filter(|(_, link)| link.session.is_some());
        standing.map(|(node, _)| *node).collect()
    }

    /// What is remembered of the peers' boots, for the head table.
    pub fn boots(&self) -> Vec<PeerBoot> {
        self.links.values().filter_map(|link| link.boot).collect()
    }

    /// Takes over what was remembered.
    pub fn remember(&mut self, boots: &[PeerBoot]) {
        for boot in boots {
            if let Some(link) = self.links.get_mut(&boot.node) {
                link.boot = Some(*boot);
            }
        }
    }

    /// A new era: every session is made anew. The keys of an era live one era longer at most, and only
    /// where the peer has not spoken in the new one; then they are forgotten with the era's tickets (G3).
    pub fn set_era(&mut self, era: Era) {
        self.era = era;
        for link in self.links.values_mut() {
            link.waited = HELLO_TICKS.saturating_mul(3);
            link.initiated = None;
            link.answered = None;
            let is_dead =
                |session: &Session| session.era().0.saturating_add(1) < era.0 && !planted!(KeepsSessionKeys);
            if link.session.as_ref().is_some_and(is_dead) {
                link.session = None;
            }
            if link.old.as_ref().is_some_and(is_dead) {
                link.old = None;
            }
        }
    }

    /// Time has passed. Gives the frames that try to reach peers without a session of this era.
    pub fn tick(&mut self, rng: &mut dyn Rng) -> Vec<(NodeNumber, Vec<u8>)> {
        let mut frames = Vec::new();
        let nodes: Vec<NodeNumber> = self.links.keys().copied().collect();
        for node in nodes {
            let header = self.header(node);
            let own = self.node;
            let era = self.era;
            let Some(link) = self.links.get_mut(&node) else { continue };
            link.age_old_session();
            if link.is_shut_out() || link.session.as_ref().is_some_and(|session| session.era() >= era) {
                continue;
            }
            link.waited = link.waited.saturating_add(1);
            // The lower number calls first; the other one only if it was not called for a while.
            let patience = if own < node { HELLO_TICKS } else { HELLO_TICKS.saturating_mul(3) };
            if link.waited >= patience {
                link.waited = 0;
                let initiated = Initiated::begin(header, rng);
                frames.push((node, encode(&PeerFrame::Hello(initiated.hello()))));
                link.initiated = Some(initiated);
            }
        }
        frames
    }

    /// Seals a message for a peer, if a session stands.
    pub fn seal(&mut self, node: NodeNumber, plaintext: &[u8]) -> Option<Vec<u8>> {
        let link = self.links.get_mut(&node)?;
        let frame = link.session.as_mut()?.seal(plaintext)?;
        Some(encode(&PeerFrame::Session(frame)))
    }

    /// The line to a peer is cut.
    pub fn lost(&mut self, node: NodeNumber) {
        if let Some(link) = self.links.get_mut(&node) {
            link.close();
        }
    }

    /// Takes a frame that the host says is from `node`.
    pub fn receive(
        &mut self,
        node: NodeNumber,
        bytes: &[u8],
        node_key: &SigningKey,
        rng: &mut dyn Rng,
    ) -> PeerOutput {
        let Ok(frame) = decode::<PeerFrame>(bytes) else { return PeerOutput::default() };
        match frame {
            PeerFrame::Hello(hello) => self.on_hello(node, &hello, node_key, rng),
            PeerFrame::Response(response) => self.on_response(node, &response, node_key),
            PeerFrame::Finish(finish) => self.on_finish(node, &finish),
            PeerFrame::Session(frame) => {
                let Some(link) = self.links.get_mut(&node) else { return PeerOutput::default() };
                PeerOutput { message: link.open(&frame), ..PeerOutput::default() }
            }
        }
    }

    fn on_hello(
        &mut self,
        node: NodeNumber,
        hello: &Hello,
        node_key: &SigningKey,
        rng: &mut dyn Rng,
    ) -> PeerOutput {
        let own = self.header(node);
        let own_number = self.node;
        let Some(link) = self.links.get_mut(&node) else { return PeerOutput::default() };
        // Both called at once: the lower number's call goes on.
        if !header_fits(&hello.header, &own, node) || (link.initiated.is_some() && own_number < node) {
            return PeerOutput::default();
        }
        if !link.boot_is_acceptable(&hello.header) {
            return PeerOutput::default();
        }
        let Some((answered, response)) = Answered::answer(hello, own, node_key, rng) else {
            return PeerOutput::default();
        };
        link.initiated = None;
        link.answered = Some((answered, response.signature));
        link.waited = 0;
        PeerOutput { frames: vec![encode(&PeerFrame::Response(response))], ..PeerOutput::default() }
    }

    fn on_response(&mut self, node: NodeNumber, response: &Response, node_key: &SigningKey) -> PeerOutput {
        let own = self.header(node);
        let Some(link) = self.links.get_mut(&node) else { return PeerOutput::default() };
        if !header_fits(&response.header, &own, node) {
            return PeerOutput::default();
        }
        let Some(initiated) = link.initiated.take() else { return PeerOutput::default() };
        let Some((session, finish)) = initiated.finish(response, node_key, &link.key) else {
            return PeerOutput::default();
        };
        let Some(boots_changed) = link.meet(&response.header) else {
            return PeerOutput { boots_changed: true, ..PeerOutput::default() };
        };
        link.establish(session);
        let frames = vec![encode(&PeerFrame::Finish(finish))];
        PeerOutput { frames, message: None, connected: true, boots_changed }
    }

    fn on_finish(&mut self, node: NodeNumber, finish: &Finish) -> PeerOutput {
        let Some(link) = self.links.get_mut(&node) else { return PeerOutput::default() };
        let Some((answered, signature)) = link.answered.take() else { return PeerOutput::default() };
        let header = answered.peer.clone();
        let Some(session) = answered.complete(finish, &signature, &link.key) else {
            return PeerOutput::default();
        };
        let Some(boots_changed) = link.meet(&header) else {
            return PeerOutput { boots_changed: true, ..PeerOutput::default() };
        };
        link.establish(session);
        PeerOutput { frames: Vec::new(), message: None, connected: true, boots_changed }
    }

    fn header(&self, to: NodeNumber) -> PeerHeader {
        PeerHeader {
            version: Version,
            fleet: self.fleet,
            from: self.node,
            to,
            configuration: self.configuration,
            boot: self.boot,
            incarnation: self.incarnation,
            era: self.era,
        }
    }
}

impl Link {
    fn is_shut_out(&self) -> bool {
        self.boot.is_some_and(|boot| boot.shut_out == 1)
    }

    fn boot_is_acceptable(&self, header: &PeerHeader) -> bool {
        !self.is_shut_out() && self.boot.is_none_or(|known| header.boot >= known.boot)
    }

    /// Compares a proven boot with what is remembered. Gives whether that changed; nothing if the peer is refused.
    fn meet(&mut self, header: &PeerHeader) -> Option<bool> {
        if !self.boot_is_acceptable(header) {
            return None;
        }
        let met =
            PeerBoot { node: header.from, boot: header.boot, incarnation: header.incarnation, shut_out: 0 };
        match self.boot {
            Some(known) if known == met => Some(false),
            Some(known) if known.boot == met.boot => {
                self.boot = Some(PeerBoot { shut_out: 1, ..known });
                self.close();
                None
            }
            _ => {
                self.boot = Some(met);
                Some(true)
            }
        }
    }

    /// What was on its way in the session before has arrived by now, or is lost.
    fn age_old_session(&mut self) {
        self.old_ticks = self.old_ticks.saturating_add(1);
        if self.old_ticks > OLD_SESSION_TICKS {
            self.old = None;
        }
    }

    fn establish(&mut self, session: Session) {
        self.old = self.session.replace(session);
        self.old_ticks = 0;
        self.waited = 0;
    }

    fn open(&mut self, frame: &strongroom_protocol::peer::SessionFrame) -> Option<SecretBytes> {
        if let Some(opened) = self.session.as_mut().and_then(|session| session.open(frame)) {
            self.old = None;
            return Some(opened);
        }
        if let Some(opened) = self.old.as_mut().and_then(|session| session.open(frame)) {
            return Some(opened);
        }
        // A gap or a foreign frame: the session cannot be trusted to be whole. A handshake on its way stays: frames of a
        // session that only the peer believes in must not keep the next one from being made.
        self.session = None;
        self.old = None;
        None
    }

    fn close(&mut self) {
        self.session = None;
        self.old = None;
        self.initiated = None;
        self.answered = None;
    }
}

#[cfg(any(test, strongroom_sim))]
impl PeerLinks {
    /// Every session key that is held.
    pub(crate) fn held_keys(&self) -> Vec<[u8; 32]> {
        let sessions = self.links.values().flat_map(|link| [link.session.as_ref(), link.old.as_ref()]);
        sessions.flatten().flat_map(Session::held_keys).collect()
    }
}
