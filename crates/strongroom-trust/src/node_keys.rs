//! Whether a node speaks for the fleet. Page: `docs/spec/keys.md`.
//!
//! The chain has two links: the fleet identity key endorses a node's identity key for
//! one configuration, and the node's identity key signs the channel key of an era.
//!
//! Absent on purpose: freshness. Channel keys live in an HSM's memory only, so an old statement
//! names a key that nobody holds any more.

use crate::VerifiedFleet;
use strongroom_crypto::{labels, sign::verify};
use strongroom_protocol::{
    DecodeError, decode,
    ids::{Configuration, Era, FleetId, NodeNumber},
    keys::NodeKeys,
    limits::CHANNEL_KEY_BYTES,
};

/// What somebody says a node's keys are.
pub struct ClaimedNodeKeys(NodeKeys);

/// A node's keys that hang together with the fleet identity key.
///
/// Holding them proves that the fleet endorsed this node for this configuration and
/// that the node signed the channel key. It does not prove that the configuration is
/// the newest, or that the node is alive.
#[derive(Clone)]
pub struct VerifiedNodeKeys {
    fleet: FleetId,
    keys: NodeKeys,
}

/// Why a node is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeKeysError {
    /// The bytes are no node's keys at all.
    #[error("this is no statement of a node's keys: {0}")]
    Malformed(#[from] DecodeError),
    /// The node says itself that it belongs to another fleet.
    #[error("the fleet is another one: expected {expected}, met {met}")]
    ForeignFleet {
        /// The fleet that is trusted.
        expected: FleetId,
        /// The fleet that the node names.
        met: FleetId,
    },
    /// Another node than the one that was asked for.
    #[error("node {met} answered in place of node {expected}")]
    OtherNode {
        /// The node that was asked for.
        expected: NodeNumber,
        /// The node that answered.
        met: NodeNumber,
    },
    /// A node or configuration numbered zero.
    #[error("nodes and configurations are numbered from one")]
    NumberZero,
    /// The fleet identity key did not sign the endorsement.
    #[error("the fleet did not endorse the node's key")]
    BadEndorsement,
    /// The node's identity key did not sign the channel key.
    #[error("the node did not sign its channel key")]
    BadStatement,
}

impl ClaimedNodeKeys {
    /// Takes a claim.
    pub fn new(keys: NodeKeys) -> Self {
        Self(keys)
    }

    /// Reads a claim from the bytes that `GET /v1/keys` gives.
    ///
    /// # Errors
    /// [`NodeKeysError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NodeKeysError> {
        Ok(Self(decode(bytes)?))
    }

    /// Checks the claim against the fleet and, where one was asked for, a node's number.
    ///
    /// # Errors
    /// See [`NodeKeysError`].
    pub fn verify(
        self,
        fleet: &VerifiedFleet,
        expected: Option<NodeNumber>,
    ) -> Result<VerifiedNodeKeys, NodeKeysError> {
        let met = self.0.endorsement.fleet;
        if met != fleet.id() {
            return Err(NodeKeysError::ForeignFleet { expected: fleet.id(), met });
        }
        let node = self.0.endorsement.node;
        if node == NodeNumber(0) || self.0.endorsement.configuration == Configuration(0) {
            return Err(NodeKeysError::NumberZero);
        }
        self.verify_endorsement(fleet)?;
        self.verify_statement(fleet)?;
        if let Some(expected) = expected.filter(|expected| *expected != node) {
            return Err(NodeKeysError::OtherNode { expected, met: node });
        }
        Ok(VerifiedNodeKeys { fleet: met, keys: self.0 })
    }

    fn verify_endorsement(&self, fleet: &VerifiedFleet) -> Result<(), NodeKeysError> {
        let endorsement = &self.0.endorsement;
        let configuration = endorsement.configuration.0.to_be_bytes();
        let node = [endorsement.node.0];
        let parts: [&[u8]; 4] = [fleet.id.as_bytes(), &configuration, &node, &endorsement.node_key];
        verify(fleet.identity_key(), labels::ENDORSEMENT_SIGNATURE, &parts, &endorsement.signature)
            .map_err(|_| NodeKeysError::BadEndorsement)
    }

    fn verify_statement(&self, fleet: &VerifiedFleet) -> Result<(), NodeKeysError> {
        let (endorsement, statement) = (&self.0.endorsement, &self.0.statement);
        let configuration = endorsement.configuration.0.to_be_bytes();
        let node = [endorsement.node.0];
        let era = statement.era.0.to_be_bytes();
        let parts: [&[u8]; 5] = [fleet.id.as_bytes(), &configuration, &node, &era, &statement.channel_key];
        verify(&endorsement.node_key, labels::CHANNEL_STATEMENT_SIGNATURE, &parts, &statement.signature)
            .map_err(|_| NodeKeysError::BadStatement)
    }
}

impl VerifiedNodeKeys {
    /// The fleet that the node speaks for.
    pub fn fleet(&self) -> FleetId {
        self.fleet
    }

    /// The membership that the endorsement is for.
    pub fn configuration(&self) -> Configuration {
        self.keys.endorsement.configuration
    }

    /// The node's number.
    pub fn node(&self) -> NodeNumber {
        self.keys.endorsement.node
    }

    /// The node's identity key, Ed25519.
    pub fn node_key(&self) -> &[u8; 32] {
        &self.keys.endorsement.node_key
    }

    /// The era that the channel key was made in.
    pub fn era(&self) -> Era {
        self.keys.statement.era
    }

    /// The X-Wing key that requests are sealed to.
    pub fn channel_key(&self) -> &[u8; CHANNEL_KEY_BYTES] {
        &self.keys.statement.channel_key
    }
}

#[cfg(test)]
mod tests;
