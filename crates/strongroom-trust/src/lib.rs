//! What clients and auditors verify before they believe a fleet.
//!
//! Two ways lead to a fleet, both a [`TrustSource`]: the pin, which an app ships ([`Pin`],
//! `docs/spec/pin.md`), and the delivery unit, which a node hands out and [`verify_delivery`] checks
//! against a [`TrustRoot`] (`docs/spec/delivery.md`). Then: whether a node speaks for the fleet
//! ([`ClaimedNodeKeys`], `docs/spec/keys.md`), and how the fleet was founded ([`genesis`],
//! `docs/spec/genesis.md`).
//!
//! Beside what a device verifies stands what its makers and its public need: the bodies of notes
//! ([`body::Body::compose`]), the auditor's rules ([`admission`]), a witness's ([`witness`]), the
//! whole log ([`log`]) and two views of one ([`gossip`]).
//!
//! Invariants:
//!
//! - A [`VerifiedFleet`] comes from a [`TrustSource`] only; whatever is called *verified* comes from
//!   its verification only, which consumes the claim.
//! - Nothing here reads a clock, a file or the network.
//! - What is parsed from text gives the same bytes again, or it is refused.
//!
//! Absent on purpose: sending anything (`strongroom-client`), keeping a log and holding keys (the
//! auditor's crate), and what makes an attestation believable, which belongs to the platforms.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod admission;
pub mod body;
mod bundle;
mod checkpoint;
pub mod cosignature;
mod counted;
mod delivery;
mod endpoint;
mod fleet;
pub mod genesis;
pub mod gossip;
pub mod limits;
pub mod lines;
pub mod log;
pub mod merkle;
mod moment;
mod node_keys;
mod note;
mod pin;
mod proof;
mod revocation;
mod root;
pub mod sections;
mod status;
pub mod tile;
mod vkey;
pub mod witness;
mod words;

pub use bundle::{BundleBody, BundleContents, FleetEntry, RevokedFleet, Service, ServingFleet};
pub use checkpoint::{CheckpointBody, CheckpointError, WitnessedCheckpoint, read_checkpoint_note};
pub use counted::counted;
pub use delivery::{
    ClaimedDelivery, ClaimedEpochs, Concern, DeviceView, Equivocation, FleetOverTheAir, FloorSource, Memory,
    MemoryError, Piece, Recovery, SignedTime, Step, TrustError, Unconfirmed, VerifiedDelivery,
    verify_delivery,
};
pub use endpoint::{Endpoint, EndpointError};
pub use fleet::{TrustSource, VerifiedFleet};
pub use genesis::{GenesisError, VerifiedGenesis, fleet_id, verify_genesis_statement};
pub use moment::{Moment, MomentError};
pub use node_keys::{ClaimedNodeKeys, NodeKeysError, VerifiedNodeKeys};
pub use note::{
    ClaimedNote, CountersignedNote, NoteError, NoteSignature, countersigned, proposed, text_digest,
};
pub use pin::{EndpointsError, Pin, PinError};
pub use proof::{LogProof, LogProofError};
pub use revocation::{RevocationBody, RevocationContents, RevocationError, Revokers, VerifiedRevocation};
pub use root::{
    Party, PartyKeys, Policy, RootBody, RootChain, RootContents, RootError, RootKey, TrustRoot, Witness,
};
pub use sections::SectionsError;
pub use status::{StatusBody, StatusContents};
pub use vkey::{KeyName, NoteKey, Vkey, VkeyError, WitnessKey};
pub use words::{
    Epoch, FleetLabel, Namespace, NumberError, PlatformWord, Reason, RootVersion, StatusNumber, WordError,
};
