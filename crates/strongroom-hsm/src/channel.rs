//! The clients' channel: this node's keys of two eras, and the contexts between two messages.
//! Page: `docs/spec/channel.md`.
//!
//! Keys and contexts live in memory only: what was recorded of a conversation stays shut once
//! the era after it is over, and a restart forgets all at once.

use crate::requests::Reply;
use std::collections::{BTreeMap, VecDeque};
use strongroom_crypto::{
    Rng,
    channel::{ChannelKeyPair, HsmContext, key_id, request_info},
    labels,
    sign::SigningKey,
};
use strongroom_protocol::{
    bytes::Bytes,
    client::{Answer, Request, RequestKind},
    decode, encode,
    frame::{
        AnswerFrame, AnswerFrameBody, ChannelAssociated, ChannelInfo, Opening, RequestFrame, Unreadable,
    },
    ids::{ChannelKeyId, Configuration, ContextId, Era, FleetId, NodeNumber, Version},
    keys::{ChannelKeyStatement, Endorsement, NodeKeys},
    limits::CONTEXTS_MAX,
};

struct ChannelKey {
    id: ChannelKeyId,
    era: Era,
    pair: ChannelKeyPair,
}

/// The channel of one node.
pub struct Channel {
    info: ChannelInfo,
    endorsement: Endorsement,
    current: Option<ChannelKey>,
    previous: Option<ChannelKey>,
    contexts: BTreeMap<ContextId, (Era, HsmContext)>,
    /// Contexts in the order that they came, so that the oldest makes room.
    order: VecDeque<ContextId>,
}

impl Channel {
    /// A channel without keys yet.
    pub fn new(fleet: FleetId, node: NodeNumber, endorsement: Endorsement) -> Self {
        let info = ChannelInfo { version: Version, fleet, configuration: Configuration(1), node };
        Self {
            info,
            endorsement,
            current: None,
            previous: None,
            contexts: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Makes the keys of a new era; the era before the last loses its own. Gives what clients are shown.
    pub fn begin_era(&mut self, era: Era, node_key: &SigningKey, rng: &mut dyn Rng) -> NodeKeys {
        let pair = ChannelKeyPair::generate(rng);
        let channel_key = *pair.public();
        let id = ChannelKeyId::new(key_id(&channel_key));
        // Two eras may begin at once; a key that is older than the era before dies with it all the same.
        let before = self.current.replace(ChannelKey { id, era, pair });
        let before = before.filter(|key| key.era.0.saturating_add(1) >= era.0 || planted!(KeepsChannelKey));
        if self.previous.is_none() || !planted!(KeepsChannelKey) {
            self.previous = before;
        }
        let contexts = &mut self.contexts;
        contexts.retain(|_, (made, _)| made.0.saturating_add(1) >= era.0);
        self.order.retain(|id| contexts.contains_key(id));
        let parts: [&[u8]; 5] = [
            self.info.fleet.as_bytes(),
            &self.info.configuration.0.to_be_bytes(),
            &[self.info.node.0],
            &era.0.to_be_bytes(),
            &channel_key,
        ];
        let signature = node_key.sign(labels::CHANNEL_STATEMENT_SIGNATURE, &parts);
        let statement = ChannelKeyStatement { era, channel_key, signature };
        NodeKeys { version: Version, endorsement: self.endorsement.clone(), statement }
    }

    /// Opens a request.
    ///
    /// # Errors
    /// It cannot be read; the client learns why in the clear.
    pub fn open(&mut self, id: u64, bytes: &[u8]) -> Result<(Reply, Request), Unreadable> {
        let frame: RequestFrame = decode(bytes).map_err(|_| Unreadable::Malformed)?;
        if frame.node != self.info.node || frame.configuration != self.info.configuration {
            return Err(Unreadable::OtherNode);
        }
        let associated = self.associated(frame.kind);
        let sealed = frame.ciphertext.as_slice();
        let (context, era, plaintext) = match &frame.opening {
            Opening::Known(context) => {
                let (era, known) = self.contexts.get_mut(context).ok_or(Unreadable::UnknownContext)?;
                // A host that sends a request again has no context to open it with; the client's next one still opens.
                (
                    *context,
                    *era,
                    known.open_next(&associated, sealed).map_err(|_| Unreadable::UnknownContext)?,
                )
            }
            Opening::New(new) => {
                let (era, key) = self.key(&new.channel_key).ok_or(Unreadable::UnknownChannelKey)?;
                let info = request_info(&[&encode(&self.info)]);
                let opened = HsmContext::open(key, &info, &new.encapsulation, &associated, sealed);
                let (context, plaintext) = opened.map_err(|_| Unreadable::Malformed)?;
                let id = ContextId::new(context.context_id());
                self.keep(id, era, context);
                (id, era, plaintext)
            }
        };
        let request: Request = decode(plaintext.expose()).map_err(|_| Unreadable::Malformed)?;
        if request.kind() != frame.kind {
            return Err(Unreadable::Malformed);
        }
        Ok((Reply { id, context, kind: frame.kind, era }, request))
    }

    /// Seals an answer to the request that a context brought last.
    pub fn seal(&self, reply: &Reply, answer: &Answer, rng: &mut dyn Rng) -> AnswerFrame {
        let unreadable = || AnswerFrame::new(AnswerFrameBody::Unreadable(Unreadable::UnknownContext));
        let Some((_, context)) = self.contexts.get(&reply.context) else { return unreadable() };
        let associated = self.associated(reply.kind);
        let sealed = context.seal_answer(&associated, &answer.to_padded_bytes(), rng);
        Bytes::new(sealed).map_or_else(unreadable, |sealed| AnswerFrame::new(AnswerFrameBody::Sealed(sealed)))
    }

    fn associated(&self, kind: RequestKind) -> Vec<u8> {
        encode(&ChannelAssociated { info: self.info.clone(), kind })
    }

    fn key(&self, id: &ChannelKeyId) -> Option<(Era, &ChannelKeyPair)> {
        let held = [self.current.as_ref(), self.previous.as_ref()];
        held.into_iter().flatten().find(|held| held.id == *id).map(|held| (held.era, &held.pair))
    }

    /// A context lives as long as the key that it was made under.
    fn keep(&mut self, id: ContextId, era: Era, context: HsmContext) {
        if self.contexts.insert(id, (era, context)).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > CONTEXTS_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.contexts.remove(&oldest);
            }
        }
    }
}

#[cfg(any(test, strongroom_sim))]
impl Channel {
    /// Opens a recorded first request with whatever key is held.
    pub(crate) fn try_recorded(
        &self,
        info: &[u8],
        encapsulation: &[u8; 1120],
        associated: &[u8],
        sealed: &[u8],
    ) -> Option<Request> {
        let held = [self.current.as_ref(), self.previous.as_ref()];
        held.into_iter().flatten().find_map(|held| {
            let (_, opened) =
                HsmContext::open(&held.pair, &request_info(&[info]), encapsulation, associated, sealed)
                    .ok()?;
            decode(opened.expose()).ok()
        })
    }
}
