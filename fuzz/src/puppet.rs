//! A member of the fleet whose HSM is the tape's: it has the identity key, and says what it is told to.
//!
//! Left alone it votes for whoever asks, acknowledges what it is sent and hands over what it holds.

use crate::home::HOME;
use strongroom_crypto::{ChaChaRng, sign::SigningKey};
use strongroom_hsm::{
    peer::{PeerBody, PeerLinks, PeerMessage, RaftEnvelope},
    raft_wire::{RaftKind, RaftMessage},
};
use strongroom_protocol::{
    bytes::{Bytes, List},
    decode, encode,
    ids::{Digest, LogIndex, NodeNumber, Partition, Term},
};

/// One puppet.
pub struct Puppet {
    /// Its number.
    pub node: NodeNumber,
    /// It answers nothing.
    pub is_quiet: bool,
    key: SigningKey,
    links: PeerLinks,
    rng: ChaChaRng,
}

/// Whom every puppet plays against.
const HSM: NodeNumber = NodeNumber(1);

impl Puppet {
    /// A puppet that has just started.
    pub fn new(number: u8) -> Self {
        let members = HOME.genesis().members.as_slice().iter();
        let keys: Vec<_> = members.map(|member| (member.node, member.birth.node_key)).collect();
        let node = NodeNumber(number);
        Self {
            node,
            is_quiet: false,
            key: HOME.node_key(number),
            links: PeerLinks::new(HOME.fleet(), node, 1000, [number; 16], &keys),
            rng: ChaChaRng::from_seed([number; 32]),
        }
    }

    /// Takes a frame of the HSM; gives what goes back.
    pub fn take(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        let output = self.links.receive(HSM, frame, &self.key, &mut self.rng);
        let mut frames = output.frames;
        if let Some(message) = output.message
            && !self.is_quiet
        {
            let message: PeerMessage = decode(message.expose()).expect("an HSM's own message");
            frames.extend(self.answer(message.body).and_then(|body| self.say(body)));
        }
        frames
    }

    /// Seals a message, if a session stands.
    pub fn say(&mut self, body: PeerBody) -> Option<Vec<u8>> {
        self.say_bytes(&encode(&PeerMessage::new(body)))
    }

    /// Seals any bytes, if a session stands.
    pub fn say_bytes(&mut self, plaintext: &[u8]) -> Option<Vec<u8>> {
        self.links.seal(HSM, plaintext)
    }

    fn answer(&self, body: PeerBody) -> Option<PeerBody> {
        match body {
            PeerBody::Raft(envelope) => answer_raft(&envelope.message),
            PeerBody::Propose(propose) => Some(PeerBody::NotProposed(propose.id)),
            PeerBody::HandOver(_) => Some(PeerBody::HandedOver(HOME.handed_later(self.node.0))),
            PeerBody::NotProposed(_)
            | PeerBody::HandedOver(_)
            | PeerBody::Roots(_)
            | PeerBody::Read(_)
            | PeerBody::ReadAt(_) => None,
        }
    }
}

fn answer_raft(asked: &RaftMessage) -> Option<PeerBody> {
    let mut answer = blank(asked.kind);
    answer.term = asked.term;
    let last = asked.entries.as_slice().last().map_or(asked.index, |entry| entry.index);
    (answer.kind, answer.index) = match asked.kind {
        RaftKind::RequestPreVote => (RaftKind::RequestPreVoteResponse, LogIndex(0)),
        RaftKind::RequestVote => (RaftKind::RequestVoteResponse, LogIndex(0)),
        RaftKind::Append => (RaftKind::AppendResponse, last),
        RaftKind::Snapshot => (RaftKind::AppendResponse, asked.checkpoint),
        RaftKind::Heartbeat => (RaftKind::HeartbeatResponse, LogIndex(0)),
        _ => return None,
    };
    answer.commit = asked.commit;
    answer.context = asked.context.clone();
    Some(enveloped(answer))
}

/// A raft message of zeros.
pub fn blank(kind: RaftKind) -> RaftMessage {
    RaftMessage {
        kind,
        term: Term(0),
        log_term: Term(0),
        index: LogIndex(0),
        entries: List::default(),
        commit: LogIndex(0),
        commit_term: Term(0),
        checkpoint: LogIndex(0),
        checkpoint_term: Term(0),
        reject: 0,
        reject_hint: LogIndex(0),
        context: Bytes::default(),
    }
}

/// A raft message without digests and keys beside it.
pub fn enveloped(message: RaftMessage) -> PeerBody {
    let nothing = Digest::new([0; 32]);
    PeerBody::Raft(RaftEnvelope {
        partition: Partition(0),
        message,
        digest_before: nothing,
        digest_after: nothing,
        eras: List::default(),
    })
}
