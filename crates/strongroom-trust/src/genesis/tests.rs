use super::*;
use crate::{Pin, TrustSource};
use strongroom_crypto::{Secret, sign::SigningKey};
use strongroom_protocol::{
    bytes::{Bytes, List},
    genesis::Member,
    ids::{Digest, Version},
};

fn node_key(node: u8) -> SigningKey {
    SigningKey::from_seed(Secret::new([node; 32]))
}

fn member(node: u8) -> Member {
    Member {
        node: NodeNumber(node),
        birth: Birth {
            version: Version,
            device: Digest::new([node; 32]),
            node_key: node_key(node).public(),
            measurement: Digest::new([8; 32]),
            platform: Platform::Simulation,
            class: Class::Durable,
            attestation: Bytes::default(),
        },
    }
}

fn genesis_of(members: Vec<Member>) -> Genesis {
    Genesis {
        version: Version,
        nonce: [5; 32],
        rehearsal: 0,
        quorum: u8::try_from(members.len() / 2 + 1).unwrap(),
        members: List::new(members).unwrap(),
        guesses: 10,
        measurement: Digest::new([8; 32]),
        vendor_roots: Digest::new([0; 32]),
    }
}

fn genesis() -> Genesis {
    genesis_of((1..=3).map(member).collect())
}

fn statement(genesis: &Genesis) -> GenesisStatement {
    GenesisStatement {
        version: Version,
        fleet: fleet_id(genesis),
        fleet_key: node_key(99).public(),
        checkpoint: Digest::new([6; 32]),
    }
}

fn signed_by(node: u8, statement: &GenesisStatement) -> SignedGenesisStatement {
    let signature = node_key(node).sign(labels::GENESIS_STATEMENT_SIGNATURE, &[&encode(statement)]);
    SignedGenesisStatement { statement: statement.clone(), node: NodeNumber(node), signature }
}

fn signed(genesis: &Genesis) -> Vec<SignedGenesisStatement> {
    (1..=3).map(|node| signed_by(node, &statement(genesis))).collect()
}

#[test]
fn a_fleet_that_every_member_signed_can_be_pinned() {
    let genesis = genesis();
    let verified = verify_genesis_statement(&genesis, &signed(&genesis)).unwrap();
    let pin = Pin::from_genesis(&verified, vec!["http://127.0.0.1:7401".parse().unwrap()]).unwrap();
    assert_eq!(pin.to_string().parse::<Pin>().unwrap(), pin);
    assert_eq!(pin.fleet().id(), fleet_id(&genesis));
    assert_eq!(pin.fleet().identity_key(), &node_key(99).public());
    assert!(pin.fleet().is_simulation());
}

#[test]
fn the_same_endpoint_twice_is_no_pin() {
    let genesis = genesis();
    let verified = verify_genesis_statement(&genesis, &signed(&genesis)).unwrap();
    let endpoint: crate::Endpoint = "http://127.0.0.1:7401".parse().unwrap();
    assert!(Pin::from_genesis(&verified, vec![endpoint.clone(), endpoint]).is_err());
}

#[test]
fn a_missing_repeated_foreign_or_broken_signature_is_named() {
    let genesis = genesis();
    let verify = |change: &dyn Fn(&mut Vec<SignedGenesisStatement>)| {
        let mut all = signed(&genesis);
        change(&mut all);
        verify_genesis_statement(&genesis, &all).unwrap_err()
    };
    assert_eq!(verify(&|all| all.truncate(2)), GenesisError::Missing(NodeNumber(3)));
    assert_eq!(verify(&|all| all.clear()), GenesisError::Missing(NodeNumber(1)));
    assert_eq!(verify(&|all| all[1] = all[0].clone()), GenesisError::NoMember(NodeNumber(1)));
    assert_eq!(verify(&|all| all[2].node = NodeNumber(9)), GenesisError::NoMember(NodeNumber(9)));
    assert_eq!(verify(&|all| all[2].signature[0] ^= 1), GenesisError::BadSignature(NodeNumber(3)));
    let other = GenesisStatement { checkpoint: Digest::new([7; 32]), ..statement(&genesis) };
    assert_eq!(verify(&|all| all[1] = signed_by(2, &other)), GenesisError::OtherStatement(NodeNumber(2)));
}

#[test]
fn a_statement_about_another_genesis_is_refused() {
    let genesis = genesis();
    let other = Genesis { nonce: [6; 32], ..genesis.clone() };
    let error = verify_genesis_statement(&genesis, &signed(&other)).unwrap_err();
    assert_eq!(error, GenesisError::ForeignFleet { expected: fleet_id(&genesis), met: fleet_id(&other) });
}

#[test]
fn a_genesis_that_breaks_a_rule_is_refused() {
    let refused = |genesis: &Genesis| {
        matches!(verify_genesis_statement(genesis, &signed(genesis)), Err(GenesisError::Rule(_)))
    };
    assert!(!refused(&genesis()));
    assert!(refused(&genesis_of((1..=4).map(member).collect())));
    assert!(refused(&genesis_of(vec![member(1)])));
    assert!(refused(&genesis_of(vec![member(1), member(3), member(2)])));
    assert!(refused(&Genesis { quorum: 1, ..genesis() }));
    assert!(refused(&Genesis { guesses: 0, ..genesis() }));
    assert!(refused(&Genesis { guesses: 31, ..genesis() }));
    assert!(refused(&Genesis { rehearsal: 2, ..genesis() }));
    assert!(refused(&Genesis { measurement: Digest::new([1; 32]), ..genesis() }));
    let mut twins = vec![member(1), member(2), member(3)];
    twins[2].birth.device = Digest::new([1; 32]);
    assert!(refused(&genesis_of(twins)));
}

#[test]
fn the_class_is_what_a_majority_reaches() {
    let class = |classes: [Class; 3]| {
        let mut members: Vec<_> = (1..=3).map(member).collect();
        for (member, class) in members.iter_mut().zip(classes) {
            member.birth.class = class;
        }
        class_of_majority(&genesis_of(members))
    };
    use Class::{Durable, Orderly, Volatile};
    assert_eq!(class([Durable, Volatile, Durable]), Durable);
    assert_eq!(class([Durable, Volatile, Orderly]), Orderly);
    assert_eq!(class([Durable, Volatile, Volatile]), Volatile);
}
