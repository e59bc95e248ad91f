//! What two HSMs exchange so that hosts see it: handshake and sealed frames.
//! Page: `docs/spec/peer.md`.
//!
//! What stands inside the sealed frames only an HSM can read, so it is defined in
//! `strongroom-hsm`.

use crate::{
    bytes::Bytes,
    ids::{Configuration, Era, FleetId, NodeNumber, Version},
    limits::{CHANNEL_KEY_BYTES, ENCAPSULATION_BYTES, FRAME_BYTES_MAX},
    wire,
};
use alloc::{format, vec::Vec};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// Who speaks to whom.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct PeerHeader {
    /// The suite's version.
    pub version: Version,
    /// The fleet.
    pub fleet: FleetId,
    /// The speaker.
    pub from: NodeNumber,
    /// The one spoken to.
    pub to: NodeNumber,
    /// The speaker's configuration.
    pub configuration: Configuration,
    /// How often the speaker's HSM was started.
    pub boot: u64,
    /// The speaker's incarnation, fresh and random at every start.
    pub incarnation: [u8; 16],
    /// The speaker's era.
    pub era: Era,
}

/// Message 1 of the handshake.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Hello {
    /// The initiator's header.
    pub header: PeerHeader,
    /// A fresh X-Wing key.
    pub key: [u8; CHANNEL_KEY_BYTES],
}

/// Message 2 of the handshake.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Response {
    /// The responder's header.
    pub header: PeerHeader,
    /// An encapsulation to the initiator's key.
    pub encapsulation: [u8; ENCAPSULATION_BYTES],
    /// By the responder's identity key over all so far.
    pub signature: [u8; 64],
}

/// Message 3 of the handshake.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Finish {
    /// The initiator's signature over all so far, sealed.
    pub sealed_signature: Bytes<128>,
}

/// A frame of an established session.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct SessionFrame {
    /// Counts a direction's frames, from zero.
    pub counter: u64,
    /// The sealed message.
    pub ciphertext: Bytes<FRAME_BYTES_MAX>,
}

/// What a host carries from one HSM to another.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum PeerFrame {
    /// Message 1.
    #[tls_codec(discriminant = 1)]
    Hello(Hello),
    /// Message 2.
    Response(Response),
    /// Message 3.
    Finish(Finish),
    /// A frame of the session.
    Session(SessionFrame),
}

wire!(PeerFrame, PeerHeader);
