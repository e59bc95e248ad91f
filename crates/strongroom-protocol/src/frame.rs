//! The envelope around a client's request and its answer, which the host reads.
//! Page: `docs/spec/channel.md`.
//!
//! The host learns the kind, the node and the lengths from it, and nothing else. It is
//! the body of `POST /v1/exchange` in both directions.

use crate::{
    bytes::Bytes,
    client::RequestKind,
    ids::{ChannelKeyId, Configuration, ContextId, FleetId, NodeNumber, Version},
    limits::{ENCAPSULATION_BYTES, EXCHANGE_BYTES_MAX},
    wire,
};
use alloc::{format, vec::Vec};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// What the HPKE info string binds a context to.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct ChannelInfo {
    /// The suite's version.
    pub version: Version,
    /// The fleet.
    pub fleet: FleetId,
    /// The fleet's membership.
    pub configuration: Configuration,
    /// The node whose channel key is used.
    pub node: NodeNumber,
}

/// What the associated data binds a request or its answer to.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct ChannelAssociated {
    /// See [`ChannelInfo`].
    pub info: ChannelInfo,
    /// The kind of request.
    pub kind: RequestKind,
}

/// How the HSM finds the context of a request.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Opening {
    /// A new context, encapsulated to the node's channel key.
    #[tls_codec(discriminant = 1)]
    New(NewContext),
    /// The context of an earlier request at the same node.
    Known(ContextId),
}

/// What a new context needs.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct NewContext {
    /// Which of the node's channel keys.
    pub channel_key: ChannelKeyId,
    /// The X-Wing encapsulation.
    pub encapsulation: [u8; ENCAPSULATION_BYTES],
}

/// A client's request on its way to an HSM.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct RequestFrame {
    /// The suite's version.
    pub version: Version,
    /// The configuration that the client took the channel key from.
    pub configuration: Configuration,
    /// The node that it is meant for.
    pub node: NodeNumber,
    /// The kind of the request inside.
    pub kind: RequestKind,
    /// The context.
    pub opening: Opening,
    /// The sealed [`crate::client::Request`].
    pub ciphertext: Bytes<EXCHANGE_BYTES_MAX>,
}

/// Why an HSM could not even read a request. It comes in the clear, so a client takes it as a hint to try anew and nothing more.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes, thiserror::Error,
)]
#[repr(u8)]
pub enum Unreadable {
    /// The frame does not decode, or its ciphertext does not open.
    #[error("the request cannot be read")]
    Malformed = 1,
    /// The channel key is of an older era or another boot: fetch the keys again.
    #[error("the channel key is not known any more")]
    UnknownChannelKey = 2,
    /// The context is forgotten: send a new request.
    #[error("the channel context is not known any more")]
    UnknownContext = 3,
    /// Meant for another node or configuration.
    #[error("the request is meant for another node")]
    OtherNode = 4,
    /// The node has too much to do.
    #[error("the node is busy")]
    Busy = 5,
    /// The node does not serve: it is starting, refused or stopped.
    #[error("the node does not serve at the moment")]
    NotServing = 6,
}

/// What a request is answered with.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum AnswerFrameBody {
    /// A sealed, padded [`crate::client::Answer`].
    #[tls_codec(discriminant = 1)]
    Sealed(Bytes<EXCHANGE_BYTES_MAX>),
    /// The request could not be read.
    Unreadable(Unreadable),
}

/// An answer on its way to the client.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct AnswerFrame {
    /// The suite's version.
    pub version: Version,
    /// What is answered.
    pub body: AnswerFrameBody,
}

impl AnswerFrame {
    /// Puts the version before a body.
    pub fn new(body: AnswerFrameBody) -> Self {
        Self { version: Version, body }
    }
}

wire!(ChannelInfo, ChannelAssociated, RequestFrame, AnswerFrame);
