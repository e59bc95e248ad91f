//! What an HSM keeps through a restart: the sealed state and the head table.
//! Page: `docs/spec/state.md`.
//!
//! Both are sealed under the state key, which stands in the anchor and nowhere else. The
//! sealed state changes at a checkpoint, with a fresh state key; the head table changes
//! with every batch, and the anchor names its hash, so an older one is noticed.

use crate::{
    era::{EraKeys, PendingEra},
    field::KeyField,
    raft_log::LogPoint,
};
use strongroom_crypto::{
    Rng, Secret,
    hash::digest,
    labels,
    seal::{open, seal},
};
use strongroom_protocol::{
    bytes::{Bytes, List},
    decode, encode,
    genesis::Genesis,
    ids::{Digest, Era, FleetId, LogIndex, NodeNumber, Term, Version},
    limits::MEMBERS_MAX,
    wire,
};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// Bytes of an encoded tree root.
const ROOT_BYTES_MAX: usize = 64;
/// Checkpoint entries that may wait in the log to be recorded.
const PENDING_ERAS_MAX: usize = 64;

/// The ticket key of the era before.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct OldTickets {
    /// Which era.
    pub era: Era,
    /// Its ticket key.
    pub key: KeyField<32>,
}

/// The replicated state at a checkpoint; also what a hand-over hands over.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct CheckpointState {
    /// Where the checkpoint stands.
    pub index: LogIndex,
    /// Its term.
    pub term: Term,
    /// The running digest up to it.
    pub digest: Digest,
    /// The encoded root of the key tree.
    pub root: Bytes<ROOT_BYTES_MAX>,
    /// The keys of the era that it began.
    pub keys: EraKeys,
    /// The ticket key of the era that it ended.
    pub old_tickets: Option<OldTickets>,
    /// Checkpoints so far.
    pub checkpoints: u64,
    /// Vaults made and not erased.
    pub vaults: u64,
}

impl CheckpointState {
    /// Where the log goes on.
    pub fn point(&self) -> LogPoint {
        LogPoint { index: self.index.0, term: self.term.0, digest: self.digest }
    }
}

impl CheckpointState {
    /// The same state again.
    pub fn duplicate(&self) -> Self {
        let old = self.old_tickets.as_ref();
        Self {
            index: self.index,
            term: self.term,
            digest: self.digest,
            root: self.root.clone(),
            keys: self.keys.duplicate(),
            old_tickets: old.map(|old| OldTickets { era: old.era, key: KeyField::of(&old.key.0) }),
            checkpoints: self.checkpoints,
            vaults: self.vaults,
        }
    }
}

/// The fleet's secrets beside the eras'.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct FleetSecrets {
    /// The seed of the fleet identity key.
    pub fleet_key: KeyField<32>,
    /// The key of the record ids.
    pub index_key: KeyField<32>,
}

impl FleetSecrets {
    /// Draws the secrets of a new fleet.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self { fleet_key: KeyField(Secret::random(rng)), index_key: KeyField(Secret::random(rng)) }
    }

    /// The same secrets again.
    pub fn duplicate(&self) -> Self {
        Self { fleet_key: KeyField::of(&self.fleet_key.0), index_key: KeyField::of(&self.index_key.0) }
    }
}

/// What an HSM holds once the fleet's secrets have reached it.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct Founded {
    /// The fleet's secrets.
    pub secrets: FleetSecrets,
    /// The recorded checkpoint.
    pub checkpoint: CheckpointState,
}

/// The sealed state.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct SealedState {
    /// The suite's version.
    pub version: Version,
    /// The seed of the node's identity key.
    pub node_key: KeyField<32>,
    /// The genesis, once it was adopted.
    pub genesis: Option<Genesis>,
    /// This member's number; zero before the genesis.
    pub node: NodeNumber,
    /// The rest, once the fleet is founded.
    pub founded: Option<Founded>,
}

/// What is remembered of a peer's boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct PeerBoot {
    /// The peer.
    pub node: NodeNumber,
    /// The highest boot counter that was met.
    pub boot: u64,
    /// The incarnation that was met with it.
    pub incarnation: [u8; 16],
    /// 1 if one counter was met with two incarnations: the peer is shut out.
    pub shut_out: u8,
}

/// What changes with every batch.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct HeadTable {
    /// The suite's version.
    pub version: Version,
    /// The term.
    pub term: Term,
    /// The vote in it; zero for none.
    pub vote: NodeNumber,
    /// The last entry.
    pub index: LogIndex,
    /// The running digest up to it.
    pub digest: Digest,
    /// Keys that came beside checkpoint entries which are not recorded yet.
    pub pending: List<PendingEra, PENDING_ERAS_MAX>,
    /// What is remembered of the peers' boots.
    pub peers: List<PeerBoot, MEMBERS_MAX>,
}

wire!(SealedState, HeadTable, CheckpointState);

/// Seals the state under a state key.
pub fn seal_state(state: &SealedState, fleet: &FleetId, key: &Secret<32>, rng: &mut dyn Rng) -> Vec<u8> {
    seal(key, labels::STATE_SEAL, &[fleet.as_bytes()], &encode(state), rng)
}

/// Opens a sealed state, if it is one under this key and of this fleet.
pub fn open_state(sealed: &[u8], fleet: &FleetId, key: &Secret<32>) -> Option<SealedState> {
    let plaintext = open(key, labels::STATE_SEAL, &[fleet.as_bytes()], sealed).ok()?;
    decode(plaintext.expose()).ok()
}

/// Seals a head table under a state key.
pub fn seal_head(head: &HeadTable, fleet: &FleetId, key: &Secret<32>, rng: &mut dyn Rng) -> Vec<u8> {
    seal(key, labels::HEAD_TABLE_SEAL, &[fleet.as_bytes()], &encode(head), rng)
}

/// Opens a sealed head table, if it is one under this key and of this fleet.
pub fn open_head(sealed: &[u8], fleet: &FleetId, key: &Secret<32>) -> Option<HeadTable> {
    let plaintext = open(key, labels::HEAD_TABLE_SEAL, &[fleet.as_bytes()], sealed).ok()?;
    decode(plaintext.expose()).ok()
}

/// The hash of a sealed head table, as the anchor names it.
pub fn head_hash(sealed: &[u8]) -> Digest {
    Digest::new(digest(labels::HEAD_TABLE_HASH, &[sealed]))
}
