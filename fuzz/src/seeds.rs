//! The seeds of the corpus: one honest or telling input for each thing that a target does.
//!
//! They are made from nothing but this program, so that they can be made anew when a format changes:
//! `cargo run --package strongroom-fuzz --bin seeds`.

mod trust;

use crate::{
    home::{HOME, PASSWORD},
    targets::{
        TARGETS,
        decoders::DECODERS,
        texts::{GOLDEN, GOLDEN_FROM},
    },
};
use std::collections::BTreeMap;
use strongroom_client::RecoveryCode;
use strongroom_crypto::{ChaChaRng, Rng, Secret, opaque::ClientLogin};
use strongroom_hsm::{
    anchor::Anchor,
    peer::{PeerBody, PeerMessage},
    tree::Root,
};
use strongroom_protocol::{
    client::{
        Answer, AnswerBody, Attempt, AttemptAnswer, Change, ChangeAction, Refusal, Request, RequestBody,
        RequestKind, SlotKind, Status,
    },
    encode,
    frame::{AnswerFrame, AnswerFrameBody, Unreadable},
    ids::{AttemptId, Era, Generation, LogIndex, SlotNumber, VaultId},
    pipe::NodeName,
};

/// Bytes of a seed at most.
pub const SEED_BYTES_MAX: usize = 4096;
/// Tapes that are drawn for each target that plays a scene, and their bytes.
const DRAWN: usize = 10;
const DRAWN_BYTES: usize = 160;

/// A request to node 1, an attempt, with a wrong password, sent once; then twenty ticks.
const TWELVE_WRONG_ATTEMPTS: [[u8; 7]; 12] = [[4, 0, 1, 1, 0, 0, 20]; 12];

/// One seed: its target, its name, its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// Every seed.
pub fn all() -> Vec<Seed> {
    let mut seeds = decoders();
    seeds.extend(texts());
    seeds.extend(codes());
    seeds.extend(accounts());
    seeds.extend(sealed());
    seeds.extend(pipe());
    seeds.extend(trust::all());
    seeds.extend(drawn());
    seeds.push(("doors", "twelve-wrong-attempts".into(), TWELVE_WRONG_ATTEMPTS.concat()));
    seeds.retain(|(_, _, bytes)| bytes.len() <= SEED_BYTES_MAX);
    seeds
}

fn decoders() -> Vec<Seed> {
    let mut honest: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    let mut put = |name: &'static str, bytes: Vec<u8>| honest.entry(name).or_default().push(bytes);
    requests().iter().for_each(|request| put("Request", encode(request)));
    let answer = Answer::new(AnswerBody::Attempt(AttemptAnswer::Absent));
    put("Answer", encode(&answer));
    put("padded Answer", answer.to_padded_bytes());
    put("padded Answer", Answer::refusing(RequestKind::Status, Refusal::Busy).to_padded_bytes());
    put("ChangeAction", encode(&ChangeAction::Erase));
    put("SlotKind", encode(&SlotKind::RecoveryCode));
    put("RequestFrame", HOME.request.clone());
    put("AnswerFrame", encode(&AnswerFrame::new(AnswerFrameBody::Unreadable(Unreadable::Busy))));
    let genesis = HOME.genesis();
    put("Genesis", encode(genesis));
    genesis.members.as_slice().iter().for_each(|member| put("Birth", encode(&member.birth)));
    HOME.pipe.iter().take(48).for_each(|message| {
        put("HostMessage", message.clone());
        put("HsmMessage", message.clone());
    });
    let disk = HOME.disk(1);
    for entry in disk.log.values().take(3) {
        put("StoredEntry", encode(entry));
        put("SealedEntry", entry.data.as_slice().to_vec());
    }
    for (name, versions) in disk.tree.iter().take(3) {
        put("NodeName", encode::<NodeName>(name));
        versions.values().take(1).for_each(|node| put("TreeNode", encode(node)));
    }
    HOME.frames.iter().take(16).for_each(|frame| put("PeerFrame", frame.clone()));
    let state = HOME.state(1);
    put("SealedState", encode(&state));
    put("CheckpointState", encode(&HOME.handed_over(1).checkpoint));
    put("Root", HOME.handed_over(1).checkpoint.root.into_vec());
    put("Root", Root::empty().encode().expose().to_vec());
    put("Anchor", Anchor::first([1; 16], Secret::new([2; 32])).encode().expose().to_vec());
    peer_messages().iter().for_each(|message| put("PeerMessage", encode(message)));
    let (login, _) = ClientLogin::start(PASSWORD, &mut ChaChaRng::from_seed([1; 32])).expect("a start");
    put("login states", login.to_bytes().expose().to_vec());
    DECODERS
        .iter()
        .zip(0_u8..)
        .flat_map(|((name, _), chosen)| {
            let found = honest.remove(name).unwrap_or_default();
            let named = found.into_iter().enumerate().map(move |(at, bytes)| {
                ("decoders", format!("{}-{at}", name.replace(' ', "-")), [&[chosen][..], &bytes].concat())
            });
            named.collect::<Vec<_>>()
        })
        .collect()
}

fn requests() -> Vec<Request> {
    let vault = VaultId::new([1; 32]);
    let (_, ke1) = ClientLogin::start(PASSWORD, &mut ChaChaRng::from_seed([1; 32])).expect("a start");
    let attempt = Attempt { vault, slot: SlotNumber::FIRST, attempt: AttemptId::new([2; 16]), ke1 };
    let action = ChangeAction::Remove(SlotNumber::FIRST);
    let change = Change { vault, generation: Generation(1), action, signature: [3; 64] };
    let bodies =
        [RequestBody::Status(Status { vault }), RequestBody::Attempt(attempt), RequestBody::Change(change)];
    bodies.into_iter().map(Request::new).collect()
}

fn peer_messages() -> Vec<PeerMessage> {
    let bodies = [
        PeerBody::Read(7),
        PeerBody::HandOver(LogIndex(3)),
        PeerBody::HandedOver(HOME.handed_over(2)),
        crate::puppet::enveloped(crate::puppet::blank(strongroom_hsm::raft_wire::RaftKind::Heartbeat)),
    ];
    bodies.into_iter().map(PeerMessage::new).collect()
}

/// Each good text as it is, and with a zero before its second word.
fn texts() -> Vec<Seed> {
    let good = GOLDEN.iter().zip(GOLDEN_FROM..);
    let mut seeds: Vec<Seed> = good
        .flat_map(|((name, form, text), chosen)| {
            let whole = [&[*form][..], text].concat();
            let changed = vec![chosen, 0, 0, 1, 0];
            [("texts", (*name).to_owned(), whole), ("texts", format!("{name}-changed"), changed)]
        })
        .collect();
    seeds.push(("config", "node".into(), NODE.replace("FLEET", &"4f".repeat(32)).into_bytes()));
    seeds
}

fn codes() -> Vec<Seed> {
    let code = RecoveryCode::random(&mut ChaChaRng::from_seed([1; 32])).to_text();
    let (start, end) = code.split_at(7);
    let unreadable = format!("{start}?{}", end.get(1..).unwrap_or_default());
    let seed =
        |name: &str, chosen: u8, rest: &[u8]| ("codes", name.to_owned(), [&[chosen][..], rest].concat());
    vec![
        seed("typed", 0, code.as_bytes()),
        seed("unreadable", 0, unreadable.as_bytes()),
        // Which code, how many damages, and each a place with a character.
        seed("damaged", 1, &[1, 2, 0, 7, 3, 0, 20, 32]),
        seed("too-damaged", 1, &[1, 6, 0, 1, 3, 0, 2, 4, 0, 3, 5, 0, 4, 6, 0, 5, 7, 0, 6, 8]),
    ]
}

const NODE: &str = "node = 1\nname = \"node-1\"\nfleet = \"FLEET\"\nlisten = \"127.0.0.1:7401\"\n\
    peer_listen = \"127.0.0.1:7501\"\n\n[accounts]\njwks = \"../identity/jwks.json\"\n\
    issuer = \"https://identity.example\"\naudience = \"strongroom\"\n\n[limits]\nper_account_per_second = 100\n\
    per_account_burst = 500\ntotal_per_second = 20000\ntotal_burst = 40000\n\n[[peers]]\nnode = 2\n\
    address = \"node-2.example:7501\"\n";

fn accounts() -> Vec<Seed> {
    let jwks = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let ec = br#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"two"}]}"#;
    let header = br#"{"alg":"EdDSA","kid":"one","typ":"JWT"}"#;
    let claims =
        br#"{"iss":"https://identity.example","aud":"strongroom","sub":"somebody","exp":4102444800}"#;
    let length = u16::try_from(header.len()).expect("short").to_be_bytes();
    let many = br#"{"iss":"https://identity.example","aud":["x","strongroom"],"sub":"somebody","exp":1,"nbf":4102444800}"#;
    let signed = |claims: &[u8]| [&[2][..], &length, header, claims].concat();
    vec![
        ("accounts", "jwks".into(), [&[0][..], jwks].concat()),
        ("accounts", "jwks-ec".into(), [&[0][..], ec].concat()),
        ("accounts", "stranger".into(), b"\x01Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.AAAA".to_vec()),
        ("accounts", "signed".into(), signed(claims)),
        ("accounts", "signed-many".into(), signed(many)),
    ]
}

fn sealed() -> Vec<Seed> {
    let state = encode(&HOME.state(1));
    let token = [&[1][..], &[6; 32], &[1], &[7; 16], &[8; 16], &[9; 128]].concat();
    let empty_head = [3, 0, 0];
    vec![
        ("sealed", "ticket".into(), [&[0][..], &[1; 57], &[0, 0, 9, 1]].concat()),
        ("sealed", "token".into(), token),
        ("sealed", "token-twisted".into(), vec![2, 0, 0, 20, 3]),
        ("sealed", "state".into(), [&empty_head[..], &state].concat()),
        ("sealed", "head".into(), [&[4, 0, 1][..], &Era(1).0.to_be_bytes()].concat()),
    ]
}

/// Each kind of message that a host says, at each part of a life.
fn pipe() -> Vec<Seed> {
    let mut messages: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
    for message in &HOME.pipe {
        let is_host = strongroom_protocol::decode::<strongroom_protocol::pipe::HostMessage>(message).is_ok();
        if is_host && message.len() < 1500 {
            messages.entry(message[0]).or_insert_with(|| message.clone());
        }
    }
    let framed: Vec<u8> = messages
        .values()
        .flat_map(|message| {
            let length = u16::try_from(message.len()).expect("short").to_be_bytes();
            [&length[..], message].concat()
        })
        .collect();
    (0..6).map(|life| ("pipe", format!("life-{life}"), [&[life][..], &framed].concat())).collect()
}

/// Tapes for the targets whose inputs are acts.
fn drawn() -> Vec<Seed> {
    const NAMES: [&str; 15] = [
        "opaque",
        "rules",
        "tree",
        "handshake",
        "peer_session",
        "storage",
        "handover",
        "doors",
        "step",
        "fleet",
        "delivery",
        "roots",
        "audit",
        "http",
        "auditor",
    ];
    let mut seeds = Vec::new();
    for (target, place) in TARGETS.iter().zip(0_u8..).filter(|(target, _)| NAMES.contains(&target.name)) {
        let mut rng = ChaChaRng::from_seed([place; 32]);
        for at in 0..DRAWN {
            let mut bytes = vec![0; DRAWN_BYTES];
            rng.fill(&mut bytes);
            bytes[0] = u8::try_from(at).expect("few");
            seeds.push((target.name, format!("drawn-{at}"), bytes));
        }
    }
    seeds
}
