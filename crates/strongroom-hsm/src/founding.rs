//! How a fleet is born: birth, genesis, founding, signing. Page: `docs/spec/genesis.md`.
//!
//! Whoever drives the founding only carries bytes. Each HSM checks that the genesis
//! names it and verifies every other's birth itself, before a secret leaves or enters
//! it; the genesis is anchored once in its life.

use crate::{
    effect::Effects,
    entry::entry_digest,
    era::EraKeys,
    fault::Fault,
    field::KeyField,
    member::Member,
    peer::HandedOver,
    state::{CheckpointState, FleetSecrets, SealedState},
    tree::Root,
};
use std::collections::BTreeSet;
use strongroom_crypto::{Rng, hash::digest, labels, sign::SigningKey, sign::verify};
use strongroom_protocol::{
    bytes::Bytes,
    encode,
    genesis::{Birth, Class, Genesis, GenesisStatement, Platform, SignedGenesisStatement},
    ids::{Digest, Era, FleetId, LogIndex, NodeNumber, Term, Version},
    limits::GUESSES_MAX,
};

/// The genesis hash: the fleet id.
pub fn fleet_id(genesis: &Genesis) -> FleetId {
    FleetId::new(digest(labels::GENESIS_HASH, &[&encode(genesis)]))
}

/// What a newborn HSM keeps.
pub fn newborn(node_key: &SigningKey) -> SealedState {
    SealedState {
        version: Version,
        node_key: KeyField::of(node_key.seed()),
        genesis: None,
        node: NodeNumber(0),
        founded: None,
    }
}

/// What an HSM says of itself; a simulation attests with the identity key alone.
pub fn birth(
    node_key: &SigningKey,
    device: Digest,
    measurement: Digest,
    platform: Platform,
    class: Class,
) -> Birth {
    let mut birth = Birth {
        version: Version,
        device,
        node_key: node_key.public(),
        measurement,
        platform,
        class,
        attestation: Bytes::default(),
    };
    let signature = node_key.sign(labels::BIRTH_SIGNATURE, &[&encode(&birth)]);
    birth.attestation = Bytes::new(signature.to_vec()).unwrap_or_default();
    birth
}

/// Checks a genesis as a member must, and gives the fleet id and the member's number.
///
/// # Errors
/// The genesis does not name this HSM as it is, or names a member whose birth does not hold.
pub fn check_genesis(genesis: &Genesis, own: &Birth) -> Result<(FleetId, NodeNumber), Fault> {
    let refuse = |what| Err(Fault::Host(what));
    let members = genesis.members.as_slice();
    let count = members.len();
    if !matches!(count, 3 | 5 | 7 | 9) {
        return refuse("hands in a genesis without three, five, seven or nine members");
    }
    if usize::from(genesis.quorum) != count / 2 + 1 {
        return refuse("hands in a genesis whose quorum is not a majority");
    }
    if genesis.guesses == 0 || genesis.guesses > GUESSES_MAX {
        return refuse("hands in a genesis with a budget out of bounds");
    }
    let mut devices = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for (at, member) in members.iter().enumerate() {
        if usize::from(member.node.0) != at.saturating_add(1) {
            return refuse("hands in a genesis whose members are not counted from one");
        }
        if !devices.insert(member.birth.device) || !keys.insert(member.birth.node_key) {
            return refuse("hands in a genesis that names a device or a key twice");
        }
        check_birth(&member.birth, genesis, own)?;
    }
    match members.iter().find(|member| member.birth == *own) {
        Some(member) => Ok((fleet_id(genesis), member.node)),
        None => refuse("hands in a genesis that does not name this HSM"),
    }
}

fn check_birth(birth: &Birth, genesis: &Genesis, own: &Birth) -> Result<(), Fault> {
    if birth.measurement != genesis.measurement || birth.measurement != own.measurement {
        return Err(Fault::Host("hands in a genesis with a member that runs another program"));
    }
    match birth.platform {
        Platform::Simulation if own.platform == Platform::Simulation => {}
        Platform::Simulation => return Err(Fault::Host("hands in a genesis with a simulated member")),
    }
    let mut claimed = birth.clone();
    claimed.attestation = Bytes::default();
    let signature: Result<[u8; 64], _> = birth.attestation.as_slice().try_into();
    let verified = signature.is_ok_and(|signature| {
        verify(&birth.node_key, labels::BIRTH_SIGNATURE, &[&encode(&claimed)], &signature).is_ok()
    });
    if verified {
        Ok(())
    } else {
        Err(Fault::Host("hands in a genesis with a birth whose attestation does not verify"))
    }
}

/// Node 1 makes the fleet's secrets: index key, fleet identity key, first era and root, as checkpoint 1.
///
/// # Errors
/// The member is not node 1, or the fleet is founded already.
pub fn found(member: &mut Member, rng: &mut dyn Rng, effects: &mut Effects) -> Result<(), Fault> {
    if member.node() != NodeNumber(1) {
        return Err(Fault::Host("asks another node than node 1 to found the fleet"));
    }
    if member.secrets().is_some() {
        return Err(Fault::Host("founds a fleet twice"));
    }
    let first =
        HandedOver { secrets: FleetSecrets::random(rng), checkpoint: first_checkpoint(member.fleet(), rng) };
    member.found(first, rng, effects)
}

/// The member's signature under the genesis statement, once it has recorded checkpoint 1.
pub fn sign(member: &Member) -> Option<SignedGenesisStatement> {
    let checkpoint = member.recorded_first()?;
    let secrets = member.secrets()?;
    let fleet_key = SigningKey::from_seed(secrets.fleet_key.0.duplicate()).public();
    let statement = GenesisStatement {
        version: Version,
        fleet: member.fleet(),
        fleet_key,
        checkpoint: checkpoint.digest,
    };
    let signature = member.node_key().sign(labels::GENESIS_STATEMENT_SIGNATURE, &[&encode(&statement)]);
    Some(SignedGenesisStatement { statement, node: member.node(), signature })
}

fn first_checkpoint(fleet: FleetId, rng: &mut dyn Rng) -> CheckpointState {
    // The first link of the digest names the fleet, so no log fits another fleet's.
    let before = Digest::new(*fleet.as_bytes());
    CheckpointState {
        index: LogIndex(1),
        term: Term(1),
        digest: entry_digest(&before, 1, 1, 0, &[]),
        root: Bytes::new(Root::empty().encode().expose().to_vec()).unwrap_or_default(),
        keys: EraKeys::random(Era(1), rng),
        old_tickets: None,
        checkpoints: 1,
        vaults: 0,
    }
}
