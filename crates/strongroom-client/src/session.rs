//! The channel to one node, as the client sees it. Page: `docs/spec/channel.md`.
//!
//! Each request is one HPKE message to the node's channel key. Message 2 of a recovery
//! goes on with the context of message 1, if it goes to the same node and the answer to
//! message 1 was opened; everything else opens a context of its own.
//!
//! Invariant: a context is used for at most one message after the first, and never
//! after a request whose answer did not come; who knows what the node has seen of it.

use strongroom_crypto::{
    Rng,
    channel::{ClientContext, key_id, request_info},
};
use strongroom_protocol::{
    bytes::Bytes,
    client::{Answer, Request, RequestKind},
    decode, encode,
    frame::{
        AnswerFrame, AnswerFrameBody, ChannelAssociated, ChannelInfo, NewContext, Opening, RequestFrame,
        Unreadable,
    },
    ids::{ChannelKeyId, ContextId, Version},
};
use strongroom_trust::VerifiedNodeKeys;

/// The channel to one node.
pub struct Session {
    keys: VerifiedNodeKeys,
    kept: Option<ClientContext>,
}

/// A request on its way: what opens its answer.
pub struct Sealed {
    /// The body of `POST /v1/exchange`.
    pub bytes: Vec<u8>,
    kind: RequestKind,
    context: ClientContext,
    is_continued: bool,
}

impl Sealed {
    /// Whether the request goes on with the context of an earlier one.
    pub fn is_continued(&self) -> bool {
        self.is_continued
    }
}

/// A request could not be sealed, or its answer not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The node's channel key is no key.
    #[error("the node's channel key is malformed")]
    ChannelKey,
    /// The request is larger than any request may be.
    #[error("the request is too large")]
    TooLarge,
    /// The node says that it could not read the request. Anybody on the way could have said it.
    #[error("the node could not read the request: {0}")]
    Unreadable(Unreadable),
    /// The answer is not the node's answer to this request.
    #[error("the node's answer cannot be read")]
    Foreign,
}

impl Session {
    /// Begins a channel to a verified node.
    pub fn new(keys: VerifiedNodeKeys) -> Self {
        Self { keys, kept: None }
    }

    /// The node's keys.
    pub fn keys(&self) -> &VerifiedNodeKeys {
        &self.keys
    }

    /// Seals a request.
    ///
    /// # Errors
    /// The channel key is malformed, or the request is too large.
    pub fn seal(&mut self, request: &Request, rng: &mut dyn Rng) -> Result<Sealed, SessionError> {
        let kind = request.kind();
        let kept = self.kept.take().filter(|_| kind == RequestKind::Success);
        let is_continued = kept.is_some();
        let (mut context, opening) = match kept {
            Some(context) => {
                let id = ContextId::new(context.context_id());
                (context, Opening::Known(id))
            }
            None => self.open_context(rng)?,
        };
        let ciphertext = context.seal_next(&self.associated(kind), &encode(request));
        let frame = RequestFrame {
            version: Version,
            configuration: self.keys.configuration(),
            node: self.keys.node(),
            kind,
            opening,
            ciphertext: Bytes::new(ciphertext).ok_or(SessionError::TooLarge)?,
        };
        Ok(Sealed { bytes: encode(&frame), kind, context, is_continued })
    }

    /// Opens the answer to a sealed request.
    ///
    /// # Errors
    /// The node could not read the request, or the answer is not its own.
    pub fn open(&mut self, sealed: Sealed, answer: &[u8]) -> Result<Answer, SessionError> {
        let frame: AnswerFrame = decode(answer).map_err(|_| SessionError::Foreign)?;
        let ciphertext = match frame.body {
            AnswerFrameBody::Sealed(ciphertext) => ciphertext,
            AnswerFrameBody::Unreadable(cause) => return Err(SessionError::Unreadable(cause)),
        };
        let padded = sealed
            .context
            .open_answer(&self.associated(sealed.kind), ciphertext.as_slice())
            .map_err(|_| SessionError::Foreign)?;
        let answer =
            Answer::from_padded_bytes(sealed.kind, padded.expose()).map_err(|_| SessionError::Foreign)?;
        if sealed.kind == RequestKind::Attempt {
            self.kept = Some(sealed.context);
        }
        Ok(answer)
    }

    fn open_context(&self, rng: &mut dyn Rng) -> Result<(ClientContext, Opening), SessionError> {
        let key = self.keys.channel_key();
        let (context, encapsulation) =
            ClientContext::open_to(key, &request_info(&[&encode(&self.info())]), rng)
                .map_err(|_| SessionError::ChannelKey)?;
        let channel_key = ChannelKeyId::new(key_id(key));
        Ok((context, Opening::New(NewContext { channel_key, encapsulation })))
    }

    fn info(&self) -> ChannelInfo {
        ChannelInfo {
            version: Version,
            fleet: self.keys.fleet(),
            configuration: self.keys.configuration(),
            node: self.keys.node(),
        }
    }

    fn associated(&self, kind: RequestKind) -> Vec<u8> {
        encode(&ChannelAssociated { info: self.info(), kind })
    }
}
