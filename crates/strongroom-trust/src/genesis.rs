//! How a fleet was founded. Page: `docs/spec/genesis.md`.
//!
//! The genesis names members, quorum, budget and program; its hash is the fleet id. Every
//! member signs the genesis statement once it holds the first checkpoint; only then is
//! there a fleet identity key that may be pinned.
//!
//! Absent on purpose: whether an attestation is a real device's, which every HSM checks
//! by the rules of its own image, and evidence shows to others.

use crate::VerifiedFleet;
use strongroom_crypto::{
    hash::digest,
    labels,
    sign::{check_public, verify},
};
use strongroom_protocol::{
    encode,
    genesis::{Birth, Class, Genesis, GenesisStatement, Platform, SignedGenesisStatement},
    ids::{FleetId, NodeNumber},
    limits::{GUESSES_MAX, MEMBERS_MAX},
};

/// Computes the fleet id of a genesis.
pub fn fleet_id(genesis: &Genesis) -> FleetId {
    FleetId::new(digest(labels::GENESIS_HASH, &[&encode(genesis)]))
}

/// A genesis that follows its rules and that every member signed for one fleet identity key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedGenesis {
    fleet: VerifiedFleet,
    statement: GenesisStatement,
}

impl VerifiedGenesis {
    /// The fleet that was founded.
    pub fn fleet(&self) -> &VerifiedFleet {
        &self.fleet
    }

    /// What every member signed.
    pub fn statement(&self) -> &GenesisStatement {
        &self.statement
    }
}

/// Why a founding is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// The genesis breaks a rule.
    #[error("the genesis breaks a rule: {0}")]
    Rule(&'static str),
    /// A statement is about another genesis.
    #[error("the statement is about another genesis: expected {expected}, met {met}")]
    ForeignFleet {
        /// The hash of the genesis at hand.
        expected: FleetId,
        /// The one that the statement names.
        met: FleetId,
    },
    /// Two members signed different statements.
    #[error("node {0} signed another statement than the others")]
    OtherStatement(NodeNumber),
    /// A statement of somebody who is no member, or the second one of a member.
    #[error("node {0} is no member, or signed twice")]
    NoMember(NodeNumber),
    /// A member has not signed.
    #[error("node {0} has not signed the genesis statement")]
    Missing(NodeNumber),
    /// A member's identity key did not make the signature.
    #[error("the signature of node {0} does not verify")]
    BadSignature(NodeNumber),
}

/// Checks that a genesis follows its rules and that each of its members signed one and
/// the same statement about it.
///
/// # Errors
/// See [`GenesisError`].
pub fn verify_genesis_statement(
    genesis: &Genesis,
    signed: &[SignedGenesisStatement],
) -> Result<VerifiedGenesis, GenesisError> {
    check_rules(genesis)?;
    let statement = &signed.first().ok_or(GenesisError::Missing(NodeNumber(1)))?.statement;
    let expected = fleet_id(genesis);
    if statement.fleet != expected {
        return Err(GenesisError::ForeignFleet { expected, met: statement.fleet });
    }
    check_public(&statement.fleet_key).map_err(|_| GenesisError::Rule("the fleet identity key is no key"))?;
    let encoded = encode(statement);
    for (place, one) in signed.iter().enumerate() {
        let is_repeated = signed.iter().take(place).any(|earlier| earlier.node == one.node);
        verify_one(genesis, statement, &encoded, one, is_repeated)?;
    }
    let members = genesis.members.as_slice();
    match members.iter().find(|member| signed.iter().all(|one| one.node != member.node)) {
        Some(member) => Err(GenesisError::Missing(member.node)),
        None => Ok(VerifiedGenesis { fleet: fleet_of(genesis, statement), statement: statement.clone() }),
    }
}

fn verify_one(
    genesis: &Genesis,
    statement: &GenesisStatement,
    encoded: &[u8],
    one: &SignedGenesisStatement,
    is_repeated: bool,
) -> Result<(), GenesisError> {
    let member = genesis.members.as_slice().iter().find(|member| member.node == one.node);
    let member = member.filter(|_| !is_repeated).ok_or(GenesisError::NoMember(one.node))?;
    if one.statement != *statement {
        return Err(GenesisError::OtherStatement(one.node));
    }
    verify(&member.birth.node_key, labels::GENESIS_STATEMENT_SIGNATURE, &[encoded], &one.signature)
        .map_err(|_| GenesisError::BadSignature(one.node))
}

fn check_rules(genesis: &Genesis) -> Result<(), GenesisError> {
    let members = genesis.members.as_slice();
    let count = members.len();
    if !(3..=MEMBERS_MAX).contains(&count) || count.is_multiple_of(2) {
        return Err(GenesisError::Rule("a fleet has 3, 5, 7 or 9 members"));
    }
    if usize::from(genesis.quorum) != count / 2 + 1 {
        return Err(GenesisError::Rule("the quorum is not the majority"));
    }
    if !(1..=GUESSES_MAX).contains(&genesis.guesses) {
        return Err(GenesisError::Rule("the budget is out of its bounds"));
    }
    if genesis.rehearsal > 1 {
        return Err(GenesisError::Rule("rehearsal is neither 0 nor 1"));
    }
    if members.iter().zip(1u8..).any(|(member, number)| member.node != NodeNumber(number)) {
        return Err(GenesisError::Rule("the members are not numbered from one"));
    }
    if members.iter().any(|member| member.birth.measurement != genesis.measurement) {
        return Err(GenesisError::Rule("a member runs another program"));
    }
    if members.iter().any(|member| check_public(&member.birth.node_key).is_err()) {
        return Err(GenesisError::Rule("a member's identity key is no key"));
    }
    check_distinct(genesis)
}

fn check_distinct(genesis: &Genesis) -> Result<(), GenesisError> {
    let births: Vec<&Birth> = genesis.members.as_slice().iter().map(|member| &member.birth).collect();
    let is_same = |a: &Birth, b: &Birth| a.device == b.device || a.node_key == b.node_key;
    let has_pair = |(place, a): (usize, &&Birth)| births.iter().skip(place + 1).any(|b| is_same(a, b));
    if births.iter().enumerate().any(has_pair) {
        return Err(GenesisError::Rule("two members share a device or an identity key"));
    }
    Ok(())
}

fn fleet_of(genesis: &Genesis, statement: &GenesisStatement) -> VerifiedFleet {
    let members = genesis.members.as_slice();
    VerifiedFleet {
        id: statement.fleet,
        identity_key: statement.fleet_key,
        members: u8::try_from(members.len()).unwrap_or(u8::MAX),
        quorum: genesis.quorum,
        guesses: genesis.guesses,
        class: class_of_majority(genesis),
        measurement: genesis.measurement,
        is_simulation: members.iter().any(|member| member.birth.platform == Platform::Simulation),
    }
}

/// The strongest class that a majority of the members reach.
fn class_of_majority(genesis: &Genesis) -> Class {
    let reach = |class: Class| {
        let members = genesis.members.as_slice();
        members.iter().filter(|member| rank(member.birth.class) >= rank(class)).count()
    };
    [Class::Durable, Class::Orderly]
        .into_iter()
        .find(|class| reach(*class) >= usize::from(genesis.quorum))
        .unwrap_or(Class::Volatile)
}

fn rank(class: Class) -> u8 {
    match class {
        Class::Durable => 2,
        Class::Orderly => 1,
        Class::Volatile => 0,
    }
}

#[cfg(test)]
mod tests;
