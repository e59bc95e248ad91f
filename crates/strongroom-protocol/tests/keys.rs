//! What a node shows of its keys. Page: `docs/spec/keys.md`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{check, check_bytes, refusal, sample_of};
use strongroom_protocol::{
    ids::{Configuration, Era, FleetId, NodeNumber, Version},
    keys::*,
};

fn endorsement() -> Endorsement {
    Endorsement {
        fleet: FleetId::new([0x11; 32]),
        configuration: Configuration(1),
        node: NodeNumber(3),
        node_key: [0x22; 32],
        signature: [0x33; 64],
    }
}

fn keys() -> NodeKeys {
    let statement = ChannelKeyStatement { era: Era(9), channel_key: [0x44; 1216], signature: [0x55; 64] };
    NodeKeys { version: Version, endorsement: endorsement(), statement }
}

#[test]
fn the_sample_of_the_page_is_a_node() {
    check_bytes(&keys(), &sample_of(include_str!("../../../docs/spec/keys.md")));
}

#[test]
fn golden_bytes_of_keys() {
    check(&endorsement(), "11*32 00000001 03 22*32 33*64");
    check(&keys(), "01  11*32 00000001 03 22*32 33*64  0000000000000009 44*1216 55*64");
}

#[test]
fn another_version_is_refused() {
    assert_eq!(refusal::<NodeKeys>("00"), "NodeKeys: version 0, and only version 1 is known");
}
