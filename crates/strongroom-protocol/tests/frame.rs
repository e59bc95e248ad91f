//! The envelope of an exchange. Page: `docs/spec/channel.md`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{check, check_bytes, refusal, sample_of};
use strongroom_protocol::{
    bytes::Bytes,
    client::RequestKind,
    frame::*,
    ids::{ChannelKeyId, Configuration, ContextId, FleetId, NodeNumber, Version},
};

fn info() -> ChannelInfo {
    ChannelInfo {
        version: Version,
        fleet: FleetId::new([0x11; 32]),
        configuration: Configuration(1),
        node: NodeNumber(3),
    }
}

fn request(opening: Opening) -> RequestFrame {
    RequestFrame {
        version: Version,
        configuration: Configuration(1),
        node: NodeNumber(3),
        kind: RequestKind::Attempt,
        opening,
        ciphertext: Bytes::new(vec![0xcc; 4]).unwrap(),
    }
}

fn new_context() -> Opening {
    Opening::New(NewContext { channel_key: ChannelKeyId::new([0xaa; 8]), encapsulation: [0xbb; 1120] })
}

#[test]
fn the_sample_of_the_page_is_a_request() {
    check_bytes(&request(new_context()), &sample_of(include_str!("../../../docs/spec/channel.md")));
}

#[test]
fn golden_bytes_of_what_a_context_is_bound_to() {
    check(&info(), "01 11*32 00000001 03");
    for (kind, golden) in [
        (RequestKind::Register, "01"),
        (RequestKind::Create, "02"),
        (RequestKind::Change, "03"),
        (RequestKind::Attempt, "04"),
        (RequestKind::Success, "05"),
        (RequestKind::Status, "06"),
    ] {
        check(&ChannelAssociated { info: info(), kind }, &format!("01 11*32 00000001 03 {golden}"));
    }
}

#[test]
fn golden_bytes_of_both_openings() {
    check(&request(new_context()), "01 00000001 03 04  01 aa*8 bb*1120  00000004 cc*4");
    let known = Opening::Known(ContextId::new([0xdd; 16]));
    check(&request(known), "01 00000001 03 04  02 dd*16  00000004 cc*4");
}

#[test]
fn golden_bytes_of_answers() {
    let sealed = AnswerFrameBody::Sealed(Bytes::new(vec![0xcc; 4]).unwrap());
    check(&AnswerFrame::new(sealed), "01 01 00000004 cc*4");
    for (why, number) in [
        (Unreadable::Malformed, "01"),
        (Unreadable::UnknownChannelKey, "02"),
        (Unreadable::UnknownContext, "03"),
        (Unreadable::OtherNode, "04"),
        (Unreadable::Busy, "05"),
        (Unreadable::NotServing, "06"),
    ] {
        check(&AnswerFrame::new(AnswerFrameBody::Unreadable(why)), &format!("01 02 {number}"));
    }
}

#[test]
fn what_is_unknown_or_too_long_is_refused() {
    assert_eq!(refusal::<AnswerFrame>("01 03"), "AnswerFrame: unknown variant 3");
    assert_eq!(refusal::<AnswerFrame>("01 02 07"), "AnswerFrame: unknown variant 7");
    assert_eq!(refusal::<AnswerFrame>("02 02 01"), "AnswerFrame: version 2, and only version 1 is known");
    assert_eq!(refusal::<RequestFrame>("01 00000001 03 07"), "RequestFrame: unknown variant 7");
    assert_eq!(refusal::<RequestFrame>("01 00000001 03 04 03"), "RequestFrame: unknown variant 3");
    assert_eq!(
        refusal::<RequestFrame>("01 00000001 03 04 02 dd*16 00002001"),
        "RequestFrame: 8193 bytes where at most 8192 may stand"
    );
    assert_eq!(
        refusal::<AnswerFrame>("01 01 ffffffff"),
        "AnswerFrame: 4294967295 bytes where at most 8192 may stand"
    );
}
