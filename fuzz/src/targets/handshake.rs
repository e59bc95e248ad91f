//! The handshake between two members over a host that changes, repeats, swaps and invents its messages.
//!
//! A message that one side takes out of a session is one that the other put in, in that order;
//! and the side that got a changed message makes no session from it.

use crate::{
    home::{HOME, use_stand_ins},
    tape::Tape,
    twist::twist,
};
use std::collections::VecDeque;
use strongroom_crypto::{ChaChaRng, sign::SigningKey};
use strongroom_hsm::peer::PeerLinks;
use strongroom_protocol::ids::{Era, NodeNumber};

const ACTS_MAX: usize = 24;

struct Side {
    node: NodeNumber,
    key: SigningKey,
    links: PeerLinks,
    /// On their way to this side.
    coming: VecDeque<Vec<u8>>,
    /// What this side has said.
    said: Vec<Vec<u8>>,
}

/// Checks one input.
pub fn run(bytes: &[u8]) {
    use_stand_ins();
    let mut tape = Tape::new(bytes);
    let mut rng = ChaChaRng::from_seed([1; 32]);
    let mut sides = [Side::new(1), Side::new(2)];
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for _ in 0..ACTS_MAX {
        if tape.is_empty() {
            return;
        }
        let act = tape.byte();
        let at = usize::from(act >> 7);
        match act % 8 {
            0 | 1 => {
                let [one, other] = &mut sides;
                call(one, other, &mut rng);
                call(other, one, &mut rng);
            }
            2 => say(&mut sides, at, tape.byte()),
            3 => {
                if let Some(frame) = sides[at].coming.front_mut() {
                    twist(frame, &mut tape);
                }
            }
            4 => {
                let frame = match seen.get(tape.place(seen.len())) {
                    Some(frame) => frame.clone(),
                    None => HOME.frames[tape.place(HOME.frames.len())].clone(),
                };
                sides[at].coming.push_front(frame);
            }
            5 => match tape.byte() % 3 {
                0 => drop(sides[at].coming.pop_front()),
                1 => sides[at].links.lost(sides[1 - at].node),
                _ => sides[at].links.set_era(Era(u64::from(tape.byte()))),
            },
            _ => deliver(&mut sides, at, &mut seen, &mut rng),
        }
    }
}

impl Side {
    fn new(number: u8) -> Self {
        let members = HOME.genesis().members.as_slice().iter();
        let keys: Vec<_> = members.map(|member| (member.node, member.birth.node_key)).collect();
        let node = NodeNumber(number);
        Self {
            node,
            key: HOME.node_key(number),
            links: PeerLinks::new(HOME.fleet(), node, 7, [number; 16], &keys),
            coming: VecDeque::new(),
            said: Vec::new(),
        }
    }
}

/// Time passes for one side until it would call.
fn call(side: &mut Side, peer: &mut Side, rng: &mut ChaChaRng) {
    for (node, frame) in side.links.tick(rng) {
        if node == peer.node {
            peer.coming.push_back(frame);
        }
    }
}

fn say(sides: &mut [Side; 2], at: usize, byte: u8) {
    let to = sides[1 - at].node;
    let side = &mut sides[at];
    let message = vec![byte, u8::try_from(side.said.len()).expect("few")];
    if let Some(frame) = side.links.seal(to, &message) {
        side.said.push(message);
        sides[1 - at].coming.push_back(frame);
    }
}

fn deliver(sides: &mut [Side; 2], at: usize, seen: &mut Vec<Vec<u8>>, rng: &mut ChaChaRng) {
    let from = sides[1 - at].node;
    let side = &mut sides[at];
    let Some(frame) = side.coming.pop_front() else { return };
    let output = side.links.receive(from, &frame, &side.key, rng);
    seen.push(frame);
    let message = output.message.map(|message| message.expose().to_vec());
    sides[1 - at].coming.extend(output.frames);
    let Some(message) = message else { return };
    let said = &mut sides[1 - at].said;
    let place = said.iter().position(|said| *said == message).expect("a message that was never said");
    // What was said before it can come no more.
    said.drain(..=place);
}
