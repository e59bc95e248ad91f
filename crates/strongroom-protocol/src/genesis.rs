//! What is fixed for a fleet's life. Page: `docs/spec/genesis.md`.
//!
//! The hash of the encoded [`Genesis`] is the fleet id. Nothing in it ever changes:
//! new code, a new quorum or a weaker platform is a new fleet.

use crate::{
    bytes::{Bytes, List},
    ids::{Digest, FleetId, NodeNumber, Version},
    limits::MEMBERS_MAX,
    wire,
};
use alloc::{format, vec::Vec};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// Bytes of an attestation at most.
pub const ATTESTATION_BYTES_MAX: usize = 8 * 1024;

/// What an HSM stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Platform {
    /// Files of an ordinary process. Protects nobody from whoever runs the machine.
    Simulation = 1,
}

/// What a platform's anchor survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum Class {
    /// Power loss.
    Durable = 1,
    /// The process, not the power.
    Orderly = 2,
    /// Neither.
    Volatile = 3,
}

impl Class {
    /// The word used in pin, bundle and status.
    pub fn word(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Orderly => "orderly",
            Self::Volatile => "volatile",
        }
    }
}

impl Platform {
    /// The word used in pin, bundle and status.
    pub fn word(self) -> &'static str {
        match self {
            Self::Simulation => "simulation",
        }
    }
}

/// What an HSM says of itself when it is born.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Birth {
    /// The suite's version.
    pub version: Version,
    /// Names the device; two members never share one.
    pub device: Digest,
    /// The identity key that the HSM made, Ed25519.
    pub node_key: [u8; 32],
    /// The digest of the HSM program.
    pub measurement: Digest,
    /// What it stands on.
    pub platform: Platform,
    /// What its anchor survives.
    pub class: Class,
    /// The platform's attestation; for a simulation, the node key's own signature over all of the above.
    pub attestation: Bytes<ATTESTATION_BYTES_MAX>,
}

/// One member of the fleet.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Member {
    /// Its number.
    pub node: NodeNumber,
    /// Its birth statement.
    pub birth: Birth,
}

/// What is fixed for a fleet's life.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Genesis {
    /// The suite's version.
    pub version: Version,
    /// Random, drawn for this founding.
    pub nonce: [u8; 32],
    /// Whether the founding was a rehearsal.
    pub rehearsal: u8,
    /// The members, in the order of their numbers, counted from one.
    pub members: List<Member, MEMBERS_MAX>,
    /// How many make a majority.
    pub quorum: u8,
    /// Guesses at a password between two successes.
    pub guesses: u8,
    /// The digest of the HSM program that every member runs.
    pub measurement: Digest,
    /// The digest of the vendor roots that attestations are checked against; zeros where there is none.
    pub vendor_roots: Digest,
}

/// What every member signs once it holds checkpoint 1.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct GenesisStatement {
    /// The suite's version.
    pub version: Version,
    /// The genesis hash.
    pub fleet: FleetId,
    /// The fleet identity key, Ed25519.
    pub fleet_key: [u8; 32],
    /// The digest of checkpoint 1.
    pub checkpoint: Digest,
}

/// A genesis statement with one member's signature.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct SignedGenesisStatement {
    /// What is signed.
    pub statement: GenesisStatement,
    /// By whom.
    pub node: NodeNumber,
    /// By the member's identity key.
    pub signature: [u8; 64],
}

wire!(Birth, Genesis, GenesisStatement, SignedGenesisStatement);
