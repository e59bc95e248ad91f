//! One request, each part of it good or not: what it is answered with follows from the parts.

use super::{check_listed, visible};
use crate::{
    door::{ACCOUNTS, Answer, DOOR, fake_hsm},
    tape::Tape,
    twist::twist,
};
use strongroom_protocol::{
    bytes::Bytes,
    client::RequestKind,
    decode, encode,
    frame::{NewContext, Opening, RequestFrame},
    ids::{ChannelKeyId, Configuration, ContextId, NodeNumber, Version},
    limits::EXCHANGE_BYTES_MAX,
};

const METHODS: [&str; 8] = ["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"];
const PATHS: [&str; 8] =
    ["/v1/exchange", "/v1/keys", "/v1/trust", "/v1/trust/roots", "/v1/status", "/v1/health", "/metrics", "/"];
/// Characters of a path that tapes write.
const PATH_CHARACTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-._~/%?=&:@!$'()*+,;";
const FILLED_BYTES_MAX: usize = 9000;

pub(super) fn run(tape: &mut Tape<'_>) -> u16 {
    let method = METHODS[usize::from(tape.byte()) % METHODS.len()];
    let path = path(tape);
    let (authorization, is_known) = authorization(tape);
    let (content_type, is_octets) = content_type(tape);
    let body = body(tape);
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n");
    head += &authorization;
    head += &content_type;
    if tape.byte() == 1 {
        head += &format!("if-none-match: {}\r\n", visible(tape.chunk()));
    }
    let request = match tape.byte() {
        1 => chunked(tape, &head, &body),
        _ => [format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat(),
    };
    let answer = DOOR.ask(&request, method != "HEAD");
    check_listed(method, &path, &answer);
    if (method, path.as_str()) == ("POST", "/v1/exchange") {
        check_exchange(&answer, is_known, is_octets, &body);
    }
    assert!(!DOOR.tokens.iter().any(|token| answer.holds(token.as_bytes())), "an answer repeats a token");
    answer.status
}

/// The checks stand in the page's order, and a good request is answered by the HSM with what it said to this request.
fn check_exchange(answer: &Answer, is_known: bool, is_octets: bool, body: &[u8]) {
    let is_frame = decode::<RequestFrame>(body).is_ok();
    let expected = match (is_known, is_octets, body.len() <= EXCHANGE_BYTES_MAX, is_frame) {
        (false, ..) => (401, "unauthorized"),
        (_, false, ..) => (415, "content-type"),
        (_, _, false, _) => (413, "too-long"),
        (_, _, _, false) => (400, "malformed"),
        _ if answer.status == 429 => (429, "too-often"),
        _ => {
            assert!((answer.status, &*answer.body) == (200, fake_hsm::answer_to(body).as_slice()));
            return;
        }
    };
    assert_eq!((answer.status, answer.problem().as_str()), expected);
}

fn path(tape: &mut Tape<'_>) -> String {
    let known = PATHS[usize::from(tape.byte()) % PATHS.len()].to_owned();
    match tape.byte() {
        1 => format!("{known}?{}", text(tape)),
        2 => format!("{known}?from={}", tape.byte()),
        3 => format!("/{}", text(tape)),
        4 => format!("{known}/{}", text(tape)),
        5 => known.to_uppercase(),
        _ => known,
    }
}

/// Characters that may stand in a path.
fn text(tape: &mut Tape<'_>) -> String {
    let place = |byte: &u8| char::from(PATH_CHARACTERS[usize::from(*byte) % PATH_CHARACTERS.len()]);
    let length = usize::from(tape.byte() % 64);
    tape.take(length).iter().map(place).collect()
}

/// A token's header, and whether it lets somebody in.
fn authorization(tape: &mut Tape<'_>) -> (String, bool) {
    let good = DOOR.tokens[usize::from(tape.byte()) % ACCOUNTS].clone();
    let value = match tape.byte() {
        1 => return (String::new(), false),
        2 => {
            let mut bytes = good.clone().into_bytes();
            twist(&mut bytes, tape);
            format!("Bearer {}", visible_of(&bytes))
        }
        3 => format!("bEARER   {good}  "),
        4 => format!("Basic {good}"),
        5 => visible(tape.chunk()),
        _ => format!("Bearer {good}"),
    };
    let is_good = value
        .trim()
        .split_once(' ')
        .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && token.trim() == good);
    (format!("authorization: {value}\r\n"), is_good)
}

/// The bytes that a header may hold as they are, others as question marks.
fn visible_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '?' }).collect()
}

fn content_type(tape: &mut Tape<'_>) -> (String, bool) {
    let value = match tape.byte() {
        1 => return (String::new(), false),
        2 => "application/octet-stream; charset=utf-8".into(),
        3 => "Application/Octet-Stream".into(),
        4 => visible(tape.chunk()),
        _ => "application/octet-stream".into(),
    };
    let is_octets = value.trim() == "application/octet-stream";
    (format!("content-type: {value}\r\n"), is_octets)
}

/// A request's frame, as it should be, changed or filled up, or any bytes.
fn body(tape: &mut Tape<'_>) -> Vec<u8> {
    let ways = tape.byte();
    if ways & 1 != 0 {
        return tape.chunk().to_vec();
    }
    let kinds = [
        RequestKind::Attempt,
        RequestKind::Success,
        RequestKind::Register,
        RequestKind::Create,
        RequestKind::Change,
        RequestKind::Status,
    ];
    let opening = match ways & 2 {
        0 => Opening::Known(ContextId::new(tape.array())),
        _ => Opening::New(NewContext {
            channel_key: ChannelKeyId::new(tape.array()),
            encapsulation: [tape.byte(); strongroom_protocol::limits::ENCAPSULATION_BYTES],
        }),
    };
    let mut frame = encode(&RequestFrame {
        version: Version,
        configuration: Configuration(1),
        node: NodeNumber(1),
        kind: kinds[usize::from(tape.byte()) % kinds.len()],
        opening,
        ciphertext: Bytes::new(tape.chunk().to_vec()).expect("a short tape"),
    });
    if ways & 4 != 0 {
        frame.resize(tape.place(FILLED_BYTES_MAX), 7);
    }
    if ways & 8 != 0 {
        twist(&mut frame, tape);
    }
    frame
}

/// The body in pieces of its own lengths.
fn chunked(tape: &mut Tape<'_>, head: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    let length = usize::from(tape.byte()) + 1;
    for chunk in body.chunks(length * 16) {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    request
}
