//! Client messages: golden bytes, bounds, and answers of one size. Page: `docs/spec/client.md`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{bytes_of, check, check_bytes, refusal, sample_of};
use strongroom_protocol::{
    bytes::{Bytes, List, Text},
    client::*,
    encode,
    ids::{AttemptId, Generation, RegistrationId, SlotNumber, VaultId},
    limits::{CREDENTIAL_ID_BYTES_MAX, LABEL_BYTES_MAX, RP_ID_BYTES_MAX, SLOTS_MAX, TOKEN_BYTES_MAX},
};

const VAULT: VaultId = VaultId::new([0x22; 32]);

const PASSWORD_SLOT: &str = "
    01        # slot
    01        # a password
    33*16     # registration
    0001      # stretching
    44*112    # ticket
    55*192    # OPAQUE record
    66*72     # wrapped key
    01        # a confirmation follows
    77*16     # attempt
    88*96     # KE1
";

const PASSKEY_SLOT: &str = r#"
    02
    03                         # a passkey
    00000003 c1c2c3            # credential id
    00000009 "localhost"       # relying party
    00000005 "phone"           # label
    33*16 0001 44*112 55*192 66*72
    00                         # no confirmation
"#;

fn slot(number: u8) -> SlotNumber {
    SlotNumber::new(number).unwrap()
}

fn registration() -> RegistrationId {
    RegistrationId::new([0x33; 16])
}

fn password_slot() -> SlotUpload {
    SlotUpload {
        slot: slot(1),
        kind: SlotKind::Password,
        registration: registration(),
        stretching: 1,
        ticket: [0x44; 112],
        record: [0x55; 192],
        wrapped_key: [0x66; 72],
        confirmation: Some(Confirmation { attempt: AttemptId::new([0x77; 16]), ke1: [0x88; 96] }),
    }
}

fn passkey() -> Passkey {
    Passkey {
        credential_id: Bytes::new(vec![0xc1, 0xc2, 0xc3]).unwrap(),
        rp_id: Text::shortened("localhost"),
        label: Text::shortened("phone"),
    }
}

fn passkey_slot() -> SlotUpload {
    SlotUpload { slot: slot(2), kind: SlotKind::Passkey(passkey()), confirmation: None, ..password_slot() }
}

fn change(action: ChangeAction) -> Request {
    Request::new(RequestBody::Change(Change {
        vault: VAULT,
        generation: Generation(7),
        action,
        signature: [0x99; 64],
    }))
}

fn attempt() -> Request {
    Request::new(RequestBody::Attempt(Attempt {
        vault: VAULT,
        slot: slot(1),
        attempt: AttemptId::new([0x77; 16]),
        ke1: [0x88; 96],
    }))
}

#[test]
fn the_sample_of_the_page_is_an_attempt() {
    check_bytes(&attempt(), &sample_of(include_str!("../../../docs/spec/client.md")));
}

#[test]
fn golden_bytes_of_every_request() {
    let register = Register {
        vault: VAULT,
        slot: slot(8),
        registration: registration(),
        generation: Generation(7),
        request: [0xaa; 32],
    };
    check(&Request::new(RequestBody::Register(register)), "01 01  22*32 08 33*16 0000000000000007 aa*32");
    let create = Create { vault: VAULT, owner_key: [0xbb; 32], slot: password_slot() };
    check(&create, &format!("22*32 bb*32 \n{PASSWORD_SLOT}"));
    check(&Request::new(RequestBody::Create(create)), &format!("01 02  22*32 bb*32 \n{PASSWORD_SLOT}"));
    let head = "01 03  22*32 0000000000000007 ";
    for (action, golden) in [
        (ChangeAction::Add(passkey_slot()), format!("01 \n{PASSKEY_SLOT}")),
        (ChangeAction::Replace(password_slot()), format!("02 \n{PASSWORD_SLOT}")),
        (ChangeAction::Remove(slot(3)), "03 03".into()),
        (ChangeAction::Erase, "04".into()),
    ] {
        check(&action, &golden);
        check(&change(action), &format!("{head} {golden} 99*64"));
    }
    check(&attempt(), "01 04  22*32 01 77*16 88*96");
    let success =
        Success { token: Bytes::new(vec![0xcc; 5]).unwrap(), ke3: [0xdd; 64], signature: [0x99; 64] };
    check(&Request::new(RequestBody::Success(success)), "01 05  00000005 cc*5 dd*64 99*64");
    check(&Request::new(RequestBody::Status(Status { vault: VAULT })), "01 06  22*32");
}

#[test]
fn golden_bytes_of_slots() {
    check(&password_slot(), PASSWORD_SLOT);
    check(&passkey_slot(), PASSKEY_SLOT);
    check(&SlotKind::RecoveryCode, "02");
}

#[test]
fn golden_bytes_of_every_answer() {
    let registered = Registered { response: [0xaa; 64], ticket: [0x44; 112] };
    let confirming = Confirming { ke2: [0xbb; 320], token: Bytes::new(vec![0xcc; 5]).unwrap() };
    let uploaded = Uploaded { generation: Generation(7), left: 10, confirming: Some(confirming) };
    let plain = Uploaded { generation: Generation(7), left: 0, confirming: None };
    let status = VaultStatus {
        generation: Generation(7),
        slots: List::new(vec![
            SlotStatus { slot: slot(1), kind: SlotKind::Password, registration: registration(), erased: 1 },
            SlotStatus {
                slot: slot(2),
                kind: SlotKind::Passkey(passkey()),
                registration: registration(),
                erased: 0,
            },
        ])
        .unwrap(),
        left: 9,
        failed: 1,
    };
    let shown = r#"0000000000000007 00000002
        01 01 33*16 01
        02 03 00000003 c1c2c3 00000009 "localhost" 00000005 "phone" 33*16 00
        09 00000001"#;
    for (body, golden) in [
        (AnswerBody::Register(Outcome::Done(registered)), "01 01  aa*64 44*112"),
        (AnswerBody::Register(Outcome::Refused(Refusal::Busy)), "01 02 02"),
        (AnswerBody::Create(Outcome::Done(uploaded)), "02 01  0000000000000007 0a 01 bb*320 00000005 cc*5"),
        (AnswerBody::Create(Outcome::Refused(Refusal::VaultExists)), "02 02 04"),
        (AnswerBody::Change(Outcome::Done(plain)), "03 01  0000000000000007 00 00"),
        (AnswerBody::Change(Outcome::Refused(Refusal::GenerationConflict)), "03 02 0c"),
        (
            AnswerBody::Attempt(AttemptAnswer::Answered(answered(5))),
            "04 01  bb*320 66*72 00000005 cc*5 0000000000000007 33*16 09 00000002 0001",
        ),
        (AnswerBody::Attempt(AttemptAnswer::Erased), "04 02"),
        (AnswerBody::Attempt(AttemptAnswer::Absent), "04 03"),
        (AnswerBody::Attempt(AttemptAnswer::Later), "04 04"),
        (AnswerBody::Attempt(AttemptAnswer::Refused(Refusal::WrongSlot)), "04 05 07"),
        (AnswerBody::Success(Outcome::Done(10)), "05 01 0a"),
        (AnswerBody::Success(Outcome::Refused(Refusal::WrongProof)), "05 02 0e"),
        (AnswerBody::Status(StatusAnswer::Present(status)), &format!("06 01 {shown}")),
        (AnswerBody::Status(StatusAnswer::Absent), "06 02"),
        (AnswerBody::Status(StatusAnswer::Erased), "06 03"),
        (AnswerBody::Status(StatusAnswer::Refused(Refusal::Malformed)), "06 04 01"),
    ] {
        check(&Answer::new(body), &format!("01 {golden}"));
    }
}

fn answered(token: usize) -> Answered {
    Answered {
        ke2: [0xbb; 320],
        wrapped_key: [0x66; 72],
        token: Bytes::new(vec![0xcc; token]).unwrap(),
        generation: Generation(7),
        registration: registration(),
        left: 9,
        failed: 2,
        stretching: 1,
    }
}

#[test]
fn every_refusal_has_its_number() {
    let numbered = [
        (Refusal::Malformed, "01"),
        (Refusal::Busy, "02"),
        (Refusal::NoMajority, "03"),
        (Refusal::VaultExists, "04"),
        (Refusal::NoSuchVault, "05"),
        (Refusal::VaultErased, "06"),
        (Refusal::WrongSlot, "07"),
        (Refusal::SecondPassword, "08"),
        (Refusal::RegistrationUsed, "09"),
        (Refusal::TicketDead, "0a"),
        (Refusal::TokenDead, "0b"),
        (Refusal::GenerationConflict, "0c"),
        (Refusal::ForeignSignature, "0d"),
        (Refusal::WrongProof, "0e"),
        (Refusal::AttemptClosed, "0f"),
    ];
    for (refusal, number) in numbered {
        check(&Answer::refusing(RequestKind::Status, refusal), &format!("01 06 04 {number}"));
    }
    for unknown in ["00", "10", "ff"] {
        assert!(refusal::<Answer>(&format!("01 06 04 {unknown}")).starts_with("Answer: unknown variant"));
    }
}

#[test]
fn what_is_unknown_is_refused() {
    assert_eq!(refusal::<Request>("02 06 22*32"), "Request: version 2, and only version 1 is known");
    assert_eq!(refusal::<Request>("00 06 22*32"), "Request: version 0, and only version 1 is known");
    assert_eq!(refusal::<Request>("01 00 22*32"), "Request: unknown variant 0");
    assert_eq!(refusal::<Request>("01 07 22*32"), "Request: unknown variant 7");
    assert_eq!(refusal::<SlotKind>("04"), "SlotKind: unknown variant 4");
    assert_eq!(refusal::<ChangeAction>("05"), "ChangeAction: unknown variant 5");
    assert_eq!(refusal::<ChangeAction>("03 00"), "ChangeAction: slot number out of 1 to 8");
    assert_eq!(refusal::<ChangeAction>("03 09"), "ChangeAction: slot number out of 1 to 8");
    assert!(
        refusal::<SlotUpload>("01 01 33*16 0001 44*112 55*192 66*72 02 77*16 88*96").contains("must be 0")
    );
    assert_eq!(refusal::<SlotKind>("03 00000000 00000001 ff 00000000"), "SlotKind: text that is not UTF-8");
}

#[test]
fn a_length_beyond_its_bound_is_refused_before_its_bytes_are_looked_at() {
    for (bytes, text) in [
        ("03 00000100", "SlotKind: 256 bytes where at most 255 may stand"),
        ("03 00000000 000000fe", "SlotKind: 254 bytes where at most 253 may stand"),
        ("03 00000000 00000000 00000041", "SlotKind: 65 bytes where at most 64 may stand"),
        ("03 ffffffff", "SlotKind: 4294967295 bytes where at most 255 may stand"),
    ] {
        assert_eq!(refusal::<SlotKind>(bytes), text);
    }
    assert_eq!(refusal::<Request>("01 05 00000201"), "Request: 513 bytes where at most 512 may stand");
    assert_eq!(
        refusal::<Answer>("01 06 01 0000000000000007 00000009"),
        "Answer: 9 items where at most 8 may stand"
    );
    assert_eq!(
        refusal::<Answer>("01 06 01 0000000000000007 ffffffff"),
        "Answer: 4294967295 items where at most 8 may stand"
    );
}

/// The longest answer of each kind.
fn longest_answers() -> [(RequestKind, usize, Answer); 6] {
    let longest_passkey = Passkey {
        credential_id: Bytes::new(vec![1; CREDENTIAL_ID_BYTES_MAX]).unwrap(),
        rp_id: Text::shortened(&"r".repeat(RP_ID_BYTES_MAX)),
        label: Text::shortened(&"l".repeat(LABEL_BYTES_MAX)),
    };
    let slots = (1..=8).map(|number| SlotStatus {
        slot: slot(number),
        kind: SlotKind::Passkey(longest_passkey.clone()),
        registration: registration(),
        erased: 0,
    });
    let slots = List::<_, SLOTS_MAX>::new(slots.collect()).unwrap();
    let status = VaultStatus { generation: Generation(7), slots, left: 9, failed: 1 };
    let uploaded = || {
        let confirming =
            Confirming { ke2: [0xbb; 320], token: Bytes::new(vec![0xcc; TOKEN_BYTES_MAX]).unwrap() };
        Outcome::Done(Uploaded { generation: Generation(7), left: 10, confirming: Some(confirming) })
    };
    let registered = Registered { response: [0xaa; 64], ticket: [0x44; 112] };
    let answered = AttemptAnswer::Answered(answered(TOKEN_BYTES_MAX));
    [
        (RequestKind::Register, 256, Answer::new(AnswerBody::Register(Outcome::Done(registered)))),
        (RequestKind::Create, 1024, Answer::new(AnswerBody::Create(uploaded()))),
        (RequestKind::Change, 1024, Answer::new(AnswerBody::Change(uploaded()))),
        (RequestKind::Attempt, 1024, Answer::new(AnswerBody::Attempt(answered))),
        (RequestKind::Success, 64, Answer::new(AnswerBody::Success(Outcome::Done(10)))),
        (RequestKind::Status, 5120, Answer::new(AnswerBody::Status(StatusAnswer::Present(status)))),
    ]
}

#[test]
fn the_longest_and_the_shortest_answer_of_a_kind_have_one_size() {
    for (kind, size, longest) in longest_answers() {
        let shortest = Answer::refusing(kind, Refusal::Busy);
        for answer in [longest, shortest] {
            assert_eq!(answer.kind(), kind);
            let padded = answer.to_padded_bytes();
            assert_eq!(padded.len(), size);
            assert_eq!(padded_bytes(kind), size);
            assert!(Answer::from_padded_bytes(kind, &padded).is_ok_and(|read| read == answer));
        }
    }
}

#[test]
fn golden_bytes_of_a_padded_answer() {
    let padded = Answer::new(AnswerBody::Success(Outcome::Done(10))).to_padded_bytes();
    assert_eq!(padded, bytes_of("0004 01 05 01 0a 00*58"));
}

#[test]
fn a_padded_answer_with_another_size_filling_length_or_kind_is_refused() {
    let answer = Answer::new(AnswerBody::Success(Outcome::Done(10)));
    let padded = answer.to_padded_bytes();
    let read = |bytes: &[u8]| {
        Answer::from_padded_bytes(RequestKind::Success, bytes).err().map(|error| error.to_string())
    };
    assert_eq!(read(&padded), None);
    for size in (0..64).chain([65, 256, 1024]) {
        let mut other = padded.clone();
        other.resize(size, 0);
        assert_eq!(read(&other).unwrap(), "Answer: not of its kind's one size");
    }
    for at in 6..64 {
        let mut filled = padded.clone();
        filled[at] = 1;
        assert_eq!(read(&filled).unwrap(), "Answer: filled with something else than zeros");
    }
    let with_length = |length: u16| {
        let mut other = padded.clone();
        other[..2].copy_from_slice(&length.to_be_bytes());
        read(&other).unwrap()
    };
    assert_eq!(with_length(5), "Answer: bytes after the end");
    assert_eq!(with_length(63), "Answer: truncated");
    assert_eq!(with_length(0xffff), "Answer: truncated");
    assert_eq!(with_length(3), "Answer: filled with something else than zeros");
    let status = Answer::refusing(RequestKind::Create, Refusal::Busy).to_padded_bytes();
    let other_kind = Answer::from_padded_bytes(RequestKind::Attempt, &status).err().unwrap();
    assert_eq!(other_kind.to_string(), "Answer: answers another kind of request");
}

#[test]
fn a_request_says_its_kind() {
    let kinds = [RequestKind::Change, RequestKind::Attempt];
    assert_eq!([change(ChangeAction::Erase).kind(), attempt().kind()], kinds);
    assert_eq!(encode(&attempt())[1], RequestKind::Attempt as u8);
}

#[test]
fn a_text_is_shortened_to_whole_characters() {
    assert_eq!(Text::<4>::shortened("aéé").as_str(), "aé");
    assert_eq!(Text::<5>::shortened("aéé").as_str(), "aéé");
    assert_eq!(Text::<0>::shortened("é").as_str(), "");
}

#[test]
fn a_list_or_bytes_beyond_their_bound_cannot_be_made() {
    assert!(Bytes::<3>::new(vec![0; 4]).is_none());
    assert!(List::<u8, 3>::new(vec![0; 4]).is_none());
}
