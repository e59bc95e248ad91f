//! What hosts see between two HSMs. Page: `docs/spec/peer.md`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{check, check_bytes, refusal, sample_of};
use strongroom_protocol::{
    bytes::Bytes,
    ids::{Configuration, Era, FleetId, NodeNumber, Version},
    peer::*,
};

const HEADER: &str = "
    01                # version
    11*32             # fleet
    01                # from
    02                # to
    00000001          # configuration
    0000000000000005  # boot
    99*16             # incarnation
    0000000000000009  # era
";

fn header() -> PeerHeader {
    PeerHeader {
        version: Version,
        fleet: FleetId::new([0x11; 32]),
        from: NodeNumber(1),
        to: NodeNumber(2),
        configuration: Configuration(1),
        boot: 5,
        incarnation: [0x99; 16],
        era: Era(9),
    }
}

fn hello() -> PeerFrame {
    PeerFrame::Hello(Hello { header: header(), key: [0xaa; 1216] })
}

#[test]
fn the_sample_of_the_page_is_a_hello() {
    check_bytes(&hello(), &sample_of(include_str!("../../../docs/spec/peer.md")));
}

#[test]
fn golden_bytes_of_every_frame() {
    check(&header(), HEADER);
    check(&hello(), &format!("01 {HEADER} aa*1216"));
    let response = Response { header: header(), encapsulation: [0xbb; 1120], signature: [0xcc; 64] };
    check(&PeerFrame::Response(response), &format!("02 {HEADER} bb*1120 cc*64"));
    let finish = Finish { sealed_signature: Bytes::new(vec![0xdd; 80]).unwrap() };
    check(&PeerFrame::Finish(finish), "03 00000050 dd*80");
    let session = SessionFrame { counter: 7, ciphertext: Bytes::new(vec![0xee; 5]).unwrap() };
    check(&PeerFrame::Session(session), "04 0000000000000007 00000005 ee*5");
}

#[test]
fn what_is_unknown_or_too_long_is_refused() {
    assert_eq!(refusal::<PeerFrame>("00"), "PeerFrame: unknown variant 0");
    assert_eq!(refusal::<PeerFrame>("05"), "PeerFrame: unknown variant 5");
    assert_eq!(refusal::<PeerFrame>("01 02"), "PeerFrame: version 2, and only version 1 is known");
    assert_eq!(refusal::<PeerFrame>("03 00000081"), "PeerFrame: 129 bytes where at most 128 may stand");
    assert_eq!(
        refusal::<PeerFrame>("04 0000000000000007 00100001"),
        "PeerFrame: 1048577 bytes where at most 1048576 may stand"
    );
}
