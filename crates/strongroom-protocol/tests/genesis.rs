//! Births, the genesis and its statement. Page: `docs/spec/genesis.md`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{check, check_bytes, digest, refusal, sample_of};
use strongroom_protocol::{
    bytes::{Bytes, List},
    genesis::*,
    ids::{FleetId, NodeNumber, Version},
};

const BIRTH: &str = "
    01              # version
    d0*32           # device
    a0*32           # node key
    e0*32           # measurement
    01              # a simulation
    02              # orderly
    00000040 f0*64  # attestation
";

fn birth() -> Birth {
    Birth {
        version: Version,
        device: digest(0xd0),
        node_key: [0xa0; 32],
        measurement: digest(0xe0),
        platform: Platform::Simulation,
        class: Class::Orderly,
        attestation: Bytes::new(vec![0xf0; 64]).unwrap(),
    }
}

fn genesis(members: u8) -> Genesis {
    let members = (1..=members).map(|number| Member { node: NodeNumber(number), birth: birth() });
    Genesis {
        version: Version,
        nonce: [0x77; 32],
        rehearsal: 0,
        members: List::new(members.collect()).unwrap(),
        quorum: 2,
        guesses: 10,
        measurement: digest(0xe0),
        vendor_roots: digest(0),
    }
}

fn statement() -> GenesisStatement {
    GenesisStatement {
        version: Version,
        fleet: FleetId::new([0x11; 32]),
        fleet_key: [0x22; 32],
        checkpoint: digest(0x33),
    }
}

#[test]
fn the_sample_of_the_page_is_a_fleet_of_three() {
    check_bytes(&genesis(3), &sample_of(include_str!("../../../docs/spec/genesis.md")));
}

#[test]
fn golden_bytes_of_births() {
    check(&birth(), BIRTH);
    for (class, number) in [(Class::Durable, "01"), (Class::Orderly, "02"), (Class::Volatile, "03")] {
        let attestation = Bytes::default();
        let golden = format!("01 d0*32 a0*32 e0*32 01 {number} 00000000");
        check(&Birth { class, attestation, ..birth() }, &golden);
    }
}

#[test]
fn golden_bytes_of_a_genesis() {
    let golden = format!("01 77*32 00 00000002 01 {BIRTH} 02 {BIRTH} 02 0a e0*32 00*32");
    check(&genesis(2), &golden);
}

#[test]
fn golden_bytes_of_statements() {
    check(&statement(), "01 11*32 22*32 33*32");
    let signed =
        SignedGenesisStatement { statement: statement(), node: NodeNumber(2), signature: [0x44; 64] };
    check(&signed, "01 11*32 22*32 33*32 02 44*64");
}

#[test]
fn what_is_unknown_or_too_long_is_refused() {
    assert_eq!(refusal::<Birth>("02"), "Birth: version 2, and only version 1 is known");
    assert_eq!(refusal::<Birth>("01 d0*32 a0*32 e0*32 02"), "Birth: unknown variant 2");
    assert_eq!(refusal::<Birth>("01 d0*32 a0*32 e0*32 01 04"), "Birth: unknown variant 4");
    assert_eq!(
        refusal::<Birth>("01 d0*32 a0*32 e0*32 01 02 00002001"),
        "Birth: 8193 bytes where at most 8192 may stand"
    );
    assert_eq!(refusal::<Genesis>("01 77*32 00 0000000a"), "Genesis: 10 items where at most 9 may stand");
}

#[test]
fn platform_and_class_have_their_words() {
    assert_eq!(Platform::Simulation.word(), "simulation");
    let words = [Class::Durable.word(), Class::Orderly.word(), Class::Volatile.word()];
    assert_eq!(words, ["durable", "orderly", "volatile"]);
}
