//! One node's channel: its keys, its contexts, and what it saw.

use std::collections::HashMap;
use strongroom_crypto::{
    ChaChaRng, Secret,
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
    ids::{Configuration, ContextId, Era, FleetId, NodeNumber, Version},
    keys::{ChannelKeyStatement, Endorsement, NodeKeys},
};

pub struct FakeNode {
    fleet: FleetId,
    number: NodeNumber,
    node_key: SigningKey,
    channel: ChannelKeyPair,
    era: Era,
    contexts: HashMap<ContextId, HsmContext>,
    rng: ChaChaRng,
}

/// A request that was opened, and what its answer is sealed with.
pub struct Opened {
    pub request: Request,
    pub is_continued: bool,
    context: HsmContext,
}

impl FakeNode {
    pub fn new(fleet: FleetId, number: u8) -> Self {
        let mut rng = ChaChaRng::from_seed([number; 32]);
        Self {
            fleet,
            number: NodeNumber(number),
            node_key: SigningKey::from_seed(Secret::new([number; 32])),
            channel: ChannelKeyPair::generate(&mut rng),
            era: Era(1),
            contexts: HashMap::new(),
            rng,
        }
    }

    /// Forgets what an HSM forgets when it starts anew.
    pub fn restart(&mut self) {
        self.channel = ChannelKeyPair::generate(&mut self.rng);
        self.era = Era(self.era.0 + 1);
        self.contexts.clear();
    }

    pub fn forget_contexts(&mut self) {
        self.contexts.clear();
    }

    pub fn keys(&self, fleet_key: &SigningKey) -> NodeKeys {
        let configuration = 1u32.to_be_bytes();
        let (fleet, number, node_key) = (self.fleet.as_bytes(), [self.number.0], self.node_key.public());
        let endorsed: [&[u8]; 4] = [fleet, &configuration, &number, &node_key];
        let era = self.era.0.to_be_bytes();
        let stated: [&[u8]; 5] = [fleet, &configuration, &number, &era, self.channel.public()];
        NodeKeys {
            version: Version,
            endorsement: Endorsement {
                fleet: self.fleet,
                configuration: Configuration(1),
                node: self.number,
                node_key,
                signature: fleet_key.sign(labels::ENDORSEMENT_SIGNATURE, &endorsed),
            },
            statement: ChannelKeyStatement {
                era: self.era,
                channel_key: *self.channel.public(),
                signature: self.node_key.sign(labels::CHANNEL_STATEMENT_SIGNATURE, &stated),
            },
        }
    }

    pub fn open(&mut self, bytes: &[u8]) -> Result<Opened, Unreadable> {
        let frame: RequestFrame = decode(bytes).map_err(|_| Unreadable::Malformed)?;
        if frame.node != self.number || frame.configuration != Configuration(1) {
            return Err(Unreadable::OtherNode);
        }
        let associated = self.associated(frame.kind);
        let (context, plaintext, is_continued) = match &frame.opening {
            Opening::New(new) => {
                if new.channel_key.as_bytes() != &key_id(self.channel.public()) {
                    return Err(Unreadable::UnknownChannelKey);
                }
                let info = request_info(&[&encode(&self.info())]);
                let sealed = frame.ciphertext.as_slice();
                let (context, plaintext) =
                    HsmContext::open(&self.channel, &info, &new.encapsulation, &associated, sealed)
                        .map_err(|_| Unreadable::Malformed)?;
                (context, plaintext, false)
            }
            Opening::Known(id) => {
                let mut context = self.contexts.remove(id).ok_or(Unreadable::UnknownContext)?;
                let plaintext = context
                    .open_next(&associated, frame.ciphertext.as_slice())
                    .map_err(|_| Unreadable::Malformed)?;
                (context, plaintext, true)
            }
        };
        let request: Request = decode(plaintext.expose()).map_err(|_| Unreadable::Malformed)?;
        assert_eq!(request.kind(), frame.kind);
        Ok(Opened { request, is_continued, context })
    }

    pub fn seal(&mut self, opened: Opened, answer: &Answer) -> Vec<u8> {
        let kind = opened.request.kind();
        let associated = self.associated(kind);
        let sealed = opened.context.seal_answer(&associated, &answer.to_padded_bytes(), &mut self.rng);
        if kind == RequestKind::Attempt {
            self.contexts.insert(ContextId::new(opened.context.context_id()), opened.context);
        }
        encode(&AnswerFrame::new(AnswerFrameBody::Sealed(Bytes::new(sealed).unwrap())))
    }

    fn info(&self) -> ChannelInfo {
        ChannelInfo {
            version: Version,
            fleet: self.fleet,
            configuration: Configuration(1),
            node: self.number,
        }
    }

    fn associated(&self, kind: RequestKind) -> Vec<u8> {
        encode(&ChannelAssociated { info: self.info(), kind })
    }
}

pub fn unreadable(cause: Unreadable) -> Vec<u8> {
    encode(&AnswerFrame::new(AnswerFrameBody::Unreadable(cause)))
}
