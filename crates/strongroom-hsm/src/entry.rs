//! One log entry: what is proposed, sealed, carried by hosts, and applied.
//! Page: `docs/spec/log.md`.
//!
//! The clear part names partition, era and record, so that a host can fetch ahead;
//! the rest is sealed under the era's log key with a random nonce. The place in
//! the log is bound by the running digest, not by the seal, because it is not known when
//! the entry is sealed.

use crate::{field::KeyField, vault::Proposal};
use strongroom_crypto::{
    Rng, Secret,
    hash::digest,
    labels,
    seal::{OpenError, open, seal},
};
use strongroom_protocol::{
    DecodeError, Wire,
    bytes::Bytes,
    decode, encode,
    ids::{Digest, Era, FleetId, Partition, ProposalId, RecordId, Version},
    limits::ENTRY_BYTES_MAX,
    wire,
};
use tls_codec::{TlsDeserializeBytes, TlsSerializeBytes, TlsSize};

/// The part of an entry that a host can read.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct EntryHeader {
    /// The suite's version.
    pub version: Version,
    /// The Raft group.
    pub partition: Partition,
    /// The era whose log key seals the entry.
    pub era: Era,
    /// The record that the entry is about, if it is about one.
    pub record: Option<RecordId>,
}

/// An entry as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct SealedEntry {
    /// The clear part.
    pub header: EntryHeader,
    /// The sealed [`EntryBody`].
    pub ciphertext: Bytes<ENTRY_BYTES_MAX>,
}

/// What an entry is about.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
#[repr(u8)]
pub enum EntryContent {
    /// A change of one vault.
    #[tls_codec(discriminant = 1)]
    Vault(VaultEntry),
    /// The end of an era: the next era and the hash of its keys.
    Checkpoint(CheckpointContent),
}

/// What an entry of a vault carries.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct VaultEntry {
    /// The era of the channel key that the request came under. A request older than the era before the one
    /// in which its entry is applied changes nothing: what would tell it for a replay may be forgotten.
    pub opened_in: Era,
    /// What is proposed.
    pub proposal: Proposal,
}

/// What a checkpoint entry carries.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct CheckpointContent {
    /// The era that begins.
    pub era: Era,
    /// The hash of its keys.
    pub keys: Digest,
}

/// The sealed part of an entry.
#[derive(TlsSize, TlsSerializeBytes, TlsDeserializeBytes)]
pub struct EntryBody {
    /// The suite's version.
    pub version: Version,
    /// Lets the node that proposed it know it again.
    pub proposal: ProposalId,
    /// Fresh and random; the keys of the tree nodes that the entry touches come from it.
    pub seed: KeyField<32>,
    /// What it is about.
    pub content: EntryContent,
}

wire!(SealedEntry, EntryBody);

/// Why an entry that a majority may hold cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableEntry {
    /// The bytes are no entry.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// The seal does not open.
    #[error("the seal does not open")]
    Unopened(#[from] OpenError),
}

/// Seals an entry under the log key of an era. Gives nothing if it is too large to stand in the log.
pub fn seal_entry(
    fleet: &FleetId,
    header: EntryHeader,
    key: &Secret<32>,
    body: &EntryBody,
    rng: &mut dyn Rng,
) -> Option<Vec<u8>> {
    let plaintext = encode(body);
    let clear = tls_bytes(&header);
    let ciphertext = seal(key, labels::ENTRY_SEAL, &[fleet.as_bytes(), &clear], &plaintext, rng);
    let sealed = encode(&SealedEntry { header, ciphertext: Bytes::new(ciphertext)? });
    (sealed.len() <= ENTRY_BYTES_MAX).then_some(sealed)
}

/// Opens an entry with the log key of its era.
///
/// # Errors
/// The seal does not open, or what is inside is no entry of this version.
pub fn open_entry(
    fleet: &FleetId,
    sealed: &SealedEntry,
    key: &Secret<32>,
) -> Result<EntryBody, UnreadableEntry> {
    let clear = tls_bytes(&sealed.header);
    let associated: [&[u8]; 2] = [fleet.as_bytes(), &clear];
    let plaintext = open(key, labels::ENTRY_SEAL, &associated, sealed.ciphertext.as_slice())?;
    Ok(decode(plaintext.expose())?)
}

/// Reads the clear part of an entry.
///
/// # Errors
/// The bytes are no entry of this version.
pub fn read_sealed(bytes: &[u8]) -> Result<SealedEntry, DecodeError> {
    decode(bytes)
}

/// The running digest after an entry (index, term and kind as 8, 8 and 1 bytes, big-endian).
pub fn entry_digest(before: &Digest, index: u64, term: u64, kind: u8, data: &[u8]) -> Digest {
    let before = if planted!(SkipsHashChain) { Digest::new([0; 32]) } else { *before };
    let parts: [&[u8]; 5] = [before.as_bytes(), &index.to_be_bytes(), &term.to_be_bytes(), &[kind], data];
    Digest::new(digest(labels::ENTRY_DIGEST, &parts))
}

impl Wire for EntryHeader {
    const NAME: &'static str = "EntryHeader";
}

fn tls_bytes(header: &EntryHeader) -> Vec<u8> {
    encode(header)
}
