//! Bytes that nobody vouches for, at the door for clients and at that for other nodes.

use super::assert_serves;
use crate::{
    door::{Answer, DOOR, fake_hsm},
    tape::Tape,
};

/// Every status that a client can be answered with, by the node and by its HTTP server before it.
const STATUSES: [u16; 16] = [100, 200, 304, 400, 401, 404, 405, 408, 413, 414, 415, 429, 431, 503, 504, 505];
/// Bytes of a message between nodes at most (`docs/spec/http.md`).
const MESSAGE_BYTES_MAX: u32 = 1_048_640;
/// What a link's greeting is answered with: a length, a kind, a version, a fleet, two nodes.
const HELLO_BYTES: usize = 4 + 36;

/// Raw bytes: whatever they are, each answer is a whole one, and the connection ends.
pub(super) fn client(tape: &mut Tape<'_>) -> Option<u16> {
    let token = &DOOR.tokens[usize::from(tape.byte()) % DOOR.tokens.len()];
    let said: Vec<u8> = match tape.byte() {
        1 => replaced(tape.rest(), b"TOKEN", token.as_bytes()),
        _ => tape.rest().to_vec(),
    };
    let heard = DOOR.say(&said);
    let has_heads = said.windows(4).any(|window| window.eq_ignore_ascii_case(b"HEAD"));
    let mut rest = heard.as_slice();
    let mut first = None;
    while let Some((answer, after)) = Answer::first(rest, !has_heads) {
        assert!(STATUSES.contains(&answer.status), "{answer:?}");
        first = first.or(Some(answer.status));
        // Whether a later answer has a body is not to be seen from here.
        if has_heads {
            break;
        }
        rest = after;
    }
    assert!(has_heads || rest.is_empty(), "half an answer: {:?}", String::from_utf8_lossy(rest));
    assert_serves();
    first
}

/// A short word in place of a long one, so that tapes can hold it.
fn replaced(bytes: &[u8], word: &[u8], with: &[u8]) -> Vec<u8> {
    let mut made = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(word.len()).position(|window| window == word) {
        made.extend_from_slice(&rest[..at]);
        made.extend_from_slice(with);
        rest = &rest[at + word.len()..];
    }
    made.extend_from_slice(rest);
    made
}

/// A link that somebody opens: greeted as a peer or not, then anything in whole messages or none.
pub(super) fn peer(tape: &mut Tape<'_>) -> Option<u16> {
    let ways = tape.byte();
    let mut said = Vec::new();
    if ways & 1 == 0 {
        let fleet = if ways & 2 == 0 { *fake_hsm::FLEET.as_bytes() } else { tape.array() };
        let nodes = if ways & 4 == 0 { [2, 1] } else { tape.array() };
        say(&mut said, &[&[1, 1][..], &fleet, &nodes].concat());
    }
    while !tape.is_empty() {
        match tape.byte() {
            0 => said.extend_from_slice(tape.chunk()),
            _ => say(&mut said, tape.chunk()),
        }
    }
    let heard = DOOR.say_as_peer(&said);
    let mut rest = heard.as_slice();
    let mut is_first = true;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = u32::from_be_bytes(*length);
        assert!(length <= MESSAGE_BYTES_MAX, "a message of {length} bytes");
        let Some((message, after)) = after.split_at_checked(length as usize) else { break };
        // It greets first; then it answers what it is asked, and asks nothing.
        let kind = message.first().copied();
        assert!(if is_first {
            kind == Some(1) && length as usize + 4 == HELLO_BYTES
        } else {
            kind == Some(4) || kind == Some(6)
        });
        is_first = false;
        rest = after;
    }
    assert_serves();
    None
}

fn say(said: &mut Vec<u8>, message: &[u8]) {
    said.extend_from_slice(&u32::try_from(message.len()).expect("short").to_be_bytes());
    said.extend_from_slice(message);
}
