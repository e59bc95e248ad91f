//! The keys that a node shows in the clear, at `GET /v1/keys`. Page: `docs/spec/keys.md`.
//!
//! The chain: the fleet identity key (pinned, or in the bundle) endorses a node key for one
//! configuration; the node key signs the channel key of an era. A client believes
//! nothing of it before it has verified both (`strongroom-trust`).

use crate::{
    ids::{Configuration, Era, FleetId, NodeNumber, Version},
    limits::CHANNEL_KEY_BYTES,
    wire,
};
use alloc::{format, vec::Vec};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// The fleet's word that a key is a member's.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Endorsement {
    /// The fleet.
    pub fleet: FleetId,
    /// The membership that the endorsement is for.
    pub configuration: Configuration,
    /// The member.
    pub node: NodeNumber,
    /// The member's identity key, Ed25519.
    pub node_key: [u8; 32],
    /// By the fleet identity key over all of the above.
    pub signature: [u8; 64],
}

/// A node's word that a channel key is its own.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct ChannelKeyStatement {
    /// The era that the key was made in.
    pub era: Era,
    /// The X-Wing public key.
    pub channel_key: [u8; CHANNEL_KEY_BYTES],
    /// By the node's identity key over fleet id, configuration, node, era and key.
    pub signature: [u8; 64],
}

/// All that a node shows of its keys.
#[derive(Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct NodeKeys {
    /// The suite's version.
    pub version: Version,
    /// By the fleet, for the node.
    pub endorsement: Endorsement,
    /// By the node, for its channel key.
    pub statement: ChannelKeyStatement,
}

wire!(Endorsement, NodeKeys);
